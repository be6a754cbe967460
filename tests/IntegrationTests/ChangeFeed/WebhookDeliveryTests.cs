using System.Net;
using System.Text.Json;
using FeatureFlags.Testing;
using Microsoft.AspNetCore.Http;

namespace FeatureFlags.IntegrationTests.ChangeFeed;

/// <summary>What webhooks are sent, seen by a receiver.</summary>
internal sealed class WebhookDeliveryTests
{
    private static readonly Dictionary<Engine, Service> Hosts = [];
    private Receiver _receiver = null!;

    [OneTimeSetUp]
    public async Task StartHosts()
    {
        foreach (var engine in Enum.GetValues<Engine>())
            Hosts[engine] = await Service.Start(engine, new() { ["WEBHOOKS_SCHEDULE"] = "0,0.05,0.05,0.05" });
    }

    [OneTimeTearDown]
    public async Task StopHosts()
    {
        foreach (var host in Hosts.Values)
            await host.DisposeAsync();
    }

    [SetUp]
    public async Task StartReceiver() => _receiver = await Receiver.Start();

    [TearDown]
    public async Task StopReceiver() => await _receiver.DisposeAsync();

    [Test]
    public async Task A_change_is_sent_as_the_stream_tells_it_and_signed([Values] Engine engine)
    {
        var acme = await Hosts[engine].Tenant("acme");
        var hook = await Hook(acme);
        await acme.PostFlag(Sample.Flag("f"));

        // Of its own creation it hears too; changes of different entities overtake each other.
        var sent = (await Deliveries(acme, count: 2)).Single(s => s.Type == "flag.created");

        await using var stream = await acme.Events("?after=0");
        Assert.That(sent.Body, Is.EqualTo((await stream.Events(2))[^1].Data));
        Assert.That(sent.Id, Is.EqualTo(sent.Json.GetProperty("id").GetString()));
        Assert.That(sent.IsSignedWith(hook.At("secret")!));
        Assert.That(sent.Headers["content-type"], Is.EqualTo("application/json"));
        Assert.That(sent.Headers.Keys, Has.None.AnyOf("traceparent", "authorization", "cookie"));
    }

    [Test]
    public async Task Only_what_is_wanted_where_it_was_wanted_is_sent([Values] Engine engine)
    {
        var acme = await Hosts[engine].Tenant("acme");
        var globex = await Hosts[engine].Tenant("globex");
        await Hook(acme, types: ["flag.updated"]);

        await globex.PostFlag(Sample.Flag("f"));
        await globex.PatchFlag("f", """{"name":"theirs"}""");
        await acme.In("staging").PostFlag(Sample.Flag("f"));
        await acme.In("staging").PatchFlag("f", """{"name":"staging"}""");
        await acme.PostFlag(Sample.Flag("f"));
        await acme.PatchFlag("f", """{"name":"wanted"}""");

        var sent = (await Deliveries(acme, count: 1)).Single();
        Assert.That(sent.Type, Is.EqualTo("flag.updated"));
        Assert.That(
            sent.Json.GetProperty("data").GetProperty("after").GetProperty("name").GetString(),
            Is.EqualTo("wanted")
        );
    }

    [Test]
    public async Task What_fails_is_sent_again_the_same_and_every_attempt_is_in_the_log([Values] Engine engine)
    {
        var acme = await Hosts[engine].Tenant("acme");
        var hook = await Hook(acme, types: ["flag.created"]);
        _receiver.AnswerInTurn(500, 302);
        await acme.PostFlag(Sample.Flag("f"));

        var sent = await Deliveries(acme, count: 3);

        Assert.That(sent.Select(s => s.Id).Distinct().ToList(), Has.Count.EqualTo(1));
        Assert.That(sent.Select(s => s.Body).Distinct().ToList(), Has.Count.EqualTo(1));
        var delivery = (await Log(acme, hook)).Single();
        Assert.That(delivery.GetProperty("state").GetString(), Is.EqualTo("delivered"));
        var attempts = delivery.GetProperty("attempts").EnumerateArray().ToList();
        Assert.That(attempts.Select(a => a.GetProperty("status").GetInt32()), Is.EqualTo(new[] { 500, 302, 204 }));
        Assert.That(attempts[1].GetProperty("error").GetString(), Does.Contain("redirect"));
        Assert.That(attempts[2].GetProperty("error").ValueKind, Is.EqualTo(JsonValueKind.Null));
    }

