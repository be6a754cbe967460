using System.Net;
using System.Net.Http.Headers;
using System.Text;
using FeatureFlags.Client;
using Microsoft.Extensions.Time.Testing;

namespace FeatureFlags.ClientTests;

/// <summary>When a client tries again, on a clock that goes on only while the client waits for it.</summary>
internal sealed class ScheduleTests
{
    private static readonly string Unreadable = EvaluationTests.Sample.Replace("\"format\": 1", "\"format\": 2");

    private WaitedClock _clock = null!;
    private KeptLog _log = null!;
    private Script _service = null!;

    [SetUp]
    public void Create()
    {
        _clock = new WaitedClock();
        _log = new KeptLog();
        _service = new Script(_clock);
    }

    [TearDown]
    public void End()
    {
        _service.Dispose();
        _log.Dispose();
    }

    [Test]
    public async Task A_service_that_is_back_is_followed_within_two_seconds_though_polls_got_through_before()
    {
        (_service.Stream, _service.Rules) = (Status(502), Status(502));
        await using var client = await Begin();
        Pass(client, TimeSpan.FromSeconds(60));

        _service.Rules = Rules;
        for (var step = 0; step < 400 && client.Status.Connection != FlagConnection.Polling; step++)
            Pass(client, WaitedClock.Step);
        Assert.That(client.Status.Connection, Is.EqualTo(FlagConnection.Polling));
        Pass(client, TimeSpan.FromSeconds(1.5));
        _service.Stream = Snapshot(EvaluationTests.Sample, isOpen: true);
        Pass(client, TimeSpan.FromSeconds(2));

        Assert.That(client.Status.Connection, Is.EqualTo(FlagConnection.Streaming));
    }

    [Test]
    public async Task It_is_tried_every_second_for_five_minutes_and_then_every_quarter_of_a_minute_at_most()
    {
        (_service.Stream, _service.Rules) = (Status(502), Status(502));
        await using var client = await Begin(jitter: 0.99);

        Pass(client, TimeSpan.FromMinutes(10));

        var gaps = _service.Streams.Zip(_service.Streams.Skip(1), (at, next) => (at, Gap: next - at)).ToList();
        var early = gaps.Where(gap => gap.at < TimeSpan.FromMinutes(4.9)).Select(gap => gap.Gap);
        var late = gaps.Where(gap => gap.at > TimeSpan.FromMinutes(5.1)).Select(gap => gap.Gap);
        Assert.That(early, Has.All.LessThan(TimeSpan.FromSeconds(1.2)));
        Assert.That(late, Has.All.InRange(TimeSpan.FromSeconds(14), TimeSpan.FromSeconds(15.2)));
    }

    [Test]
    public async Task Rules_of_a_later_format_are_fetched_rarely_and_told_of_once()
    {
        (_service.Stream, _service.Rules) = (Snapshot(Unreadable), Body(Unreadable));
        await using var client = await Begin(jitter: 0);

        Pass(client, TimeSpan.FromMinutes(5));

        Assert.That(_service.Streams.Count + _service.Polls.Count, Is.InRange(5, 12));
        Assert.That(_log.Warnings.Single(), Does.Contain("format 2"));
        Assert.That(client.Status.Revision, Is.EqualTo(7));
    }

    [Test]
    public async Task A_key_that_is_refused_while_the_client_polls_ends_that_and_is_tried_slowly()
    {
        (_service.Stream, _service.Rules) = (Status(502), Rules);
        await using var client = await Begin();
        Assert.That(client.Status.Connection, Is.EqualTo(FlagConnection.Polling));

        (_service.Stream, _service.Rules) = (Status(401), Status(401));
        Pass(client, TimeSpan.FromSeconds(31));

        Assert.That(client.Status.Connection, Is.EqualTo(FlagConnection.Disconnected));
        Assert.That(client.Status.StaleSince, Is.Not.Null);
        Assert.That(client.Status.LastError, Does.Contain("refuses the key (401)"));
        var (streams, polls) = (_service.Streams.Count, _service.Polls.Count);
        Pass(client, TimeSpan.FromMinutes(5));
        Assert.That(_service.Streams.Count - streams, Is.InRange(5, 10));
        Assert.That(_service.Polls.Count - polls, Is.InRange(4, 5));
    }

    [Test]
    public async Task Where_streams_alone_are_refused_it_polls()
    {
        (_service.Stream, _service.Rules) = (Status(403), Rules);
        await using var client = await Begin();

        Pass(client, TimeSpan.FromMinutes(5));

        Assert.That(client.Status.Connection, Is.EqualTo(FlagConnection.Polling));
        Assert.That(client.Status.StaleSince, Is.Null);
        Assert.That(_service.Polls, Has.Count.InRange(9, 11));
    }

