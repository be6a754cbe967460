using System.Text.RegularExpressions;
using FeatureFlags.Access.Domain;
using FeatureFlags.Access.Features;
using FeatureFlags.Access.Keys;
using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Outbox;
using FeatureFlags.BuildingBlocks.Persistence;
using FeatureFlags.BuildingBlocks.Work;
using FeatureFlags.ChangeFeed.Domain;
using FeatureFlags.ChangeFeed.Webhooks;
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
    public async Task Looking_for_work()
    {
        var node = await IdleNode();
        await node.InScope(async db =>
        {
            db.AddRange(Enumerable.Range(0, 1_000).Select(i => WorkTests.Item($"lamp-{i}", due: i % 50 == 0)));
            return await db.SaveChangesAsync();
        });

        // What is due is put in order: who has waited longest comes first.
        foreach (var plan in await node.PlansFor("outbox_work", db => WorkTests.Claim(node, db, "a worker's")))
            Assert.That(plan, Does.Not.Match("Seq Scan|SCAN outbox_work"));
    }

    [Test]
    public async Task Finding_what_a_webhook_is_to_be_sent()
    {
        var node = await IdleNode();
        var hook = await Webhook(node, pending: 500, delivered: 2_000);

        var plans = await node.PlansFor("changefeed_deliveries", _ => DueTo(node, hook));

        AssertIndexed(plans);
        Assert.That(plans, Has.Count.GreaterThanOrEqualTo(3), "the oldest, what is due, what is next");
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

    [Test]
    public async Task Looking_up_an_API_key_and_following_it()
    {
        var node = await IdleNode();
        var key = await ApiKeys(node, count: 300);
        node.Services.GetRequiredService<DatabaseStatus>().SetReady();
        var known = node.Services.GetRequiredService<KnownKeys>();

        await node.PlansFor("access_api_key", _ => known.Find(key, default).AsTask());
        var moved = new ScopeHead(Node.Acme, 2, "event");
        var plans = await node.PlansFor("access_api_key", _ => known.Follow(moved, default).ContinueWith(_ => 0));

        Assert.That(plans, Has.Count.EqualTo(3), "the hash, its key, and that again");
        Assert.That(plans[0], Does.Match("pk_access_api_key_hashes|sqlite_autoindex_access_api_key_hashes_1"));
        Assert.That(plans, Has.All.Not.Match(WholeTableOfKeys));
    }

    [Test]
    public async Task Listing_the_API_keys()
    {
        var node = await IdleNode();
        await ApiKeys(node, count: 300);

        var plans = await node.PlansFor("access_api_keys", async _ => await node.Send(new ListApiKeys.Query(10, null)));

        Assert.That(plans.Single(), Does.Not.Match(WholeTableOfKeys));
        Assert.That(plans.Single(), Does.Contain("ix_access_api_keys_tenant_environment_id"));
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

    /// <returns>The text of one of them.</returns>
    private static async Task<string> ApiKeys(Node node, int count)
    {
        var secret = Secret.OfKey(KeyKind.Server);
        var draft = new KeyDraft("a key", KeyKind.Server, KeyDraft.ServerScopes, ExpiresAt: null, []);
        await node.InScope(async db =>
        {
            foreach (var i in Enumerable.Range(0, count))
                db.Add(
                    ApiKey.Create(
                        draft,
                        i == 0 ? secret : Secret.OfKey(KeyKind.Server),
                        Node.Acme.Tenant,
                        Node.Acme.Environment,
                        node.Clock.GetUtcNow()
                    )
                );
            return await db.SaveChangesAsync();
        });
        return secret.Text;
    }

    /// <summary>An active webhook with a log.</summary>
    public static async Task<Webhook> Webhook(Node node, int pending, int delivered)
    {
        var (tenant, environment) = (Node.Acme.Tenant, Node.Acme.Environment);
        var now = node.Clock.GetUtcNow();
        var draft = new WebhookDraft("https://example.invalid", ["*"], Active: true, "");
        var webhook = FeatureFlags.ChangeFeed.Domain.Webhook.Create(draft, tenant, environment, now);
        await node.InScope(async db =>
        {
            db.Add(webhook);
            foreach (var i in Enumerable.Range(1, pending + delivered))
            {
                var queued = new QueuedEvent
                {
                    EventId = EventId.New(now),
                    Tenant = tenant,
                    Environment = environment,
                    Body = "{}",
                };
                var lane = ("flag", $"flag-{i % 100}", (long)i);
                var delivery = Delivery.Of(queued, webhook, "flag.updated", lane, now, TimeSpan.FromHours(1));
                if (i > pending)
                    delivery.Note(
                        new AttemptResult(now, TimeSpan.Zero, Status: 200, Error: null),
                        now,
                        WebhookSchedule.Parse(null)
                    );
                db.AddRange(queued, delivery);
            }
            return await db.SaveChangesAsync();
        });
        return webhook;
    }

    /// <summary>What a webhook's worker asks the database when nothing is due.</summary>
    private static async Task<Rest> DueTo(Node node, Webhook webhook)
    {
        await using var services = node.Services.CreateAsyncScope();
        services.ServiceProvider.GetRequiredService<CallContext>().Enter(Node.Acme, DeliverToWebhook.Kind);
        var item = WorkTests.Item(webhook.Id, due: true);
        return await services
            .ServiceProvider.GetRequiredService<DeliverToWebhook>()
            .Work(new WorkLease(item, () => true), CancellationToken.None);
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

    // What was found is scanned (a1) and, with a key's few hashes, put in order.
    private static readonly Regex WholeTableOfKeys = new("Seq Scan|^SCAN (?!a1$)", RegexOptions.Multiline);

    // SQLite scans what was claimed and the values of a list; those are short.
    private static readonly Regex WholeTableOrSort = new(
        "Seq Scan|Sort Key|TEMP B-TREE|^SCAN (?!claimed|CONSTANT ROW)",
        RegexOptions.Multiline
    );
}
