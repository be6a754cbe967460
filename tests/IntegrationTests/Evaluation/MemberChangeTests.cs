using System.Globalization;
using System.Net;
using System.Text.Json;
using FeatureFlags.Testing;

namespace FeatureFlags.IntegrationTests.Evaluation;

/// <summary>
/// Of a long list evaluation reads only what came and went since. Whatever is done to the list, the very next
/// evaluation answers by it. A list is long from 1,001 ids on.
/// </summary>
internal sealed class MemberChangeTests
{
    private const int Long = 1_010;

    [Test]
    public async Task After_each_of_many_random_changes_evaluation_knows_exactly_the_members([Values] Engine engine)
    {
        var acme = await WithLongList(engine);
        var (included, excluded) = (Users(0, Long).ToHashSet(), new HashSet<string>());
        // Few ids that come and go again and again, beside many that stay.
        string[] restless = [.. Users(Long - 6, 12)];
        var random = new Random(20_260_131);

        for (var turn = 0; turn < 60; turn++)
        {
            var toIncluded = random.Next(4) > 0;
            var (list, other) = toIncluded ? (included, excluded) : (excluded, included);
            var ids = restless.Where(id => random.Next(3) == 0 && !other.Contains(id)).ToArray();
            string[] add = [.. ids.Where(_ => random.Next(2) == 0)];
            string[] remove = [.. ids.Except(add)];
            switch (random.Next(12))
            {
                case 0 when !toIncluded:
                    await Patch(acme, "segments/beta", new { excluded = add });
                    excluded = [.. add];
                    break;
                case 1:
                    await Patch(acme, "segments/beta", new { description = $"turn {turn}" });
                    break;
                case 2:
                    await acme.PatchFlag("f", new { description = $"turn {turn}" });
                    break;
                default:
                    await Change(acme, add, remove, toIncluded ? "included" : "excluded");
                    list.ExceptWith(remove);
                    list.UnionWith(add);
                    break;
            }

            Assert.That(await Members(acme, [.. restless, "user-0"]), Is.EqualTo(Expected()), $"turn {turn}");

            string[] Expected() =>
                [.. restless.Append("user-0").Where(id => included.Contains(id) && !excluded.Contains(id))];
        }
    }

    [Test]
    public async Task A_list_that_is_replaced_or_whose_segment_is_deleted_and_made_anew_starts_over(
        [Values] Engine engine
    )
    {
        var acme = await WithLongList(engine);
        string[] probes = ["user-0", "user-1000", "new-0", "new-1000"];
        Assert.That(await Members(acme, probes), Is.EqualTo(new[] { "user-0", "user-1000" }));

        await acme.Send(HttpMethod.Put, "/v1/segments/beta", new { included = new[] { "new-0" } });
        Assert.That(await Members(acme, probes), Is.EqualTo(new[] { "new-0" }));

        await Change(acme, add: Users(0, Long), remove: []);
        Assert.That(await Members(acme, probes), Is.EqualTo(new[] { "user-0", "user-1000", "new-0" }));

        await acme.PatchFlag("f", new { rules = Array.Empty<object>() });
        await acme.Send(HttpMethod.Delete, "/v1/segments/beta");
        await Write(acme);
        Assert.That(await Members(acme, probes), Is.Empty);

        await Change(acme, add: Users(0, Long, "new"), remove: []);
        Assert.That(await Members(acme, probes), Is.EqualTo(new[] { "new-0", "new-1000" }));
        await Change(acme, add: ["user-0"], remove: ["new-0"]);
        Assert.That(await Members(acme, probes), Is.EqualTo(new[] { "user-0", "new-1000" }));
    }

    // What is swapped behind the service's back, with position and count as they were, shows only when all is read.
    [Test]
    public async Task What_a_long_list_held_before_a_change_is_not_read_again([Values] Engine engine)
    {
        var acme = await WithLongList(engine);
        Assert.That(await Members(acme, ["user-5"]), Is.EqualTo(new[] { "user-5" }));
        await Sql(acme, "UPDATE segments_members SET member = 'ghost' WHERE member = 'user-5' AND tenant = @tenant");

        await Change(acme, add: ["new"], remove: ["user-6"]);

        string[] probes = ["user-5", "user-6", "user-7", "new", "ghost"];
        Assert.That(await Members(acme, probes), Is.EqualTo(new[] { "user-5", "user-7", "new" }));
    }

    [Test]
    public async Task A_removal_that_an_older_version_of_the_service_left_no_row_of_is_noticed([Values] Engine engine)
    {
        var acme = await WithLongList(engine);
        Assert.That(await Members(acme, ["user-5"]), Is.EqualTo(new[] { "user-5" }));
        await Sql(
            acme,
            """
            DELETE FROM segments_members WHERE member = 'user-5' AND tenant = @tenant;
            UPDATE segments_segments SET included_count = included_count - 1 WHERE tenant = @tenant
            """
        );

        await Change(acme, add: ["new", "newer"], remove: []);

        Assert.That(await Members(acme, ["user-5", "user-6", "new"]), Is.EqualTo(new[] { "user-6", "new" }));
    }