    [Test]
    public async Task Whatever_fails_between_two_tries_there_is_another()
    {
        var asked = 0;
        (_service.Stream, _service.Rules) = (Status(502), Status(502));
        await using var client = await Begin(() => ++asked == 1 ? throw new InvalidOperationException("mine") : 0.5);

        _service.Stream = Snapshot(EvaluationTests.Sample, isOpen: true);
        Pass(client, TimeSpan.FromSeconds(2));

        Assert.That(client.Status.Connection, Is.EqualTo(FlagConnection.Streaming));
    }

    private Task<FlagClient> Begin(double jitter = 0.9) => Begin(() => jitter);

    /// <summary>A client that has tried once.</summary>
    private async Task<FlagClient> Begin(Func<double> jitter)
    {
        var client = new FlagClient(
            new FlagClientOptions
            {
                BaseAddress = new Uri("http://flags"),
                ApiKey = Setup.GoodKey,
                Bootstrap = Bootstrap.FromJson(EvaluationTests.Sample),
                HttpHandler = _service,
                LoggerFactory = _log,
                TimeProvider = _clock,
                Jitter = jitter,
            }
        );
        await client.State.Settled;
        return client;
    }

    /// <summary>Lets the client's time pass, and none of it while the client is at work.</summary>
    private void Pass(FlagClient client, TimeSpan time)
    {
        Rests();
        for (var passed = TimeSpan.Zero; passed < time; passed += WaitedClock.Step)
        {
            _clock.Advance(WaitedClock.Step);
            Rests();
        }

        void Rests() =>
            Assert.That(
                SpinWait.SpinUntil(
                    () => _clock.IsWaitedFor || client.Status.Connection == FlagConnection.Streaming,
                    TimeSpan.FromSeconds(30)
                ),
                Is.True
            );
    }

    private static Func<HttpResponseMessage> Status(int status) => () => new((HttpStatusCode)status);

    private static HttpResponseMessage Rules() => Body(EvaluationTests.Sample)();

    private static Func<HttpResponseMessage> Body(string rules) =>
        () => new() { Content = new StringContent(rules, Encoding.UTF8, "application/json") };

    private static Func<HttpResponseMessage> Snapshot(string rules, bool isOpen = false) =>
        () =>
        {
            var frame = $"event: snapshot\ndata: {rules.ReplaceLineEndings(" ")}\n\n";
            var content = new StreamContent(new Frames(Encoding.UTF8.GetBytes(frame), isOpen));
            content.Headers.ContentType = new MediaTypeHeaderValue("text/event-stream");
            return new() { Content = content };
        };

    /// <summary>Answers at once, and remembers when it was asked.</summary>
    private sealed class Script(FakeTimeProvider clock) : HttpMessageHandler
    {
        private readonly DateTimeOffset _begun = clock.GetUtcNow();

        public Func<HttpResponseMessage> Stream { get; set; } = null!;

        public Func<HttpResponseMessage> Rules { get; set; } = null!;

        public List<TimeSpan> Streams { get; } = [];

        public List<TimeSpan> Polls { get; } = [];

        protected override Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request,
            CancellationToken cancellationToken
        )
        {
            var isStream = request.RequestUri!.AbsolutePath == "/v1/sdk/stream";
            (isStream ? Streams : Polls).Add(clock.GetUtcNow() - _begun);
            return Task.FromResult((isStream ? Stream : Rules)());
        }
    }

    /// <summary>Some bytes, and then the end or, if it stays open, nothing.</summary>
    private sealed class Frames(byte[] bytes, bool isOpen) : MemoryStream(bytes)
    {
        public override async ValueTask<int> ReadAsync(
            Memory<byte> buffer,
            CancellationToken cancellationToken = default
        )
        {
            if (isOpen && Position == Length)
                await new TaskCompletionSource().Task.WaitAsync(cancellationToken);
            return Read(buffer.Span);
        }
    }

    private sealed class WaitedClock : FakeTimeProvider
    {
        public static readonly TimeSpan Step = TimeSpan.FromMilliseconds(100);

        private int _delays;

        /// <summary>Whether somebody is in a delay; the limit of a request or a read is none.</summary>
        public bool IsWaitedFor => Volatile.Read(ref _delays) > 0;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = base.CreateTimer(callback, state, dueTime, period);
            if (state is CancellationTokenSource)
                return timer;
            Interlocked.Increment(ref _delays);
            return new Counted(timer, this);
        }

        private sealed class Counted(ITimer timer, WaitedClock clock) : ITimer
        {
            private int _ended;

            public bool Change(TimeSpan dueTime, TimeSpan period) => timer.Change(dueTime, period);

            public void Dispose()
            {
                if (Interlocked.Exchange(ref _ended, 1) == 0)
                    Interlocked.Decrement(ref clock._delays);
                timer.Dispose();
            }

            public ValueTask DisposeAsync()
            {
                Dispose();
                return ValueTask.CompletedTask;
            }
        }
    }
}
