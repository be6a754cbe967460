using System.Text.Json;
using BenchmarkDotNet.Attributes;
using FeatureFlags.Rules;

namespace FeatureFlags.Benchmarks.Rules;

/// <summary>One kind of condition at a time, for a user for whom it holds.</summary>
public class ConditionBenchmarks
{
    private const int Members = 1_000_000;

    private static readonly EvaluationContext User = EvaluationContext
        .For(Sample.MemberId(Members / 2))
        .Set("country", "CA")
        .Set("email", "ann.smith@mail.acme.com")
        .Set("app", "2.14.3-rc.1")
        .Set("ip", "10.42.17.5")
        .Set("joined", "2026-03-01T12:00:00Z")
        .Set("company", JsonElement.Parse("""{ "plan": "pro", "id": 4711 }"""))
        .Build();

    private readonly CompiledFlag _equality = Sample.Compiled(Sample.When("""{ "attr": { "country": "CA" } }"""));
    private readonly CompiledFlag _fiftyRules = Sample.Compiled(Sample.RulesOfWhichTheLastHolds(50));
    private readonly CompiledFlag _nested = Sample.Compiled(
        Sample.When(
            """
            {
              "any": [
                { "attr": { "country": "US" } },
                { "all": [
                  { "attr": { "company.plan": ["pro", "team"] } },
                  { "not": { "any": [{ "attr": { "country": "FR" } }, { "attr": { "email": { "ends_with": "@rival.com" } } }] } },
                  { "any": [{ "attr": { "beta": true } }, { "attr": { "country": "CA" } }] }
                ] }
              ]
            }
            """
        )
    );
    private readonly CompiledFlag _text = Sample.Compiled(
        Sample.When("""{ "attr": { "email": { "ends_with": ["@acme.org", ".acme.com"], "ignore_case": true } } }""")
    );
    private readonly CompiledFlag _regex = Sample.Compiled(
        Sample.When("""{ "attr": { "email": { "matches": "^[a-z.]+@(mail|post)\\.acme\\.com$" } } }""")
    );
    private readonly CompiledFlag _semver = Sample.Compiled(
        Sample.When("""{ "attr": { "app": { "semver_gte": "2.14.0", "semver_lt": "3" } } }""")
    );
    private readonly CompiledFlag _time = Sample.Compiled(
        Sample.When("""{ "attr": { "joined": { "after": "2026-01-01" } } }""")
    );
    private readonly CompiledFlag _network = Sample.Compiled(
        Sample.When("""{ "attr": { "ip": { "ip_in": ["192.168.0.0/16", "10.0.0.0/8"] } } }""")
    );
    private readonly CompiledFlag _byCompany = Sample.Compiled(
        Sample.When("""{ "percentage": 100, "by": "company.id", "salt": "s" }""")
    );
    private readonly CompiledFlag _prerequisites;
    private CompiledFlag _inSegment = null!;
    private CompiledFlag _notInSegment = null!;

    public ConditionBenchmarks()
    {
        var required = Sample.Flag("required", Sample.When("""{ "attr": { "country": "CA" } }"""));
        var requiring = Sample.Flag(
            "requiring",
            """
            {
              "state": "on",
              "variants": [{ "key": "on", "weight": 1 }, { "key": "off", "weight": 0 }],
              "prerequisites": [{ "key": "required", "variant": "on" }, { "key": "also-required", "variant": "on" }]
            }
            """
        );
        _prerequisites = Sample
            .RuleSet([required, Sample.Flag("also-required", Sample.On), requiring])
            .Find("requiring")!;
    }

    [GlobalSetup(Targets = [nameof(InSegment), nameof(NotInSegment)])]
    public void FillSegment()
    {
        var members = Enumerable.Range(0, Members).Select(Sample.MemberId);
        _inSegment = WithSegment(MemberSet.Of(members));
        _notInSegment = WithSegment(MemberSet.Of(members.Where(id => id != User.Id)));

        static CompiledFlag WithSegment(MemberSet included) =>
            Sample.Compiled(Sample.When("""{ "segment": "members" }"""), Sample.Segment("members", included));
    }

    [Benchmark(Description = "An attribute equals a text")]
    public string Equality() => _equality.Evaluate(User).Variant;

    [Benchmark(Description = "A text ends with one of two, in any case")]
    public string Text() => _text.Evaluate(User).Variant;

    [Benchmark(Description = "A version in a range")]
    public string Semver() => _semver.Evaluate(User).Variant;

    [Benchmark(Description = "A time after another")]
    public string Time() => _time.Evaluate(User).Variant;

    [Benchmark(Description = "An address in one of two networks")]
    public string Network() => _network.Evaluate(User).Variant;

    [Benchmark(Description = "A regular expression on 23 characters")]
    public string Regex() => _regex.Evaluate(User).Variant;

    [Benchmark(Description = "`any`, `all` and `not` in three levels, 6 attributes asked")]
    public string Nested() => _nested.Evaluate(User).Variant;

    [Benchmark(Description = "50 rules, the last holds")]
    public string FiftyRules() => _fiftyRules.Evaluate(User).Variant;

    [Benchmark(Description = "Two prerequisites")]
    public string Prerequisites() => _prerequisites.Evaluate(User).Variant;

    [Benchmark(Description = "A percentage by a number in a nested attribute")]
    public string Percentage() => _byCompany.Evaluate(User).Variant;

    [Benchmark(Description = "A segment of 1,000,000 ids, the user among them")]
    public string InSegment() => _inSegment.Evaluate(User).Variant;

    [Benchmark(Description = "A segment of 999,999 ids, the user not among them")]
    public string NotInSegment() => _notInSegment.Evaluate(User).Variant;
}
