using System.Net;
using System.Net.Sockets;
using FeatureFlags.ChangeFeed.Domain;
using FeatureFlags.ChangeFeed.Outbound;
using FeatureFlags.ChangeFeed.Webhooks;
using FeatureFlags.IntegrationTests.Outbox;
using FeatureFlags.Testing;

namespace FeatureFlags.IntegrationTests.ChangeFeed;

/// <summary>One attempt to deliver, and what those before it have to do with it.</summary>
internal sealed class WebhookClientTests
{
    private readonly ShiftedClock _clock = new();
    private Receiver _receiver = null!;

    [SetUp]
    public async Task StartReceiver() => _receiver = await Receiver.Start();

    [TearDown]
    public async Task StopReceiver() => await _receiver.DisposeAsync();

    [Test]
    public async Task Where_seven_of_ten_attempts_failed_none_is_made_for_a_while_but_elsewhere()
    {
        using var client = new WebhookClient(new GuardedDialer(allowPrivate: true), _clock);
        var (failing, other) = (At(_receiver.Url), At(_receiver.Url));
        _receiver.AnswerInTurn(500, 204, 500, 500, 204, 500, 500, 204, 500, 500);
        for (var i = 0; i < 10; i++)
            Assert.That(await Attempt(client, failing), Is.Not.Null);

        Assert.That(await Attempt(client, failing), Is.Null);
        Assert.That(_receiver.All, Has.Count.EqualTo(10));
        Assert.That((await Attempt(client, other))!.IsSuccess, Is.True);
        _clock.Ahead = WebhookClient.Break;
        Assert.That((await Attempt(client, failing))!.IsSuccess, Is.True);
    }

    [Test]
    public async Task Where_fewer_failed_attempts_go_on()
    {
        using var client = new WebhookClient(new GuardedDialer(allowPrivate: true), _clock);
        var hook = At(_receiver.Url);
        _receiver.AnswerInTurn(500, 204, 500, 500, 204, 500, 500, 204, 500, 204);

        for (var i = 0; i < 11; i++)
            Assert.That(await Attempt(client, hook), Is.Not.Null);
    }

    [Test]
    public async Task Who_does_not_answer_in_time_is_not_waited_for()
    {
        using var client = new WebhookClient(new GuardedDialer(allowPrivate: true), _clock);
        _receiver.Answer = (_, context) => Task.Delay(Timeout.Infinite, context.RequestAborted);
        var attempt = Attempt(client, At(_receiver.Url));
        await Eventually.Holds(() => _receiver.All.Count == 1);

        _clock.Pass(WebhookClient.Timeout);

        Assert.That((await attempt)!.Error, Is.EqualTo("It did not answer within 15 s."));
    }

    [Test]
    public async Task Where_no_connection_was_made_a_second_is_tried_at_once_and_no_third()
    {
        var asked = 0;
        var dialer = new GuardedDialer(
            allowPrivate: true,
            (_, _) =>
            {
                Interlocked.Increment(ref asked);
                return Task.FromException<IPAddress[]>(new SocketException((int)SocketError.HostNotFound));
            }
        );
        using var client = new WebhookClient(dialer, _clock);

        var result = await Attempt(client, At("https://hooks.example"));

        Assert.That(result!.Error, Does.Contain("NameResolutionError"));
        Assert.That(asked, Is.EqualTo(2));
    }

    private static Webhook At(string url) =>
        Webhook.Create(
            new WebhookDraft(url, ["*"], Active: true, ""),
            Node.Acme.Tenant,
            Node.Acme.Environment,
            TimeProvider.System.GetUtcNow()
        );

    private static Task<AttemptResult?> Attempt(WebhookClient client, Webhook hook) =>
        client.Attempt(hook, "event", """{"type":"webhook.test"}"""u8.ToArray(), CancellationToken.None);
}
