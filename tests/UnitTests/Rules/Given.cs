using System.Text.Json;
using FeatureFlags.Rules;
using FeatureFlags.Rules.Json;

namespace FeatureFlags.UnitTests.Rules;

/// <summary>Rules and users from JSON, in which single quotes may stand for double ones.</summary>
internal static class Given
{
    public const string Tenant = "acme";

    /// <summary>Two variants without values, on, everyone gets <c>off</c> unless a rule says otherwise.</summary>
    private const string Variants = "'variants': [{'key': 'off', 'weight': 1}, {'key': 'on', 'weight': 0}]";

    public static JsonElement Json(string json) => JsonElement.Parse(json.Replace('\'', '"'));

    public static FlagDefinition Flag(string key, string body)
    {
        var problems = new Problems();
        var flag = FlagDefinition.Read(key, JsonObjectReader.Over(Json(body), "", problems)!, problems);
        Assert.That(problems.Items, Is.Empty);
        return flag!;
    }

    /// <summary>A flag that gives <c>on</c> to whom the condition holds for, and <c>off</c> to others.</summary>
    public static FlagDefinition FlagWhen(string condition, string key = "flag") =>
        Flag(
            key,
            $"{{'state': 'on', {Variants}, 'rules': [{{'id': 'r', 'order': 1, 'when': {condition}, 'rollout': {{'variant': 'on'}}}}]}}"
        );

    public static SegmentDefinition Segment(string key, string criteria = "null")
    {
        var problems = new Problems();
        var body = JsonObjectReader.Over(Json($"{{'criteria': {criteria}}}"), "", problems)!;
        var segment = SegmentDefinition.Read(key, body, problems);
        Assert.That(problems.Items, Is.Empty);
        return segment!;
    }

    public static RuleSet RuleSet(params FlagDefinition[] flags) => RuleSet(flags, []);

    public static RuleSet RuleSet(FlagDefinition[] flags, params SegmentDefinition[] segments) =>
        FeatureFlags.Rules.RuleSet.Empty(Tenant).With(new RuleSetChange { Flags = flags, Segments = segments });

    public static EvaluationContext User(string? id = "user-1", string attributes = "{}") =>
        EvaluationContext.FromJson(id, Json(attributes));

    public static FeatureFlags.Rules.Evaluation Evaluate(this RuleSet rules, string key, EvaluationContext user) =>
        rules.Find(key)!.Evaluate(user);

    /// <summary>Whether a condition holds for a user, in a rule set with these segments.</summary>
    public static bool Holds(string condition, EvaluationContext user, params SegmentDefinition[] segments) =>
        RuleSet([FlagWhen(condition)], segments).Evaluate("flag", user).Variant == "on";

    public static bool Holds(string condition, string attributes) => Holds(condition, User(attributes: attributes));

    /// <summary>The problems with a flag's body, as <c>path: message</c>.</summary>
    public static string[] ProblemsOf(string body)
    {
        var problems = new Problems();
        var reader = JsonObjectReader.Over(Json(body), "", problems);
        if (reader is not null)
            Assert.That(FlagDefinition.Read("flag", reader, problems) is null, Is.EqualTo(problems.Any));
        return [.. problems.Items.Select(p => $"{p.Path}: {p.Message}")];
    }

    public static string[] ProblemsOfCondition(string condition) =>
        ProblemsOf(
            $"{{{Variants}, 'rules': [{{'id': 'r', 'order': 1, 'when': {condition}, 'rollout': {{'variant': 'on'}}}}]}}"
        );
}
