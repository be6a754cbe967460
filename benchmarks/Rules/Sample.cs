using System.Text.Json;
using FeatureFlags.Rules;

namespace FeatureFlags.Benchmarks.Rules;

/// <summary>The flags and the user that are measured.</summary>
internal static class Sample
{
    public const string Tenant = "acme";
    public const string ThreeClausesKey = "checkout";

    /// <summary>For whom everything that is asked holds: the longest way through a flag.</summary>
    public static readonly EvaluationContext User = UserNamed("user-4713");

    /// <summary>Three clauses, a percentage and a split: what most rules in earnest look like.</summary>
    public const string ThreeClauses = """
        {
          "state": "on",
          "variants": [{ "key": "control", "weight": 1 }, { "key": "treatment", "weight": 0 }],
          "rules": [{
            "id": "eligible",
            "order": 1,
            "when": {
              "attr": { "country": ["CA", "US", "GB", "DE"], "plan": "pro", "age": { "gte": 18 } },
              "percentage": 50
            },
            "rollout": { "distribution": [{ "variant": "control", "weight": 1 }, { "variant": "treatment", "weight": 1 }] }
          }]
        }
        """;

    public const string On = """
        { "state": "on", "variants": [{ "key": "on", "weight": 1 }, { "key": "off", "weight": 0 }] }
        """;

    public const string Off = """
        { "state": "off", "variants": [{ "key": "on", "weight": 1 }, { "key": "off", "weight": 0 }] }
        """;

    public static EvaluationContext UserNamed(string id) =>
        EvaluationContext
            .For(id)
            .Set("country", "CA")
            .Set("plan", "pro")
            .Set("age", 30L)
            .Set("email", "ann@acme.com")
            .Set("beta", true)
            .Build();

    /// <summary>Gives <c>on</c> to whom the condition holds for, and <c>off</c> to others.</summary>
    public static string When(string condition) => WhenAny([condition]);

    /// <summary>A rule for each condition; the first that holds gives <c>on</c>.</summary>
    public static string WhenAny(IEnumerable<string> conditions)
    {
        var rules = conditions.Select(
            (condition, i) =>
                $$"""{ "id": "r{{i}}", "order": {{i}}, "when": {{condition}}, "rollout": { "variant": "on" } }"""
        );
        return $$"""
            {
              "state": "on",
              "variants": [{ "key": "off", "weight": 1 }, { "key": "on", "weight": 0 }],
              "rules": [{{string.Join(", ", rules)}}]
            }
            """;
    }

    /// <summary>Each rule asks for one country; only the last asks for the user's.</summary>
    public static string RulesOfWhichTheLastHolds(int count) =>
        WhenAny(
            Enumerable
                .Range(1, count)
                .Select(i => $$"""{ "attr": { "country": "{{(i == count ? "CA" : $"X{i}")}}" } }""")
        );

    /// <exception cref="InvalidOperationException">The body is no flag: a benchmark of an error measures nothing.</exception>
    public static FlagDefinition Flag(string key, string body) =>
        FlagDefinition.Restore(key, version: 1, JsonElement.Parse(body)) is { Error: null } flag
            ? flag
            : throw new InvalidOperationException($"{key} is not a flag: {body}");

    public static SegmentDefinition Segment(string key, MemberSet included) =>
        SegmentDefinition.Restore(key, version: 1, JsonElement.Parse("{}")) with
        {
            Included = included,
        };

    public static RuleSet RuleSet(IReadOnlyCollection<FlagDefinition> flags, params SegmentDefinition[] segments) =>
        FeatureFlags.Rules.RuleSet.Empty(Tenant).With(new RuleSetChange { Flags = flags, Segments = segments });

    public static CompiledFlag Compiled(string body, params SegmentDefinition[] segments) =>
        RuleSet([Flag(ThreeClausesKey, body)], segments).Find(ThreeClausesKey)!;

    public static string FlagKey(int number) => $"flag-{number:D5}";

    public static string MemberId(int number) => $"user-{number:D8}";
}
