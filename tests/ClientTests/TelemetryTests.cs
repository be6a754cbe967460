using System.Diagnostics;
using System.Diagnostics.Metrics;
using FeatureFlags.Client;
using FeatureFlags.Testing;
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
        await client.WaitForReady(TimeSpan.FromSeconds(30));

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

    private static void Listen(MeterListener meter) =>
        meter.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == "FeatureFlags.Client")
                listener.EnableMeasurementEvents(instrument);
        };

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
