using System.Diagnostics.Metrics;
using System.Text.Json;
using FeatureFlags.Client;
using FeatureFlags.Rules;
using static FeatureFlags.ClientTests.Setup;

namespace FeatureFlags.ClientTests;

internal sealed class EvaluationTests
{
    public const string Sample = """
        { "format": 1, "tenant": "acme", "environment": "production", "revision": 7, "event_id": "E7",
          "flags": [
            { "key": "checkout", "version": 3, "name": "New checkout", "state": "on", "off_variant": "off",
              "variants": [ {"key": "off", "weight": 1, "value": false}, {"key": "on", "weight": 0, "value": true} ],
              "rules": [ {"id": "ca", "order": 1, "when": {"attr": {"country": "CA"}}, "rollout": {"variant": "on"}} ],
              "metadata": {"owner": "web"} },
            { "key": "colour", "version": 1, "state": "on", "off_variant": "c",
              "variants": [ {"key": "c", "weight": 1, "value": "bl\u00fcu\"e"} ], "rules": [] },
            { "key": "limit", "version": 1, "state": "on", "off_variant": "c",
              "variants": [ {"key": "c", "weight": 1, "value": 2.5} ], "rules": [] },
            { "key": "count", "version": 1, "state": "on", "off_variant": "c",
              "variants": [ {"key": "c", "weight": 1, "value": 3e2} ], "rules": [] },
            { "key": "layout", "version": 1, "state": "on", "off_variant": "c",
              "variants": [ {"key": "c", "weight": 1, "value": {"columns": 2}} ], "rules": [] },
            { "key": "half", "version": 4, "state": "on", "off_variant": "a",
              "variants": [ {"key": "a", "weight": 1, "value": true}, {"key": "b", "weight": 1, "value": true} ], "rules": [] },
            { "key": "yours", "version": 1, "state": "on", "off_variant": "n",
              "variants": [ {"key": "n", "weight": 1}, {"key": "x", "weight": 0, "value": true} ], "rules": [] },
            { "key": "broken", "version": 2, "state": "on", "variants": [], "rules": [] },
            { "key": "beta-only", "version": 1, "state": "on", "off_variant": "off",
              "variants": [ {"key": "off", "weight": 1, "value": false}, {"key": "on", "weight": 0, "value": true} ],
              "rules": [ {"id": "beta", "order": 1, "when": {"segment": "beta"}, "rollout": {"variant": "on"}} ] } ],
          "segments": [ {"key": "beta", "version": 1, "criteria": {"attr": {"country": "FR"}},
                         "included": ["alice"], "excluded": ["bob"]} ] }
        """;

    private FlagClient _client = null!;

    [SetUp]
    public void Create() => _client = Offline(Sample);

    [TearDown]
    public async Task End() => await _client.DisposeAsync();

    [Test]
    public void Each_type_is_given_as_itself()
    {
        Assert.Multiple(() =>
        {
            Assert.That(_client.GetBoolean("checkout", Alice, false), Is.True);
            Assert.That(_client.GetString("colour", Alice, ""), Is.EqualTo("blüu\"e"));
            Assert.That(_client.GetNumber("limit", Alice, 0), Is.EqualTo(2.5));
            Assert.That(_client.GetInteger("count", Alice, 0), Is.EqualTo(300));
            Assert.That(_client.GetJson("layout", Alice, default).GetProperty("columns").GetInt32(), Is.EqualTo(2));
            Assert.That(_client.GetJson("limit", Alice, default).GetRawText(), Is.EqualTo("2.5"));
        });
    }

    [Test]
    public void Details_say_what_decided() =>
        Assert.That(
            _client.GetBooleanDetails("checkout", Alice, false),
            Is.EqualTo(
                new FlagDetails<bool>
                {
                    Value = true,
                    Variant = "on",
                    Reason = Reason.RuleMatch,
                    RuleId = "ca",
                    Version = 3,
                }
            )
        );

    [Test]
    public void Segments_count_with_their_lists()
    {
        var bob = EvaluationContext.For("bob").Set("country", "FR").Build();
        var carol = EvaluationContext.For("carol").Set("country", "FR").Build();

        Assert.That(
            new[] { Alice, bob, carol }.Select(user => _client.GetBoolean("beta-only", user, false)),
            Is.EqualTo(new[] { true, false, true })
        );
    }

    [TestCase("missing", FlagErrors.FlagNotFound, 0)]
    [TestCase("colour", FlagErrors.TypeMismatch, 1)]
    [TestCase("limit", FlagErrors.TypeMismatch, 1)]
    [TestCase("broken", EvaluationErrors.DefinitionUnreadable, 2)]
    [TestCase(null, FlagErrors.InvalidArgument, 0)]
    public void What_has_no_answer_gives_the_default_and_why(string? flag, string error, long version) =>
        Assert.That(
            _client.GetBooleanDetails(flag!, Alice, true),
            Is.EqualTo(
                new FlagDetails<bool>
                {
                    Value = true,
                    Reason = Reason.Error,
                    ErrorCode = error,
                    Version = version,
                }
            )
        );

