using System.Globalization;
using System.Text.Json;
using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Outbox;
using FeatureFlags.Testing;
using Microsoft.EntityFrameworkCore;

namespace FeatureFlags.IntegrationTests.Outbox;

/// <summary>The audit as its readers see it, over any module's changes.</summary>
[TestFixture(Engine.Sqlite)]
[TestFixture(Engine.Postgres)]
internal sealed class AuditTrailTests(Engine engine) : OutboxFixture(engine)
{
    [Test]
    public async Task A_writer_sees_its_own_change_in_its_next_read()
    {
        var node = await RunningNode();

        for (var i = 0; i < 20; i++)
        {
            await node.Switch(i % 2 == 0, "desk");
            Assert.That((await Audit(node, "limit=1")).Single().GetProperty("version").GetInt64(), Is.EqualTo(i + 1));
        }
    }

    [Test]
    public async Task An_entry_says_who_did_what_when_and_what_differs()
    {
        var node = await RunningNode();
        await node.Send(new SwitchLamps.Command(true, "desk"), actor: "alice");
        var earliest = node.Clock.GetUtcNow().AddMilliseconds(-1);
        await node.Send(new SwitchLamps.Command(false, "desk"), actor: "bob");

        var entries = await Audit(node);

        var (second, first) = (entries[0], entries[1]);
        Assert.That(Names(second), Is.EqualTo(Members));
        Assert.That(
            Text(second, "actor", "entity", "entity_key", "action", "request_id"),
            Is.EqualTo("bob lamp desk switched req-1")
        );
        Assert.That(second.GetProperty("ts").GetDateTimeOffset(), Is.GreaterThanOrEqualTo(earliest));
        Assert.That(second.GetProperty("before").GetRawText(), Is.EqualTo("""{"key":"desk","on":true}"""));
        Assert.That(second.GetProperty("after").GetRawText(), Is.EqualTo("""{"key":"desk","on":false}"""));
        Assert.That(
            second.GetProperty("changes").GetRawText(),
            Is.EqualTo("""[{"op":"replace","path":"/on","value":false}]""")
        );
        Assert.That(first.GetProperty("actor").GetString(), Is.EqualTo("alice"));
        Assert.That(first.GetProperty("before").ValueKind, Is.EqualTo(JsonValueKind.Null));
        Assert.That(first.GetProperty("changes")[0].GetProperty("op").GetString(), Is.EqualTo("add"));
    }

    [Test]
    public async Task Pages_go_from_the_newest_to_the_oldest_and_stay_whole_while_others_write()
    {
        var node = await RunningNode();
        await node.Switch(true, [.. Enumerable.Range(1, 12).Select(i => $"lamp-{i:00}")]);

        var seen = new List<string>();
        string? token = null;
        do
        {
            var page = await Page(node, $"limit=5&page_token={token}");
            seen.AddRange(page.GetProperty("items").EnumerateArray().Select(e => Text(e, "entity_key")));
            token = page.GetProperty("next_page_token").GetString();
            await node.Switch(true, $"later-{seen.Count}");
        } while (token is not null);

        Assert.That(seen, Is.EqualTo(Enumerable.Range(1, 12).Reverse().Select(i => $"lamp-{i:00}")));
    }

    [TestCase("entity=lamp&entity_key=desk", "4 2 1")]
    [TestCase("entity=dead_letter", "")]
    [TestCase("entity_key=hall", "3")]
    [TestCase("actor=bob", "3 2")]
    [TestCase("actor=bob&entity_key=desk", "2")]
    [TestCase("actor=b%25", "")]
    [TestCase("action=switched", "4 3 2 1")]
    [TestCase("action=retried", "")]
    [TestCase("since=2030-01-01T00:00:02Z", "4 3 2")]
    [TestCase("until=2030-01-01T00:00:02Z", "1")]
    [TestCase("since=2030-01-01T00:00:02Z&until=2030-01-01T00:00:03Z", "3 2")]
    [TestCase("since=2030-01-01T00:00:01.500Z&until=2030-01-01T01:00:02.0004%2B01:00", "3 2")]
    [TestCase("until=9999-12-31T23:59:59.9999999Z&limit=2", "4 3")]
    [TestCase("since=2031-01-01T00:00:00Z", "")]
    public async Task Filters_narrow_the_list(string query, string revisions)
    {
        var node = await IdleNode();
        await node.Send(new SwitchLamps.Command(true, "desk"), actor: "alice");
        await node.Send(new SwitchLamps.Command(false, "desk"), actor: "bob");
        await node.Send(new SwitchLamps.Command(true, "hall"), actor: "bob");
        await node.Send(new SwitchLamps.Command(true, "desk"), actor: "carol");
        foreach (var (revision, second) in new[] { (1, 1), (2, 2), (3, 2), (4, 3) })
            await node.InScope(db =>
                db.Set<OutboxMessage>()
                    .Where(m => m.Revision == revision)
                    .ExecuteUpdateAsync(m =>
                        m.SetProperty(x => x.OccurredAt, new DateTimeOffset(2030, 1, 1, 0, 0, second, default))
                            .SetProperty(x => x.EntityVersion, revision)
                    )
            );
        await node.Start();

        var found = await Audit(node, query);

        Assert.That(string.Join(' ', found.Select(e => e.GetProperty("version").GetInt64())), Is.EqualTo(revisions));
    }