    [Test]
    public async Task The_changes_of_a_flag_arrive_in_their_order_through_failures([Values] Engine engine)
    {
        var acme = await Hosts[engine].Tenant("acme");
        await Hook(acme, types: ["flag.created", "flag.updated"]);
        // A fifth fails at first: not so much that the address is left alone for a while.
        var random = new Random(7);
        _receiver.Answer = (received, context) =>
        {
            lock (random)
            {
                var isFirst = _receiver.All.Count(r => r.Id == received.Id) == 1;
                context.Response.StatusCode = isFirst && random.Next(5) == 0 ? 503 : 200;
            }
            return Task.CompletedTask;
        };

        foreach (var key in (string[])["a", "b", "c"])
            await acme.PostFlag(Sample.Flag(key));
        for (var i = 0; i < 8; i++)
        {
            foreach (var key in (string[])["a", "b", "c"])
                await acme.PatchFlag(key, $$"""{"name":"{{i}}"}""");
        }

        var ids = new HashSet<string>();
        await Eventually.Holds(
            () => _receiver.All.Select(r => r.Id).Distinct().Count() == 27,
            within: TimeSpan.FromSeconds(60)
        );
        var first = _receiver.All.Where(r => ids.Add(r.Id)).GroupBy(r => r.Key).ToList();
        Assert.That(first, Has.Count.EqualTo(3));
        foreach (var flag in first)
            Assert.That(flag.Select(r => r.Version), Is.EqualTo(Enumerable.Range(1, 9).Select(v => (long)v)), flag.Key);
    }

    [Test]
    public async Task After_the_last_attempt_it_is_given_up_and_the_webhook_disabled([Values] Engine engine)
    {
        var acme = await Hosts[engine].Tenant("acme");
        var hook = await Hook(acme, types: ["flag.created"]);
        _receiver.AnswerInTurn(500, 500, 500, 500);
        await acme.PostFlag(Sample.Flag("f"));

        await Eventually.Holds(async () => (await Read(acme, hook)).At("active") == "False");

        Assert.That((await Read(acme, hook)).At("disabled_reason"), Does.Contain("4 attempts").And.Contain("500"));
        Assert.That((await Log(acme, hook, "dead")).Single().GetProperty("attempts").GetArrayLength(), Is.EqualTo(4));
        var audit = await acme.Audit($"?entity_key={hook.At("id")}&action=disabled");
        Assert.That(audit["items"].GetArrayLength(), Is.EqualTo(1));
        Assert.That(audit.At("items.0.actor"), Is.EqualTo("webhooks"));

        // What is made active again goes on, and what was given up can be sent after all.
        await acme.Send(HttpMethod.Patch, Path(hook), """{"active":true}""");
        await acme.PostFlag(Sample.Flag("g"));
        await Deliveries(acme, count: 5);
        Assert.That(_receiver.All[^1].Key, Is.EqualTo("g"));
        var dead = (await Log(acme, hook, "dead")).Single().GetProperty("id").GetString();
        var redelivered = await acme.Send(HttpMethod.Post, $"{Path(hook)}/deliveries/{dead}/redeliver");
        Assert.That(redelivered.Status, Is.EqualTo(HttpStatusCode.Accepted), redelivered.ToString());
        await Deliveries(acme, count: 6);
        Assert.That(_receiver.All[^1].Id, Is.EqualTo(_receiver.All[0].Id));
        Assert.That((await Read(acme, hook)).At("disabled_reason"), Is.Null);
    }

