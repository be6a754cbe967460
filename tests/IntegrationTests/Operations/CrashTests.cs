using System.Net;
using FeatureFlags.Testing;

namespace FeatureFlags.IntegrationTests.Operations;

[Parallelizable]
internal sealed class CrashTests
{
    private const int Rounds = 5;
    private const int Writers = 4;

    private static readonly (string, string) ShortLease = ("OUTBOX__LEASE", "00:00:01");

    [Test]
    public async Task A_host_killed_right_after_it_acknowledged_loses_nothing_and_audits_everything_once(
        [Values] Engine engine
    )
    {
        await using var installation = await Installation.On(engine);
        var acknowledged = new List<string>();
        var killedBeforeDispatch = 0;
        for (var round = 1; round <= Rounds; round++)
        {
            var host = await installation.Run(ShortLease);
            acknowledged.AddRange(await KilledAtItsAnswer(host, await host.Tenant("acme"), round));
            if (await AuditTrail.Undelivered(installation) > 0)
                killedBeforeDispatch++;
        }
        // Or these rounds would have shown nothing.
        Assert.That(killedBeforeDispatch, Is.Positive);

        await installation.Run(ShortLease);
        await AuditTrail.IsComplete(installation, acknowledged);
        TestContext.Out.WriteLine(
            $"{acknowledged.Count} writes acknowledged; {killedBeforeDispatch} of {Rounds} kills came before their dispatch."
        );
    }

    [Test]
    public async Task What_a_killed_host_was_delivering_is_delivered_once_by_the_next()
    {
        await using var installation = await Installation.On(Engine.Postgres);
        var host = await installation.Run(ShortLease);
        var acme = await host.Tenant("acme");
        await using (var auditor = installation.Connect())
        {
            // The audit writer has taken the delivery up and waits for its table when the host dies.
            await auditor.OpenAsync();
            await using var transaction = await auditor.BeginTransactionAsync();
            await using var command = auditor.CreateCommand();
            command.CommandText = "LOCK TABLE audit_entries IN EXCLUSIVE MODE";
            await command.ExecuteNonQueryAsync();

            Assert.That((await acme.PostFlag(Sample.Flag("checkout"))).Status, Is.EqualTo(HttpStatusCode.Created));
            await Eventually.Holds(async () =>
                await installation.Sql("SELECT attempts FROM outbox_deliveries WHERE lease_token IS NOT NULL") is ["1"]
            );
            await host.Kill();
        }

        var next = await installation.Run(ShortLease);

        await AuditTrail.IsComplete(installation, ["checkout"]);
        Assert.That(await acme.At(next.Http).VariantOf("checkout", "u1"), Is.EqualTo("off"));
    }

    /// <summary>Writes from several sides at once and kills the host at the first answer.</summary>
    /// <returns>The flags that were acknowledged nevertheless.</returns>
    private static async Task<IReadOnlyList<string>> KilledAtItsAnswer(HostProcess host, TenantClient tenant, int round)
    {
        var writes = Enumerable.Range(1, Writers).Select(writer => Write(tenant, $"flag-{round}-{writer}")).ToList();
        var first = await Task.WhenAny(writes);
        await host.Kill();
        Assert.That(await first, Is.Not.Null);
        return [.. (await Task.WhenAll(writes)).OfType<string>()];
    }

    /// <returns>The flag's key; null when the host died on the way.</returns>
    private static async Task<string?> Write(TenantClient tenant, string key)
    {
        try
        {
            var answer = await tenant.PostFlag(Sample.Flag(key));
            Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.Created), answer.ToString());
            return key;
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }
}