    [Test]
    public async Task Of_removals_only_the_latest_are_kept_and_who_knows_less_reads_all([Values] Engine engine)
    {
        var acme = await WithLongList(engine);
        await Change(acme, add: Users(Long, 100), remove: []);
        await Change(acme, add: [], remove: ["user-1"]);
        await Change(acme, add: [], remove: ["user-2"]);
        Assert.That(await Removals(acme), Is.EqualTo(2));

        await Sql(acme, "UPDATE segments_segments SET next_position = next_position + 50000 WHERE tenant = @tenant");
        await Change(acme, add: [], remove: ["user-3"]);

        Assert.That(await Removals(acme), Is.EqualTo(1));
        Assert.That(await Members(acme, ["user-1", "user-2", "user-3", "user-4"]), Is.EqualTo(new[] { "user-4" }));

        await acme.PatchFlag("f", new { rules = Array.Empty<object>() });
        await acme.Send(HttpMethod.Delete, "/v1/segments/beta");
        Assert.That(await Removals(acme), Is.Zero);
    }

    [Test]
    public async Task Another_replica_makes_up_for_any_number_of_changes()
    {
        var dsn = await PostgresServer.Shared.CreateDatabase();
        await using var one = await Service.Start(Engine.Postgres, dsn: dsn);
        await using var other = await Service.Start(Engine.Postgres, dsn: dsn);
        var writer = await WithLongList(one);
        var reader = writer.At(other.Http);
        await Eventually.Holds(async () => (await reader.Evaluate("f", "user-0")).Status == HttpStatusCode.OK);

        for (var turn = 1; turn <= 5; turn++)
        {
            // Out and in again, and another for good, in one go for the reader, which looks every 400 ms.
            await Change(writer, add: [], remove: ["user-0", $"user-{turn}"]);
            await Change(writer, add: ["user-0", $"new-{turn}"], remove: []);
            await Change(writer, add: [$"last-{turn}"], remove: [$"last-{turn - 1}"]);

            await Eventually.Holds(
                async () => await reader.VariantOf("f", $"last-{turn}") == "on",
                TimeSpan.FromSeconds(2)
            );
            string[] probes = ["user-0", $"user-{turn}", $"user-{turn + 1}", $"new-{turn}", $"last-{turn - 1}"];
            Assert.That(
                await Members(reader, probes),
                Is.EqualTo(new[] { "user-0", $"user-{turn + 1}", $"new-{turn}" }),
                $"turn {turn}"
            );
        }
    }

    private static async Task<TenantClient> WithLongList(Engine engine) => await WithLongList(await Service.On(engine));

    /// <summary>A flag that is on for the segment "beta" with the users 0 to 1,009.</summary>
    private static async Task<TenantClient> WithLongList(Service service)
    {
        var acme = await service.Tenant("acme");
        await Write(acme);
        await Change(acme, add: Users(0, Long), remove: []);
        return acme;
    }

    private static async Task Write(TenantClient tenant)
    {
        await tenant.PostSegment(new { key = "beta" });
        await tenant.PostFlag(Sample.Flag("f", Sample.Rule("beta", new { segment = "beta" })));
    }

    private static string[] Users(int from, int count, string name = "user") =>
        [.. Enumerable.Range(from, count).Select(i => $"{name}-{i}")];

    private static async Task Change(TenantClient tenant, string[] add, string[] remove, string list = "included") =>
        await Patch(
            tenant,
            "segments/beta/members",
            new
            {
                list,
                add,
                remove,
            },
            "application/json"
        );

    private static async Task Patch(
        TenantClient tenant,
        string path,
        object patch,
        string type = "application/merge-patch+json"
    )
    {
        var body = new StringContent(JsonSerializer.Serialize(patch), null, type);
        var answer = await tenant.Send(HttpMethod.Patch, $"/v1/{path}", body);
        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.OK), answer.ToString());
    }

    /// <summary>Those of the users for whom the flag is on.</summary>
    private static async Task<string[]> Members(TenantClient tenant, string[] users)
    {
        var members = new List<string>();
        foreach (var user in users)
        {
            if (await tenant.VariantOf("f", user) == "on")
                members.Add(user);
        }
        return [.. members];
    }

    private static async Task<long> Removals(TenantClient tenant) =>
        Convert.ToInt64(
            await Sql(tenant, "SELECT count(*) FROM segments_removals WHERE tenant = @tenant"),
            CultureInfo.InvariantCulture
        );

    private static async Task<object?> Sql(TenantClient tenant, string sql)
    {
        await using var connection = tenant.Service.Connect();
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        var parameter = command.CreateParameter();
        (parameter.ParameterName, parameter.Value) = ("tenant", tenant.Tenant);
        command.Parameters.Add(parameter);
        return await command.ExecuteScalarAsync();
    }
}