    [Test]
    public async Task A_receiver_that_is_gone_gets_nothing_more_and_what_waits_keeps_waiting([Values] Engine engine)
    {
        var acme = await Hosts[engine].Tenant("acme");
        var hook = await Hook(acme, types: ["flag.created", "flag.updated"]);
        var held = new TaskCompletionSource();
        _receiver.Answer = async (_, context) =>
        {
            await held.Task;
            context.Response.StatusCode = 410;
        };
        await acme.PostFlag(Sample.Flag("f"));
        await Eventually.Holds(() => _receiver.All.Count == 1);
        await acme.PatchFlag("f", """{"name":"queued behind it"}""");
        await Eventually.Holds(async () => (await Log(acme, hook)).Count == 2);
        held.SetResult();

        await Eventually.Holds(async () => (await Read(acme, hook)).At("active") == "False");

        Assert.That((await Read(acme, hook)).At("disabled_reason"), Does.Contain("410"));
        Assert.That(
            (await Log(acme, hook, "pending")).Single().GetProperty("event_type").GetString(),
            Is.EqualTo("flag.updated")
        );
        _receiver.AnswerInTurn();
        await acme.Send(HttpMethod.Patch, Path(hook), """{"active":true}""");
        await Deliveries(acme, count: 2);
        Assert.That(_receiver.All[^1].Type, Is.EqualTo("flag.updated"));
    }

    [Test]
    public async Task What_is_given_up_together_is_all_in_the_log([Values] Engine engine)
    {
        var acme = await Hosts[engine].Tenant("acme");
        var hook = await Hook(acme, types: ["flag.created"]);
        var (first, others) = (new TaskCompletionSource(), new TaskCompletionSource());
        _receiver.Answer = async (received, context) =>
        {
            await (received.Key == "first" ? first : others).Task;
            context.Response.StatusCode = received.Key == "first" ? 200 : 410;
        };
        await acme.PostFlag(Sample.Flag("first"));
        await Eventually.Holds(() => _receiver.All.Count == 1);
        await acme.PostFlag(Sample.Flag("a"));
        await acme.PostFlag(Sample.Flag("b"));
        await Eventually.Holds(async () => (await Log(acme, hook)).Count == 3);
        first.SetResult();
        await Eventually.Holds(() => _receiver.All.Count == 3);
        others.SetResult();

        await Eventually.Holds(async () => (await Log(acme, hook, "dead")).Count == 2);

        foreach (var delivery in await Log(acme, hook, "dead"))
            Assert.That(delivery.GetProperty("attempts").GetArrayLength(), Is.EqualTo(1));
        var audit = await acme.Audit($"?entity_key={hook.At("id")}&action=disabled");
        Assert.That(audit["items"].GetArrayLength(), Is.EqualTo(1));
    }

    [Test]
    public async Task A_redelivery_during_the_last_attempt_begins_anew([Values] Engine engine)
    {
        var acme = await Hosts[engine].Tenant("acme");
        var hook = await Hook(acme, types: ["flag.created"]);
        var held = new TaskCompletionSource();
        _receiver.Answer = async (_, context) =>
        {
            if (_receiver.All.Count == 4)
                await held.Task;
            context.Response.StatusCode = _receiver.All.Count <= 4 ? 500 : 200;
        };
        await acme.PostFlag(Sample.Flag("f"));
        await Eventually.Holds(() => _receiver.All.Count == 4);
        var delivery = (await Log(acme, hook)).Single().GetProperty("id").GetString();
        await acme.Send(HttpMethod.Post, $"{Path(hook)}/deliveries/{delivery}/redeliver");
        held.SetResult();

        await Deliveries(acme, count: 5);

        Assert.That((await Read(acme, hook)).At("active"), Is.EqualTo("True"));
        Assert.That((await Log(acme, hook)).Single().GetProperty("attempts").GetArrayLength(), Is.EqualTo(5));
    }

