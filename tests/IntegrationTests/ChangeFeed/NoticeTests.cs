using FeatureFlags.IntegrationTests.Outbox;
using FeatureFlags.Testing;
using Microsoft.EntityFrameworkCore;

namespace FeatureFlags.IntegrationTests.ChangeFeed;

/// <summary>Two hosts on one PostgreSQL.</summary>
[TestFixture(Engine.Postgres)]
internal sealed class NoticeTests(Engine engine) : OutboxFixture(engine)
{
    // Long enough that nothing is found out by looking.
    private static readonly (string, string) NeverLook = ("Outbox:RevisionPoll", "01:00:00");

    [Test]
    public async Task A_host_that_is_told_of_a_commit_does_not_wait_for_its_next_look()
    {
        var writer = await RunningNode();
        var other = await RunningNode(NeverLook);
        await Listening(writer, 2);
        await using var stream = await EventReader.Open(other.Http());
        await stream.Next();

        await writer.Toggle("hall", 20);

        Assert.That((await stream.Events(20)).Select(e => e.Revision), Is.EqualTo(Enumerable.Range(1, 20)));
    }

    [Test]
    public async Task A_line_that_was_cut_is_taken_up_again_and_what_was_said_meanwhile_is_found()
    {
        var writer = await RunningNode();
        var other = await RunningNode(NeverLook);
        await Listening(writer, 2);
        await using var stream = await EventReader.Open(other.Http());
        await stream.Next();

        await writer.InScope(db =>
            db.Database.ExecuteSqlRawAsync(
                $"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {IsListening}"
            )
        );
        await writer.Switch(true, "hall");

        Assert.That((await stream.Events(1)).Single().Revision, Is.EqualTo(1));
        await Listening(writer, 2);
        await writer.Switch(false, "hall");
        Assert.That((await stream.Events(1)).Single().Revision, Is.EqualTo(2));
    }

    [Test]
    public async Task Without_notices_a_host_finds_out_by_looking()
    {
        var writer = await RunningNode(("Outbox:Notify", "false"));
        var other = await RunningNode(("Outbox:Notify", "false"));
        await using var stream = await EventReader.Open(other.Http());
        await stream.Next();

        await writer.Toggle("hall", 20);

        Assert.That((await stream.Events(20)).Select(e => e.Revision), Is.EqualTo(Enumerable.Range(1, 20)));
        Assert.That(await Listeners(writer), Is.Zero);
    }

    private const string IsListening = "datname = current_database() AND query LIKE 'LISTEN %'";

    private static Task Listening(Node node, int hosts) => Eventually.Holds(async () => await Listeners(node) == hosts);

    private static Task<int> Listeners(Node node) =>
        node.InScope(db =>
            db.Database.SqlQueryRaw<int>($"SELECT count(*)::int AS \"Value\" FROM pg_stat_activity WHERE {IsListening}")
                .SingleAsync()
        );
}
