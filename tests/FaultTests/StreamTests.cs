using System.Net.Sockets;
using System.Text;
using FeatureFlags.FaultTests.Rig;
using FeatureFlags.Testing;

namespace FeatureFlags.FaultTests;

/// <summary>Many clients of the event stream, some of which never read, at a host that is killed.</summary>
internal sealed class StreamTests
{
    [Test, CancelAfter(600_000)]
    public async Task Streams_go_on_where_they_were_cut_off_whoever_else_does_not_read()
    {
        var run = Run.Begin();
        var (reading, deaf) = (Run.Times(full: 450, brief: 45), Run.Times(full: 50, brief: 5));
        await using var installation = Installation.OnSqlite();
        await installation.Start(1);
        var followers = Enumerable.Range(0, reading).Select(_ => Follower.Start(installation, run)).ToList();
        var sockets = new List<TcpClient>();
        for (var client = 0; client < deaf; client++)
            sockets.Add(await OpenAndNeverRead(installation));

        await using var writers = Writers.Start(installation, run);
        await writers.Begin(more: 200);
        await installation.Kill(0);
        await installation.Start(1);
        await writers.Begin(more: 200);
        await writers.Stop();

        var counts = await new Checker(installation, writers.Ledger) { Followers = followers }.Passes();
        foreach (var follower in followers)
            await follower.DisposeAsync();
        sockets.ForEach(socket => socket.Dispose());
        run.Report(new Dictionary<string, long>(counts) { ["streams"] = reading, ["deaf"] = deaf });
    }

    [Test, CancelAfter(120_000)]
    public async Task A_cursor_that_cannot_be_resumed_from_gets_a_reset_and_a_good_one_what_is_next()
    {
        var run = Run.Begin();
        await using var installation = Installation.OnSqlite();
        await installation.Start(1);
        await using (var writers = Writers.Start(installation, run))
        {
            await writers.Begin(more: 60);
            await writers.Stop();
            await new Checker(installation, writers.Ledger).Passes();
        }
        await installation.Kill(0);
        await installation.Sql("UPDATE outbox_revisions SET min_revision = 10");
        await installation.Sql("DELETE FROM outbox_messages WHERE revision <= 10");
        await installation.Start(1);
        var head = (await History.Of(installation)).Revision;

        Assert.That(await First(installation, "20"), Is.EqualTo((21, false)), "valid");
        Assert.That(await First(installation, "5"), Is.EqualTo((head, true)), "old");
        Assert.That(await First(installation, $"{head + 1000}"), Is.EqualTo((head, true)), "of another database");
        Assert.That(await First(installation, "garbage"), Is.EqualTo((head, true)), "garbage");
    }

    private static async Task<(long Revision, bool IsReset)> First(Installation installation, string cursor)
    {
        var host = installation.Hosts[0];
        using var request = await installation.Request(host, HttpMethod.Get, "/v1/events");
        request.Headers.TryAddWithoutValidation("Last-Event-ID", cursor);
        using var answer = await host.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        await foreach (var told in Follower.Blocks(answer, CancellationToken.None))
        {
            if (told.Type.Length > 0)
                return (told.Revision, told.Type == "reset");
        }
        throw new AssertionException("The stream ended.");
    }

    private static async Task<TcpClient> OpenAndNeverRead(Installation installation)
    {
        var host = installation.Hosts[0];
        using var request = await installation.Request(host, HttpMethod.Get, "/v1/events?after=0");
        var socket = new TcpClient { ReceiveBufferSize = 1024 };
        await socket.ConnectAsync("127.0.0.1", host.Http.BaseAddress!.Port);
        var text = new StringBuilder($"GET {request.RequestUri!.PathAndQuery} HTTP/1.1\r\nHost: localhost\r\n");
        foreach (var (name, values) in request.Headers)
            text.Append($"{name}: {string.Join(',', values)}\r\n");
        await socket.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"{text}\r\n"));
        return socket;
    }
}