    [Test]
    public async Task A_receiver_that_asks_for_time_gets_it([Values] Engine engine)
    {
        var acme = await Hosts[engine].Tenant("acme");
        await Hook(acme, types: ["flag.created"]);
        var times = new List<DateTimeOffset>();
        _receiver.Answer = (_, context) =>
        {
            lock (times)
                times.Add(TimeProvider.System.GetUtcNow());
            context.Response.StatusCode = times.Count == 1 ? 429 : 200;
            context.Response.Headers.RetryAfter = "1";
            return Task.CompletedTask;
        };
        await acme.PostFlag(Sample.Flag("f"));
        await Eventually.Holds(() => _receiver.All.Count == 1);
        await acme.PostFlag(Sample.Flag("another"));

        await Deliveries(acme, count: 3);

        Assert.That(times[1] - times[0], Is.GreaterThan(TimeSpan.FromSeconds(0.99)));
    }

    [Test]
    public async Task A_test_is_sent_whatever_types_it_is_for([Values] Engine engine)
    {
        var acme = await Hosts[engine].Tenant("acme");
        var hook = await Hook(acme, types: ["segment.deleted"]);

        var answer = await acme.Send(HttpMethod.Post, $"{Path(hook)}/test");

        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.Accepted), answer.ToString());
        var sent = (await Deliveries(acme, count: 1)).Single();
        Assert.That((sent.Type, sent.Id), Is.EqualTo(("webhook.test", answer.At("event_id"))));
        Assert.That(sent.IsSignedWith(hook.At("secret")!));
        await Eventually.Holds(async () => (await Log(acme, hook, "delivered")).Count == 1);
    }

    [Test]
    public async Task After_a_rotation_both_secrets_verify([Values] Engine engine)
    {
        var acme = await Hosts[engine].Tenant("acme");
        var hook = await Hook(acme, types: ["flag.created"]);
        var rotated = await acme.Send(HttpMethod.Post, $"{Path(hook)}/rotate-secret");
        await acme.PostFlag(Sample.Flag("f"));

        var sent = (await Deliveries(acme, count: 1)).Single();

        Assert.That(sent.IsSignedWith(hook.At("secret")!));
        Assert.That(sent.IsSignedWith(rotated.At("secret")!));
    }

    [Test]
    public async Task Of_a_long_answer_the_start_is_kept([Values] Engine engine)
    {
        var acme = await Hosts[engine].Tenant("acme");
        var hook = await Hook(acme, types: ["flag.created"]);
        _receiver.Answer = async (_, context) =>
        {
            for (var i = 0; i < 10_000 && !context.RequestAborted.IsCancellationRequested; i++)
                await context.Response.WriteAsync(
                    $"line {i}\u0000\u0007 and so on, and so on\n",
                    context.RequestAborted
                );
        };
        await acme.PostFlag(Sample.Flag("f"));

        await Eventually.Holds(async () => (await Log(acme, hook, "delivered")).Count == 1);

        var response = (await Log(acme, hook)).Single().GetProperty("attempts")[0].GetProperty("response").GetString();
        Assert.That(response, Does.StartWith("line 0 and so on").And.Length.EqualTo(1_000));
    }

    [Test]
    public async Task Where_private_addresses_are_not_allowed_no_name_leads_to_them()
    {
        await using var service = await Service.Start(
            Engine.Sqlite,
            new() { ["WEBHOOKS_ALLOW_PRIVATE"] = "false", ["WEBHOOKS_SCHEDULE"] = "0,60" }
        );
        var acme = await service.Tenant("acme");
        var port = new Uri(_receiver.Url).Port;
        var hook = await acme.Send(HttpMethod.Post, "/v1/webhooks", new { url = $"https://localhost:{port}/" });
        await acme.Send(HttpMethod.Post, $"{Path(hook)}/test");

        JsonElement test = default;
        await Eventually.Holds(async () =>
        {
            test = (await Log(acme, hook)).Single(d => d.GetProperty("event_type").GetString() == "webhook.test");
            return test.GetProperty("attempts").GetArrayLength() == 1;
        });

        Assert.That(test.GetProperty("attempts")[0].GetProperty("error").GetString(), Does.Contain("may not reach"));
        Assert.That(_receiver.All, Is.Empty);
    }

    [Test]
    public async Task With_a_webhook_goes_its_log([Values] Engine engine)
    {
        var acme = await Hosts[engine].Tenant("acme");
        var hook = await Hook(acme, types: ["flag.created"]);
        await acme.PostFlag(Sample.Flag("f"));
        await Deliveries(acme, count: 1);

        await acme.Send(HttpMethod.Delete, Path(hook));

        await Eventually.Holds(() => NothingIsLeft(Hosts[engine], acme));
        Assert.That((await acme.Get($"{Path(hook)}/deliveries")).Status, Is.EqualTo(HttpStatusCode.NotFound));
    }

    [Test]
    public async Task Two_webhooks_that_go_together_leave_none_of_what_both_were_sent()
    {
        var host = Hosts[Engine.Postgres];
        var acme = await host.Tenant("acme");
        Answer[] hooks = [await Hook(acme, types: ["flag.created"]), await Hook(acme, types: ["flag.created"])];
        await acme.PostFlag(Sample.Flag("f"));
        await Deliveries(acme, count: 2);
        await using (var connection = host.Connect())
        {
            await connection.OpenAsync();
            await using var transaction = await connection.BeginTransactionAsync();
            await using var command = connection.CreateCommand();
            (command.Transaction, command.CommandText) = (transaction, "LOCK TABLE changefeed_events");
            await command.ExecuteNonQueryAsync();
            foreach (var hook in hooks)
                await acme.Send(HttpMethod.Delete, Path(hook));

            // Both have deleted their deliveries, and look at the events at the same moment.
            await Eventually.Holds(async () =>
                await Count(host, "pg_locks WHERE NOT granted AND relation = 'changefeed_events'::regclass") == 2
            );
        }

        await Eventually.Holds(() => NothingIsLeft(host, acme));
    }

    private static async Task<bool> NothingIsLeft(Service host, TenantClient tenant)
    {
        foreach (var table in (string[])["changefeed_deliveries", "changefeed_events", "outbox_work"])
        {
            if (await Count(host, $"{table} {Of(tenant)}") > 0)
                return false;
        }
        return true;
    }

    private static string Of(TenantClient tenant) => $"WHERE tenant = '{tenant.Tenant}'";

    private static async Task<long> Count(Service host, string rows)
    {
        await using var connection = host.Connect();
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = $"SELECT COUNT(*) FROM {rows}";
        return Convert.ToInt64(await command.ExecuteScalarAsync(), System.Globalization.CultureInfo.InvariantCulture);
    }

    private async Task<Answer> Hook(TenantClient tenant, string[]? types = null)
    {
        var answer = await tenant.Send(
            HttpMethod.Post,
            "/v1/webhooks",
            new { url = $"{_receiver.Url}/{tenant.Tenant}", event_types = types ?? ["*"] }
        );
        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.Created), answer.ToString());
        return answer;
    }

    private static string Path(Answer hook) => $"/v1/webhooks/{hook.At("id")}";

    private static Task<Answer> Read(TenantClient tenant, Answer hook) => tenant.Get(Path(hook));

    private static async Task<List<JsonElement>> Log(TenantClient tenant, Answer hook, string state = "")
    {
        var query = state.Length > 0 ? $"?state={state}" : "";
        return [.. (await tenant.Get($"{Path(hook)}/deliveries{query}"))["items"].EnumerateArray()];
    }

    /// <summary>What has arrived once so many deliveries are made, and no more than these.</summary>
    private async Task<IReadOnlyList<Received>> Deliveries(TenantClient tenant, int count)
    {
        await Eventually.Holds(() => _receiver.All.Count >= count, within: TimeSpan.FromSeconds(30));
        await Eventually.Holds(async () =>
            (await tenant.Get("/v1/webhooks"))["items"]
                .EnumerateArray()
                .Select(w =>
                    tenant.Get($"/v1/webhooks/{w.GetProperty("id").GetString()}/deliveries?state=pending").Result
                )
                .All(pending => pending["items"].GetArrayLength() == 0)
        );
        Assert.That(_receiver.All, Has.Count.EqualTo(count));
        return _receiver.All;
    }
}
