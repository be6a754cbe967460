using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using FeatureFlags.UnitTests.Rules;

namespace FeatureFlags.UnitTests.Conformance;

/// <summary>
/// Flags and segments that stand together, and users with what they are to be answered, in the form of the files. What
/// is to be answered comes from the <see cref="NaiveInterpreter"/>. JSON is written with single quotes.
/// </summary>
internal sealed class RuleGroup(string name)
{
    public const string Tenant = "conformance";

    /// <summary>On, and everyone gets <c>off</c> unless a rule says otherwise.</summary>
    public const string OnOff =
        "'state': 'on', 'variants': [{'key': 'off', 'weight': 1, 'value': false}, {'key': 'on', 'weight': 0, 'value': true}]";

    private const int LongestName = 100;

    private static readonly JsonSerializerOptions Readable = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private readonly List<(string Key, string Json)> _flags = [];
    private readonly List<(string Key, string Json)> _segments = [];
    private readonly List<Question> _questions = [];
    private readonly HashSet<string> _names = [];

    public int Cases => _questions.Count;

    public RuleGroup Flag(string key, string members)
    {
        _flags.Add((key, $$"""{"key": "{{key}}", {{Json(members)}}}"""));
        return this;
    }

    /// <summary>A flag that gives <c>on</c> to whom the condition holds for.</summary>
    public RuleGroup FlagWhen(string key, string condition, string members = OnOff) =>
        Flag(key, $"{members}, 'rules': [{Rule("r", condition, "'variant': 'on'")}]");

    public RuleGroup Segment(string key, string members)
    {
        _segments.Add((key, $$"""{"key": "{{key}}", {{Json(members)}}}"""));
        return this;
    }

    /// <param name="what">What is tried.</param>
    /// <param name="flag">The flag that is asked for.</param>
    /// <param name="attributes">The user's.</param>
    /// <param name="id">As it stands in JSON, without the quotes.</param>
    /// <param name="error">
    /// The error to expect, where the rules give one that the interpreter knows nothing of.
    /// </param>
    public RuleGroup Ask(string what, string flag, string attributes = "{}", string id = "u1", string? error = null)
    {
        var user = $$"""{"id": "{{id}}", "attributes": {{Json(attributes)}}}""";
        _questions.Add(new Question(NameOf(what), flag, user, error));
        return this;
    }

    /// <summary>Asks for users of these ids, whose names may be anything.</summary>
    public RuleGroup AskAll(string flag, IEnumerable<string> ids, string attributes = "{}")
    {
        foreach (var id in ids)
            Ask($"{flag} for {id}", flag, attributes, id);
        return this;
    }

    public static string Rule(string id, string condition, string rollout, int order = 1) =>
        $"{{'id': '{id}', 'order': {order}, 'when': {condition}, 'rollout': {{{rollout}}}}}";

    /// <summary>The group, one flag, segment and case a line.</summary>
    public void WriteTo(StringBuilder file)
    {
        var flags = _flags.ToDictionary(flag => flag.Key, flag => JsonElement.Parse(flag.Json));
        var segments = _segments.ToDictionary(
            segment => segment.Key,
            segment => NaiveSegment(JsonElement.Parse(segment.Json))
        );
        file.Append(CultureInfo.InvariantCulture, $$"""{"name": {{Text(name)}},{{"\n"}}"flags": """);
        Lines(file, _flags.Select(flag => flag.Json));
        file.Append(",\n\"segments\": ");
        Lines(file, _segments.Select(segment => segment.Json));
        file.Append(",\n\"cases\": ");
        Lines(file, _questions.Select(question => question.Answered(flags, segments)));
        file.Append('}');
    }

    public static string Json(string text) => text.Replace('\'', '"');

    private static void Lines(StringBuilder file, IEnumerable<string> lines) =>
        file.Append('[').AppendJoin(',', lines.Select(line => $"\n{line}")).Append(']');

    private static string Text(string text) => JsonSerializer.Serialize(text, Readable);

    private static NaiveInterpreter.Segment NaiveSegment(JsonElement segment) =>
        new(
            segment.TryGetProperty("criteria", out var criteria) ? criteria : null,
            Ids(segment, "included"),
            Ids(segment, "excluded")
        );

    private static string[] Ids(JsonElement segment, string list) =>
        segment.TryGetProperty(list, out var ids) ? [.. ids.EnumerateArray().Select(id => id.GetString()!)] : [];

    // Long values are cut, and what is then named alike is numbered.
    private string NameOf(string what)
    {
        var name = what.Length <= LongestName ? what : $"{what[..LongestName].TrimEnd('\\')}…";
        var unique = name;
        for (var i = 2; !_names.Add(unique); i++)
            unique = $"{name} ({i})";
        return unique;
    }

    private sealed record Question(string Name, string Flag, string User, string? Error)
    {
        public string Answered(
            Dictionary<string, JsonElement> flags,
            Dictionary<string, NaiveInterpreter.Segment> segments
        )
        {
            var user = JsonElement.Parse(User);
            var interpreter = new NaiveInterpreter(
                Tenant,
                flags,
                segments,
                (string)NaiveInterpreter.Plain(user.GetProperty("id"))!,
                NaiveInterpreter.Members(user.GetProperty("attributes"))
            );
            var answer = Error is null ? interpreter.Evaluate(Flag) : interpreter.InError(Flag, Error);
            return $$"""{"name": {{Text(Name)}}, "flag_key": "{{Flag}}", "user": {{User}}, "expected": {{Expected(answer)}}}""";
        }

        private static string Expected(NaiveInterpreter.Answer answer)
        {
            var members = new JsonObject
            {
                ["variant"] = answer.Variant,
                ["value"] = null,
                ["reason"] = answer.Reason,
            };
            if (answer.Value is not null)
                members["value"] = JsonNode.Parse(answer.Value);
            if (answer.RuleId is not null)
                members["rule_id"] = answer.RuleId;
            if (answer.Bucket is not null)
                members["bucket"] = answer.Bucket;
            if (answer.GateBucket is not null)
                members["gate_bucket"] = answer.GateBucket;
            if (answer.Error is not null)
                members["error"] = answer.Error;
            return members.ToJsonString(Readable);
        }
    }
}
