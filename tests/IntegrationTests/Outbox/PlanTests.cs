using System.Text.RegularExpressions;
using FeatureFlags.BuildingBlocks.Outbox;
using FeatureFlags.BuildingBlocks.Persistence;
using FeatureFlags.Testing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace FeatureFlags.IntegrationTests.Outbox;

/// <summary>What runs all the time goes by an index: it takes no longer after a long backlog or a long history.</summary>
[TestFixture(Engine.Sqlite)]
[TestFixture(Engine.Postgres)]
internal sealed class PlanTests(Engine engine) : OutboxFixture(engine)
{
    [Test]
    public async Task Claiming_deliveries()
    {
        var node = await Backlog();

        var plans = await node.PlansFor("outbox_deliveries", db => Claim(node, db));

        AssertIndexed(plans);
    }

    // PostgreSQL has no statistics yet in a burst; a plan that looks at all of it for each delivery takes seconds.
    [Test]
    public async Task A_burst_into_an_empty_outbox_is_claimed_by_the_index_made_for_it()
    {
        var node = await IdleNode();
        await node.Switch(true, [.. Enumerable.Range(0, 1_000).Select(i => $"lamp-{i}")]);

        var plans = await node.PlansFor("outbox_deliveries", db => Claim(node, db));

        Assert.That(
            plans.Single(),
            Does.Match("earlier USING COVERING INDEX ix_outbox_deliveries_order .*entity_key=")
                .Or.Match(@"using ix_outbox_deliveries_order on outbox_deliveries earlier.*\n.*entity_key =")
        );
    }

    [Test]
    public async Task Waiting_for_a_subscriber()
    {
        var node = await Backlog();

        AssertIndexed(
            await node.PlansFor("outbox_deliveries", _ => node.WaitFor("audit", TimeSpan.Zero).ContinueWith(_ => 0))
        );
    }

    [Test]
    public async Task Sweeping()
    {
        var node = await Backlog();
        node.Clock.Ahead = TimeSpan.FromDays(8);

        AssertIndexed(await node.PlansFor("outbox_messages", _ => Sweep(node)));
        AssertIndexed(await node.PlansFor("outbox_deliveries", _ => Sweep(node)));
    }

    [TestCase("")]
    [TestCase("since=2020-01-01T00:00:00Z&until=2030-01-01T00:00:00Z")]
    [TestCase("entity=lamp&entity_key=lamp-17")]
    [TestCase("entity_key=lamp-17")]
    [TestCase("actor=bob")]
    public async Task Listing_the_audit(string query)
    {
        var node = await (await Backlog()).Start();
        await Eventually.Holds(async () => await node.Open() == 0);

        AssertIndexed(await node.PlansFor("audit_entries", _ => List(node, query)));
    }

    private static Task<List<OutboxDelivery>> Claim(Node node, AppDbContext db) =>
        db.Set<OutboxDelivery>()
            .FromSqlRaw(node.Services.GetRequiredService<OutboxSql>().Claim, "token", 1000L, Ledger.Name, 32)
            .IgnoreQueryFilters()
            .ToListAsync();

    private static async Task<int> List(Node node, string query)
    {
        using var http = node.Http();
        return (await http.GetStringAsync(new Uri($"/v1/audit?{query}", UriKind.Relative))).Length;
    }

    private static async Task<int> Sweep(Node node)
    {
        await node.Hosted<OutboxRetention>().Sweep(CancellationToken.None);
        return 0;
    }

    private async Task<Node> Backlog()
    {
        var node = await IdleNode();
        await node.Switch(true, "desk", "hall", "cellar");
        await node.InScope(db => db.Set<OutboxDelivery>().Where(d => d.Revision == 1).ExecuteDeleteAsync());
        return node;
    }

    private static void AssertIndexed(IReadOnlyList<string> plans)
    {
        Assert.That(plans, Is.Not.Empty);
        foreach (var plan in plans)
            Assert.That(plan, Does.Not.Match(WholeTableOrSort));
    }

    // SQLite scans what was claimed and the values of a list; those are short.
    private static readonly Regex WholeTableOrSort = new(
        "Seq Scan|Sort Key|TEMP B-TREE|^SCAN (?!claimed|CONSTANT ROW)",
        RegexOptions.Multiline
    );
}