    [Test]
    public void A_user_that_is_null_or_without_the_key_that_a_split_needs_gets_the_default()
    {
        Assert.Multiple(() =>
        {
            Assert.That(
                _client.GetBooleanDetails("checkout", null!, true).ErrorCode,
                Is.EqualTo(FlagErrors.InvalidArgument)
            );
            Assert.That(
                _client.GetBooleanDetails("half", Nobody, false).ErrorCode,
                Is.EqualTo(EvaluationErrors.BucketKeyMissing)
            );
            Assert.That(_client.GetBoolean("half", Nobody, false), Is.False);
            Assert.That(_client.GetNumber("limit", Nobody, 0), Is.EqualTo(2.5), "needs no key");
        });
    }

    [Test]
    public void A_number_that_is_not_whole_is_no_integer() =>
        Assert.That(_client.GetIntegerDetails("limit", Alice, 9).ErrorCode, Is.EqualTo(FlagErrors.TypeMismatch));

    [TestCase("3e2", 300L)]
    [TestCase("3.0", 3L)]
    [TestCase("-0.0", 0L)]
    [TestCase("9007199254740993.0", 9007199254740993L)]
    [TestCase("9223372036854775807.0", long.MaxValue)]
    [TestCase("-9223372036854775808", long.MinValue)]
    [TestCase("9007199254740992.5", null)]
    [TestCase("9223372036854775808", null)]
    [TestCase("1e19", null)]
    [TestCase("1e-30", null)]
    [TestCase("1e400", null)]
    public void An_integer_is_whole_and_fits_however_it_is_written(string value, long? expected)
    {
        using var client = Offline(Sample.Replace("\"value\": 2.5", $"\"value\": {value}"));

        var details = client.GetIntegerDetails("limit", Alice, 9);

        Assert.That(
            (details.Value, details.ErrorCode),
            Is.EqualTo(expected is { } whole ? (whole, null) : (9L, FlagErrors.TypeMismatch))
        );
    }

    [TestCase("1e308", 1e308)]
    [TestCase("1e400", null)]
    [TestCase("-1e400", null)]
    public void A_number_is_finite(string value, double? expected)
    {
        using var client = Offline(Sample.Replace("\"value\": 2.5", $"\"value\": {value}"));

        var details = client.GetNumberDetails("limit", Alice, 9);

        Assert.That(
            (details.Value, details.ErrorCode),
            Is.EqualTo(expected is { } finite ? (finite, null) : (9d, FlagErrors.TypeMismatch))
        );
    }

    [Test]
    public void A_variant_without_a_value_leaves_it_to_the_caller()
    {
        var details = _client.GetBooleanDetails("yours", Alice, true);

        Assert.That((details.Value, details.Variant, details.ErrorCode), Is.EqualTo((true, "n", (string?)null)));
    }

    [Test]
    public void Without_rules_everything_is_the_default()
    {
        using var client = new FlagClient(new FlagClientOptions { Offline = true });

        var details = client.GetStringDetails("checkout", Alice, "mine");

        Assert.That((details.Value, details.ErrorCode), Is.EqualTo(("mine", FlagErrors.NotReady)));
    }

    [Test]
    public async Task A_client_that_has_ended_still_answers()
    {
        await _client.DisposeAsync();

        Assert.That(_client.IsOn("checkout"), Is.True);
    }

    [Test]
    public void What_listens_does_not_change_what_is_answered()
    {
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (instrument.Meter.Name == "FeatureFlags.Client")
                l.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((_, _, _, _) => throw new InvalidOperationException("mine"));
        listener.Start();

        var details = _client.GetBooleanDetails("checkout", Alice, false);

        Assert.That((details.Value, details.ErrorCode), Is.EqualTo((true, (string?)null)));
    }

    [Test]
    public void A_flag_is_described_as_it_is_stored()
    {
        Assert.That(
            _client.Describe("checkout")!.Value.GetProperty("metadata").GetProperty("owner").GetString(),
            Is.EqualTo("web")
        );
        Assert.That(_client.Describe("missing"), Is.Null);
    }

    [Test]
    public void No_evaluation_allocates()
    {
        var json = JsonElement.Parse("{}");
        Action[] evaluations =
        [
            () => _client.GetBoolean("checkout", Alice, false),
            () => _client.GetBooleanDetails("beta-only", Alice, false),
            () => _client.GetBoolean("half", Alice, false),
            () => _client.GetString("colour", Alice, ""),
            () => _client.GetNumber("limit", Alice, 0),
            () => _client.GetInteger("count", Alice, 0),
            () => _client.GetJson("layout", Alice, json),
            () => _client.GetBoolean("missing", Alice, false),
            () => _client.GetBoolean("colour", Alice, false),
            () => _client.GetBoolean("half", Nobody, false),
            () => _client.GetBoolean("broken", Alice, false),
            () => _client.GetBoolean(null!, null!, false),
        ];
        foreach (var evaluate in evaluations)
            evaluate();

        var before = GC.GetAllocatedBytesForCurrentThread();
        foreach (var evaluate in evaluations)
        {
            for (var i = 0; i < 1_000; i++)
                evaluate();
        }
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }
}
