using System.Diagnostics;
using System.Diagnostics.Metrics;
using FeatureFlags.Client;
using FeatureFlags.Testing;
using Microsoft.Extensions.Logging;
using static FeatureFlags.ClientTests.Setup;

namespace FeatureFlags.ClientTests;

internal sealed class TelemetryTests
{
    [Test]
    public void An_evaluation_is_an_event_of_the_current_activity_for_whoever_asks_for_it()
    {
        using var client = Offline(EvaluationTests.Sample);
        using var all = Listener("*");
        using var source = new ActivitySource("app");
        using (var before = source.StartActivity())
        {
            client.IsOn("checkout");
            Assert.That(before!.Events, Is.Empty, "nobody asked");
        }

        using var asked = Listener("FeatureFlags.Client");
        using var activity = source.StartActivity();
        client.IsOn("checkout");
        client.IsOn("missing");
        client.GetBoolean("half", Nobody, false);

        Assert.That(activity!.Events.Select(e => e.Name), Has.All.EqualTo("feature_flag.evaluation"));
        Assert.That(
            activity.Events.Select(e => string.Join(", ", e.Tags.Select(tag => $"{tag.Key}={tag.Value}").Order())),
            Is.EqualTo(
                new[]
                {
                    "feature_flag.context.id=alice, feature_flag.key=checkout, feature_flag.provider.name=FeatureFlags, "
                        + "feature_flag.result.reason=targeting_match, feature_flag.result.variant=on, "
                        + "feature_flag.set.id=acme/production, feature_flag.version=3",
                    "error.type=flag_not_found, feature_flag.context.id=alice, feature_flag.key=missing, "
                        + "feature_flag.provider.name=FeatureFlags, feature_flag.result.reason=error, "
                        + "feature_flag.set.id=acme/production",
                    "error.type=targeting_key_missing, feature_flag.key=half, "
                        + "feature_flag.provider.name=FeatureFlags, feature_flag.result.reason=error, "
                        + "feature_flag.set.id=acme/production, feature_flag.version=4",
                }
            )
        );
    }

    [Test]
    public void A_long_activity_does_not_grow_with_each_evaluation()
    {
        using var client = Offline(EvaluationTests.Sample);
        using var all = Listener("*");
        using var asked = Listener("FeatureFlags.Client");
        using var source = new ActivitySource("app");
        using var activity = source.StartActivity();

        for (var i = 0; i < 1_000; i++)
            client.IsOn("checkout");

        Assert.That(activity!.Events.Count(), Is.EqualTo(128));
    }

    [Test]
    public void Evaluations_are_counted_by_reason()
    {
        using var client = Offline(EvaluationTests.Sample);
        using var meter = new MeterListener();
        var counts = new Dictionary<string, long>();
        Listen(meter);
        meter.SetMeasurementEventCallback<long>(
            (instrument, measurement, tags, _) =>
            {
                Assert.That(instrument.Name, Is.EqualTo("feature_flag.client.evaluations"));
                var reason = $"{tags[0].Key}={tags[0].Value}";
                counts[reason] = counts.GetValueOrDefault(reason) + measurement;
            }
        );
        meter.Start();

        foreach (var flag in new[] { "checkout", "half", "colour", "missing", "missing" })
            client.GetString(flag, Alice, "");
        client.GetString("colour", Alice, "");

        Assert.That(
            counts,
            Is.EquivalentTo(
                new Dictionary<string, long>
                {
                    // checkout and half are no text.
                    ["feature_flag.result.reason=error"] = 4,
                    ["feature_flag.result.reason=static"] = 2,
                }
            )
        );
    }

    [Test]
    public async Task Revision_age_and_reconnects_are_measured()
    {
        await using var service = await FakeService.Started();
        service.Put("a", true);
        await using var client = new FlagClient(Options(service));
        using var meter = new MeterListener();
        var measured = new Dictionary<string, double>();
        Listen(meter);
        meter.SetMeasurementEventCallback<long>((instrument, value, _, _) => Keep(instrument, value));
        meter.SetMeasurementEventCallback<double>((instrument, value, _, _) => Keep(instrument, value));
        meter.Start();
        await client.WaitForReadyAsync(TimeSpan.FromSeconds(30));

        service.Cut();
        await Eventually.Holds(() => service.StreamRequests.Count == 2);
        meter.RecordObservableInstruments();

        Assert.That(measured["feature_flag.client.revision"], Is.EqualTo(1));
        Assert.That(measured["feature_flag.client.age"], Is.InRange(0, 30));
        Assert.That(measured["feature_flag.client.reconnects"], Is.EqualTo(1));

        void Keep(Instrument instrument, double value)
        {
            lock (measured)
                measured[instrument.Name] = value;
        }
    }

    [Test]
    public async Task Neither_a_listener_nor_a_log_that_throws_ends_the_following()
    {
        await using var service = await FakeService.Started();
        service.Put("a", true);
        using var meter = new MeterListener();
        Listen(meter);
        meter.SetMeasurementEventCallback<long>((_, _, _, _) => throw new InvalidOperationException("mine"));
        meter.Start();
        var options = Options(service);
        using var log = new BrokenLog();
        options.LoggerFactory = log;
        await using var client = new FlagClient(options);
        await client.WaitForReadyAsync(TimeSpan.FromSeconds(30));

        for (var revision = 2; revision < 5; revision++)
        {
            service.Cut();
            service.Put($"flag-{revision}", true);
            await Eventually.Holds(() => client.IsOn($"flag-{revision}"));
        }

        // Each stream was ended once, by us.
        Assert.That(service.StreamRequests, Has.Count.EqualTo(4));
    }

    private static void Listen(MeterListener meter) =>
        meter.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == "FeatureFlags.Client")
                listener.EnableMeasurementEvents(instrument);
        };

    private sealed class BrokenLog : ILoggerFactory, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider) { }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter
        ) => throw new InvalidOperationException("The disk of the log is full.");

        public void Dispose() { }
    }

    private static ActivityListener Listener(string source)
    {
        var listener = new ActivityListener
        {
            ShouldListenTo = candidate =>
                candidate.Name == source || (source == "*" && candidate.Name != "FeatureFlags.Client"),
            Sample = (ref _) => ActivitySamplingResult.AllData,
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }
}
