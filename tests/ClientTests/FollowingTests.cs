using System.Collections.Concurrent;
using FeatureFlags.Client;
using FeatureFlags.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;
using static FeatureFlags.ClientTests.Setup;

namespace FeatureFlags.ClientTests;

/// <summary>A client and a service that does nothing wrong, and then some of what goes wrong in between.</summary>
internal sealed class FollowingTests
{
    private FakeService _service = null!;
    private readonly KeptLog _log = new();

    [SetUp]
    public async Task Start()
    {
        _log.Lines.Clear();
        _service = await FakeService.Started();
        _service.Put("a", true);
    }

    [TearDown]
    public async Task Stop() => await _service.DisposeAsync();

    [OneTimeTearDown]
    public void DisposeOfTheLog() => _log.Dispose();

    [Test]
    public async Task Begins_with_all_there_is_and_follows_what_changes()
    {
        await using var client = await Ready();
        Assert.That(client.IsOn("a"), Is.True);

        _service.Put("b", true);
        _service.PutSegment("""{"key":"s","criteria":null,"included":["alice"],"excluded":[]}""");
        _service.PutFlag(
            """
            {"key":"c","state":"on","off_variant":"off",
             "variants":[{"key":"off","weight":1,"value":false},{"key":"on","weight":0,"value":true}],
             "rules":[{"id":"r","order":1,"when":{"segment":"s"},"rollout":{"variant":"on"}}]}
            """
        );
        _service.RemoveFlag("a");

        await Eventually.Holds(() => client.Status.Revision == 5);
        Assert.That((client.IsOn("a"), client.IsOn("b"), client.IsOn("c")), Is.EqualTo((false, true, true)));
        Assert.That(client.GetBooleanDetails("a", Alice, false).ErrorCode, Is.EqualTo(FlagErrors.FlagNotFound));
        Assert.That(_service.StreamRequests, Has.Count.EqualTo(1));
        Assert.That(_service.Polls, Is.Empty);
    }

    [Test]
    public async Task A_stream_that_was_cut_goes_on_where_it_ended()
    {
        await using var client = await Ready();
        var seen = _service.Cursor;

        _service.Cut();
        _service.Put("b", true);

        await Eventually.Holds(() => client.IsOn("b"));
        Assert.That(_service.StreamRequests, Is.EqualTo(new[] { null, seen }));
    }