    [TestCase("entity=dog", "entity")]
    [TestCase("action=explode", "action")]
    [TestCase("limit=0", "limit")]
    [TestCase("limit=201", "limit")]
    [TestCase("limit=ten", "limit")]
    [TestCase("since=yesterday", "since")]
    [TestCase("until=2030-01-01", "until")]
    [TestCase("actor=%00", "actor")]
    [TestCase("actor=a&actor=b", "actor")]
    [TestCase("page_token=garbage", "page_token")]
    public async Task A_value_it_does_not_know_is_refused_by_name(string query, string name)
    {
        var node = await RunningNode();

        var error = Assert.ThrowsAsync<BadRequestException>(() => Page(node, query));

        Assert.That(error!.Errors!.Keys, Is.EqualTo(new[] { name }));
    }

    [TestCase("x", "1")]
    [TestCase("1", "x")]
    [TestCase("99999999999999999", "1")]
    public async Task A_made_up_page_token_is_refused(string time, string revision)
    {
        var node = await RunningNode();
        await node.Switch(true, "desk", "hall");
        var token = (await Page(node, "limit=1")).GetProperty("next_page_token").GetString()!;
        var parts = JsonSerializer.Deserialize<string[]>(System.Buffers.Text.Base64Url.DecodeFromChars(token))!;
        var forged = System.Buffers.Text.Base64Url.EncodeToString(
            JsonSerializer.SerializeToUtf8Bytes<string[]>([parts[0], time, revision])
        );

        Assert.That(() => Page(node, $"limit=1&page_token={forged}"), Throws.TypeOf<BadRequestException>());
    }

    [Test]
    public async Task A_page_token_is_good_for_its_own_filters_only()
    {
        var node = await RunningNode();
        await node.Switch(true, "desk", "hall");
        var token = (await Page(node, "limit=1")).GetProperty("next_page_token").GetString();

        Assert.That(() => Page(node, $"actor=alice&page_token={token}"), Throws.TypeOf<BadRequestException>());
    }

    [Test]
    public async Task Another_tenants_changes_are_not_shown()
    {
        var node = await RunningNode();
        await node.Switch(new Scope("globex", "production"), true, "safe");
        await node.Switch(new Scope("acme", "staging"), true, "stage");
        await Eventually.Holds(async () => await node.Open() == 0);

        Assert.That(await Audit(node), Is.Empty);
    }

    [Test]
    public async Task A_read_does_not_wait_for_ever_for_an_entry_that_does_not_come()
    {
        var node = await IdleNode();
        await node.Switch(true, "desk");
        await node.Start();
        await Eventually.Holds(async () => await node.Open() == 0);
        await node.Stop();
        var stopped = await IdleNode();
        await stopped.Switch(false, "desk");

        // Nobody dispatches any more; the reader gets what there is.
        var progress = stopped.WaitFor("audit", atMost: TimeSpan.FromMilliseconds(200));
        Assert.That(async () => await progress.WaitAsync(TimeSpan.FromSeconds(10)), Throws.Nothing);
        Assert.That(await stopped.Open("audit"), Is.EqualTo(1));
    }

    [Test]
    public async Task A_dead_letter_that_is_retried_is_in_the_audit_itself()
    {
        var node = await IdleNode();
        await node.Switch(true, "desk");
        node.Subscribers[Ledger.Name] = (_, _) => throw new UnreadableMessageException("No such form.");
        await node.Start();
        await Eventually.Holds(async () => (await node.DeadLetters()).Count == 1);
        var id = (await node.DeadLetters()).Single().Id;

        await node.Send(new RetryDeadLetter.Command(id));

        var entry = (await Audit(node, "entity=dead_letter")).Single();
        Assert.That(Text(entry, "entity_key", "action", "actor"), Is.EqualTo($"{id} retried alice"));
    }

    private static readonly string[] Members =
    [
        "id",
        "ts",
        "actor",
        "entity",
        "entity_key",
        "action",
        "before",
        "after",
        "changes",
        "version",
        "request_id",
    ];

    private static async Task<List<JsonElement>> Audit(Node node, string query = "") =>
        [.. (await Page(node, query)).GetProperty("items").EnumerateArray()];

    private static async Task<JsonElement> Page(Node node, string query)
    {
        using var http = node.Http();
        var answer = await http.GetStringAsync(new Uri($"/v1/audit?{query}", UriKind.Relative));
        return JsonSerializer.Deserialize<JsonElement>(answer);
    }

    private static IEnumerable<string> Names(JsonElement entry) => entry.EnumerateObject().Select(m => m.Name);

    private static string Text(JsonElement entry, params string[] names) =>
        string.Join(' ', names.Select(n => entry.GetProperty(n).GetString()));
}