    [Test]
    public async Task A_heartbeat_moves_the_cursor()
    {
        await using var client = await Ready();

        _service.MoveOn();
        _service.Beat();
        await Eventually.Holds(() => client.Status.Revision == 2);
        _service.Put("b", true);

        await Eventually.Holds(() => client.IsOn("b"));
        Assert.That(_service.StreamRequests, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_change_that_does_not_follow_makes_it_begin_anew()
    {
        await using var client = await Ready();

        _service.MoveOn();
        _service.Put("b", true);

        await Eventually.Holds(() => client.IsOn("b"));
        Assert.That(_service.StreamRequests, Is.EqualTo(new string?[] { null, null }));
    }

    [Test]
    public async Task Events_of_other_kinds_are_passed_over()
    {
        await using var client = await Ready();

        _service.Send("event: news\ndata: {}\n\nretry: 5\n\n:\n\n");
        _service.Put("b", true);

        await Eventually.Holds(() => client.IsOn("b"));
        Assert.That(_service.StreamRequests, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Where_no_stream_can_be_had_it_polls_and_goes_on_trying()
    {
        var clock = new FakeTimeProvider();
        _service.Instead = context =>
            context.Request.Path == "/v1/sdk/stream" ? Answer(context, 502) : _service.Rules(context);
        await using var client = await Ready(options => options.TimeProvider = clock);
        Assert.That((client.IsOn("a"), client.Status.Connection), Is.EqualTo((true, FlagConnection.Polling)));

        _service.Put("b", true);
        await Meanwhile(clock, () => client.IsOn("b"));
        var known = _service.Cursor;
        await Meanwhile(clock, () => _service.Polls.Contains($"\"{known}\""));
        Assert.That(client.Status.StaleSince, Is.Null);
        Assert.That(_log.Warnings.Count(), Is.EqualTo(1), () => string.Join('\n', _log.Lines));

        _service.Instead = null;
        await Meanwhile(clock, () => client.Status.Connection == FlagConnection.Streaming);
        Assert.That(client.Status.LastError, Is.Null);
    }

    [Test]
    public async Task Polls_no_more_often_than_told()
    {
        var clock = new FakeTimeProvider();
        var begun = clock.GetUtcNow();
        _service.Instead = context =>
            context.Request.Path == "/v1/sdk/stream" ? Answer(context, 502) : _service.Rules(context);
        await using var client = await Ready(options =>
        {
            options.TimeProvider = clock;
            options.PollInterval = TimeSpan.FromMinutes(1);
        });

        await Meanwhile(clock, () => _service.Polls.Count == 4);
        Assert.That(clock.GetUtcNow() - begun, Is.InRange(TimeSpan.FromMinutes(3), TimeSpan.FromMinutes(8)));
    }

    [Test]
    public async Task A_connection_that_is_silent_for_longer_than_two_heartbeats_is_given_up()
    {
        var clock = new FakeTimeProvider();
        await using var client = await Ready(options => options.TimeProvider = clock);
        var begun = clock.GetUtcNow();

        await Meanwhile(clock, () => _service.StreamRequests.Count == 2);

        Assert.That(
            clock.GetUtcNow() - begun,
            Is.InRange(TimeSpan.FromSeconds(34), TimeSpan.FromSeconds(70)),
            "two heartbeats are 30 s"
        );
        await Eventually.Holds(() => client.Status.Connection == FlagConnection.Streaming);
        Assert.That(_log.Warnings.Single(), Does.Contain("sends nothing"));
        Assert.That(client.IsOn("a"), Is.True);
    }

    [Test]
    public async Task What_is_given_up_fails_unheard([Values] bool isDeaf)
    {
        Collect();
        var unobserved = new ConcurrentQueue<Exception>();
        void Keep(object? sender, UnobservedTaskExceptionEventArgs e) => unobserved.Enqueue(e.Exception);
        TaskScheduler.UnobservedTaskException += Keep;
        try
        {
            var clock = new FakeTimeProvider();
            using var deaf = new DeafHandler();
            await using var client = await Ready(options =>
            {
                options.TimeProvider = clock;
                options.HttpHandler = isDeaf ? deaf : null;
            });
            _service.Instead = context => Task.Delay(Timeout.Infinite, context.RequestAborted);

            // A stream that is silent, and then polls and streams that are not answered.
            await Meanwhile(clock, () => _service.StreamRequests.Count >= 3 && _service.Polls.Count >= 2);
            await _service.Stop();
            await Eventually.Holds(() => client.Status.LastError?.Contains("can't be reached") == true);
        }
        finally
        {
            Collect();
            TaskScheduler.UnobservedTaskException -= Keep;
        }

        Assert.That(unobserved, Is.Empty);

        // Whether one was not observed is only known when it is collected.
        static void Collect()
        {
            for (var i = 0; i < 3; i++)
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
            }
        }
    }

    [Test]
    public async Task A_connection_with_heartbeats_is_kept()
    {
        var clock = new FakeTimeProvider();
        await using var client = await Ready(options => options.TimeProvider = clock);

        for (var beat = 0; beat < 8; beat++)
        {
            clock.Advance(TimeSpan.FromSeconds(15));
            _service.Beat();
            await Eventually.Holds(() => client.Status.Age == TimeSpan.Zero);
        }

        Assert.That(_service.StreamRequests, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_service_that_takes_the_connection_and_says_nothing_is_not_waited_for()
    {
        var clock = new FakeTimeProvider();
        _service.Instead = context => Task.Delay(Timeout.Infinite, context.RequestAborted);
        await using var client = Create(options => options.TimeProvider = clock);

        await Meanwhile(clock, () => _service.Polls.Count == 1 && client.Status.LastError is not null);

        _service.Instead = null;
        await Meanwhile(clock, () => client.IsOn("a"));
    }

    [Test]
    public async Task A_refused_key_keeps_the_rules_and_is_tried_again_slowly()
    {
        var clock = new FakeTimeProvider();
        await using var client = await Ready(options => options.TimeProvider = clock);

        _service.Instead = context => Answer(context, 401);
        _service.Cut();
        await Meanwhile(clock, () => client.Status.LastError?.Contains("refuses the key") == true);
        var (tries, since) = (_service.StreamRequests.Count, clock.GetUtcNow());
        await Meanwhile(clock, () => clock.GetUtcNow() - since > TimeSpan.FromMinutes(5));

        Assert.That(_service.StreamRequests.Count - tries, Is.InRange(4, 10), "every 30 to 60 s");
        Assert.That(_service.Polls, Has.Count.InRange(3, 6), "every minute");
        Assert.That(client.IsOn("a"), Is.True);
        Assert.That(client.Status.Connection, Is.EqualTo(FlagConnection.Disconnected));
        Assert.That(_log.Warnings.Count(), Is.EqualTo(1));

        _service.Instead = null;
        await Meanwhile(clock, () => client.Status.Connection == FlagConnection.Streaming);
    }

    [TestCase(500)]
    [TestCase(404)]
    [TestCase(429)]
    public async Task An_outage_is_told_once_and_so_is_its_end(int status)
    {
        var clock = new FakeTimeProvider();
        await using var client = await Ready(options => options.TimeProvider = clock);

        _service.Instead = context => Answer(context, status);
        _service.Cut();
        await Meanwhile(clock, () => _service.StreamRequests.Count > 20);
        Assert.That(client.Status.StaleSince, Is.Not.Null);
        Assert.That(client.IsOn("a"), Is.True);
        _service.Instead = null;
        await Meanwhile(clock, () => client.Status.Connection == FlagConnection.Streaming);

        Assert.That(_log.Warnings.Single(), Does.Contain($"answers {status}"));
        await Eventually.Holds(() => _log.Lines.Last().Text.Contains("followed again"));
    }

    [Test]
    public async Task What_can_not_be_understood_changes_nothing(
        [Values(
            "not json",
            "{}",
            """{"format":2,"tenant":"acme","environment":"production","revision":9,"event_id":"","flags":[],"segments":[]}""",
            """{"format":1,"tenant":"acme","environment":"production","revision":9,"event_id":"","flags":[{}],"segments":[]}""",
            """{"format":1,"tenant":"acme","environment":"production","revision":9,"event_id":"","flags":[],"segments":[{"key":"s","version":1,"included":["\ud800"],"excluded":[]}]}"""
        )]
            string data
    )
    {
        var clock = new FakeTimeProvider();
        await using var client = await Ready(options => options.TimeProvider = clock);

        _service.Send($"id: 9.X\nevent: snapshot\ndata: {data}\n\n");
        await Meanwhile(clock, () => _service.StreamRequests.Count == 2);
        await Eventually.Holds(() => client.Status.Connection == FlagConnection.Streaming);

        Assert.That((client.IsOn("a"), client.Status.Revision), Is.EqualTo((true, 1L)));
        Assert.That(_log.Warnings.Single(), Does.Contain("can't be understood"));
    }

    [Test]
    public async Task A_page_of_somebody_else_is_not_taken_for_the_service()
    {
        _service.Instead = context =>
        {
            context.Response.ContentType = "text/html";
            return context.Response.WriteAsync("<html>Sign in to the network</html>");
        };
        await using var client = Create();

        await Eventually.Holds(() => client.Status.LastError is not null);
        Assert.That(client.GetBooleanDetails("a", Alice, false).ErrorCode, Is.EqualTo(FlagErrors.NotReady));
    }

    [Test]
    public async Task A_client_that_ends_just_as_something_goes_wrong_ends_all_the_same()
    {
        var handler = new EndingHandler();
        var client = Create(options => options.HttpHandler = handler);
        handler.Client.SetResult(client);

        var ending = await handler.Ending;

        Assert.That(async () => await ending, Throws.Nothing);
    }

    [Test]
    public async Task A_wait_that_the_service_asks_for_is_kept()
    {
        var clock = new FakeTimeProvider();
        await using var client = await Ready(options => options.TimeProvider = clock);
        _service.Instead = context =>
        {
            context.Response.Headers.RetryAfter = "20";
            return Answer(context, 503);
        };
        _service.Cut();
        await Meanwhile(clock, () => _service.StreamRequests.Count == 2);
        var since = clock.GetUtcNow();

        await Meanwhile(clock, () => _service.StreamRequests.Count == 3);

        Assert.That(clock.GetUtcNow() - since, Is.InRange(TimeSpan.FromSeconds(19.9), TimeSpan.FromSeconds(60)));
    }

    [Test]
    public async Task The_rules_of_a_restored_backup_are_taken_though_their_revision_is_smaller()
    {
        _service.Put("b", true);
        await using var client = await Ready();

        _service.Restore(revision: 1);
        _service.Cut();

        await Eventually.Holds(() => client.Status.Revision == 1);
    }

    [Test]
    public async Task Values_may_be_nested_as_deep_as_the_service_takes_them()
    {
        var value = $"{new string('[', 66)}{new string(']', 66)}";
        _service.PutFlag(
            $$"""{"key":"deep","state":"on","variants":[{"key":"v","weight":1,"value":{{value}}}],"rules":[]}"""
        );
        await using var client = await Ready();

        Assert.That(client.GetJson("deep", Alice, default).GetRawText(), Is.EqualTo(value));
        Assert.That(client.Describe("deep"), Is.Not.Null);
    }

    [Test]
    public async Task A_clock_that_is_days_off_or_jumps_makes_no_difference([Values(-2, 2)] int days)
    {
        var clock = new FakeTimeProvider();
        await using var client = await Ready(options => options.TimeProvider = new JumpingClock(clock, days));

        _service.Put("b", true);
        await Eventually.Holds(() => client.IsOn("b"));
        _service.Cut();
        _service.Put("c", true);
        await Meanwhile(clock, () => client.IsOn("c"));

        Assert.That(client.Status.StaleSince, Is.Null);
        Assert.That(client.Status.Age, Is.LessThan(TimeSpan.FromMinutes(1)));
    }

    [Test]
    public async Task A_service_that_was_killed_is_followed_again_once_it_is_back()
    {
        await using var client = await Ready();
        await _service.Stop();
        await Eventually.Holds(() => client.Status.Connection == FlagConnection.Disconnected);
        Assert.That(client.IsOn("a"), Is.True);

        await _service.Start();
        _service.Put("b", true);

        await Eventually.Holds(() => client.IsOn("b"), within: TimeSpan.FromSeconds(5));
    }

    [Test]
    public async Task A_key_of_another_tenant_than_was_meant_is_not_followed()
    {
        await using var client = Create(options => options.Tenant = "other");

        await Eventually.Holds(() => client.Status.LastError is not null);

        Assert.That(client.Status.Source, Is.EqualTo(RulesSource.None));
        Assert.That(client.Status.LastError, Does.Contain("acme/production"));
    }

    [Test]
    public async Task Waiting_ends_at_the_timeout_without_rules_and_early_with_them()
    {
        await _service.Stop();
        await using var without = Create();
        await using var with = Create(o => o.Bootstrap = Bootstrap.FromJson(EvaluationTests.Sample));

        Assert.That(await without.WaitForReadyAsync(TimeSpan.FromMilliseconds(50)), Is.False);
        Assert.That(await with.WaitForReadyAsync(TimeSpan.FromSeconds(30)), Is.True);
        Assert.That(with.Status.Source, Is.EqualTo(RulesSource.Bootstrap));
    }

    [TestCase(null, "key", null)]
    [TestCase("flags.example.com", "key", null)]
    [TestCase("http://flags.example.com", " ", null)]
    [TestCase("http://flags.example.com", "key", "")]
    public void What_is_missing_is_said_when_the_client_is_created(string? address, string key, string? file) =>
        Assert.That(
            () =>
                new FlagClient(
                    new FlagClientOptions
                    {
                        BaseAddress = address is null ? null : new Uri(address, UriKind.RelativeOrAbsolute),
                        ApiKey = key,
                        CacheFile = file,
                    }
                ),
            Throws.ArgumentException
        );

    private FlagClient Create(Action<FlagClientOptions>? more = null)
    {
        var options = Options(_service);
        options.LoggerFactory = _log;
        more?.Invoke(options);
        return new FlagClient(options);
    }

    private async Task<FlagClient> Ready(Action<FlagClientOptions>? more = null)
    {
        var client = Create(more);
        await Eventually.Holds(() => client.Status.Source == RulesSource.Service);
        return client;
    }

    /// <summary>Lets the client's time pass until something is the case, in steps of a tenth of a second.</summary>
    private static Task Meanwhile(FakeTimeProvider clock, Func<bool> condition) =>
        Eventually.Holds(
            async () =>
            {
                for (var step = 0; step < 20 && !condition(); step++)
                {
                    clock.Advance(TimeSpan.FromMilliseconds(100));
                    await Task.Yield();
                }
                return condition();
            },
            within: TimeSpan.FromSeconds(30)
        );

    private static Task Answer(HttpContext context, int status)
    {
        context.Response.StatusCode = status;
        return Task.CompletedTask;
    }

    /// <summary>Does not stop when it is told to.</summary>
    private sealed class DeafHandler() : DelegatingHandler(new SocketsHttpHandler())
    {
        protected override Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request,
            CancellationToken cancellationToken
        ) => base.SendAsync(request, CancellationToken.None);
    }

    /// <summary>Ends the client while it waits for an answer, and then gives one that is no good.</summary>
    private sealed class EndingHandler : HttpMessageHandler
    {
        private readonly TaskCompletionSource<Task> _ending = new();

        public TaskCompletionSource<FlagClient> Client { get; } = new();

        public Task<Task> Ending => _ending.Task;

        protected override Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request,
            CancellationToken cancellationToken
        )
        {
            _ending.TrySetResult(Client.Task.Result.DisposeAsync().AsTask());
            return Task.FromResult(new HttpResponseMessage { Content = new StringContent("no rules") });
        }
    }

    /// <summary>Shows another time of day each time it is asked; its timers are right.</summary>
    private sealed class JumpingClock(FakeTimeProvider clock, int days) : TimeProvider
    {
        private int _asked;

        public override DateTimeOffset GetUtcNow() => clock.GetUtcNow().AddDays(days * ++_asked);

        public override long GetTimestamp() => clock.GetTimestamp();

        public override long TimestampFrequency => clock.TimestampFrequency;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            clock.CreateTimer(callback, state, dueTime, period);
    }
}
