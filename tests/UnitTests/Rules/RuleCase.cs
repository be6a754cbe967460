using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using FeatureFlags.Rules;
using FeatureFlags.Rules.Json;

namespace FeatureFlags.UnitTests.Rules;

/// <summary>
/// Flags and segments with the users they are evaluated for, as one JSON document:
/// <c>{"flags": {key: body}, "segments": {key: {"criteria", "included", "excluded"}}, "users": [{"id", "attributes",
/// "typed"}]}</c>, where <c>typed</c> holds lists of what is no JSON number. It is kept as JSON so that a case that
/// fails can be made smaller without knowing what it means.
/// </summary>
internal sealed class RuleCase
{
    private const int MostSteps = 5_000;
    private static readonly string[] FlagKeys = ["main", "other", "third"];
    private static readonly string[] SegmentKeys = ["beta", "staff"];

    private readonly JsonElement _json;

    public RuleCase(JsonElement json)
    {
        _json = json;
        Compiled = RuleSet
            .Empty(Given.Tenant)
            .With(
                new RuleSetChange
                {
                    Flags = [.. json.GetProperty("flags").EnumerateObject().Select(Flag)],
                    Segments = [.. json.GetProperty("segments").EnumerateObject().Select(Segment)],
                }
            );
    }

    public RuleSet Compiled { get; }

    public IEnumerable<RuleCaseUser> Users =>
        _json.GetProperty("users").EnumerateArray().Select(u => new RuleCaseUser(u));

    /// <summary>Answers that can be compared: of each flag, for each way to tell of each user.</summary>
    public int Count => Compiled.Flags.Count * Users.Sum(user => user.Contexts().Count());

    private bool IsReadable => Compiled.Flags.All(flag => flag.Definition.Error is null);

    public static RuleCase Random(int seed, int users)
    {
        var random = new RandomRules(seed);
        var flags = FlagKeys.Select(key => $"\"{key}\": {random.Flag()}");
        var segments = SegmentKeys.Select(key =>
            $"\"{key}\": {{\"criteria\": {random.Criteria() ?? "null"}, \"included\": {List(random.Members())}, \"excluded\": {List(random.Members())}}}"
        );
        return new RuleCase(
            JsonElement.Parse(
                $"{{\"flags\": {{{string.Join(", ", flags)}}}, \"segments\": {{{string.Join(", ", segments)}}}, \"users\": {List(Enumerable.Range(0, users).Select(_ => User(random)))}}}"
            )
        );
    }

    public NaiveInterpreter Naive(RuleCaseUser user) =>
        new(
            Given.Tenant,
            _json.GetProperty("flags").EnumerateObject().ToDictionary(flag => flag.Name, flag => flag.Value),
            _json
                .GetProperty("segments")
                .EnumerateObject()
                .ToDictionary(
                    segment => segment.Name,
                    segment => new NaiveInterpreter.Segment(
                        segment.Value.TryGetProperty("criteria", out var criteria)
                        && criteria.ValueKind != JsonValueKind.Null
                            ? criteria
                            : null,
                        [.. Ids(segment.Value, "included")],
                        [.. Ids(segment.Value, "excluded")]
                    )
                ),
            user.Id,
            user.Attributes
        );

    /// <summary>The case with everything left out that it fails without.</summary>
    /// <param name="fails">Says of any readable case whether it fails.</param>
    public RuleCase Shrunk(Func<RuleCase, bool> fails)
    {
        var smallest = this;
        var steps = 0;
        while (Smaller(smallest._json).FirstOrDefault(StillFails) is { } smaller && steps < MostSteps)
            smallest = new RuleCase(JsonElement.Parse(smaller));
        return smallest;

        bool StillFails(string json)
        {
            if (++steps > MostSteps)
                return false;
            try
            {
                var candidate = new RuleCase(JsonElement.Parse(json));
                return candidate.IsReadable && fails(candidate);
            }
            catch (Exception e) when (e is KeyNotFoundException or InvalidOperationException)
            {
                return false; // What was left out is what makes it a case.
            }
        }
    }

    public override string ToString() => _json.GetRawText();

    private static FlagDefinition Flag(JsonProperty flag) => FlagDefinition.Restore(flag.Name, 1, flag.Value);

    private static SegmentDefinition Segment(JsonProperty segment) =>
        SegmentDefinition.Restore(segment.Name, 1, segment.Value) with
        {
            Included = MemberSet.Of(Ids(segment.Value, "included")),
            Excluded = MemberSet.Of(Ids(segment.Value, "excluded")),
        };

    private static IEnumerable<string> Ids(JsonElement segment, string list) =>
        segment.TryGetProperty(list, out var ids)
            ? ids.EnumerateArray().Select(id => (string)NaiveInterpreter.Plain(id)!)
            : [];

    private static string User(RandomRules random)
    {
        var typed = random
            .TypedAttributes()
            .Select(attribute =>
                $"\"{attribute.Key}\": {List(attribute.Value.Select(v => $"\"{v.ToString("R", CultureInfo.InvariantCulture)}\""))}"
            );
        return $"{{\"id\": {random.Id() ?? "null"}, \"attributes\": {random.AnyAttributes()}, \"typed\": {{{string.Join(", ", typed)}}}}}";
    }

    private static string List(IEnumerable<string> elements) => $"[{string.Join(", ", elements)}]";

    /// <summary>The value without one of its members or elements, or with one of them made smaller.</summary>
    private static IEnumerable<string> Smaller(JsonElement json)
    {
        var isObject = json.ValueKind == JsonValueKind.Object;
        (string Name, JsonElement Value)[] children = json.ValueKind switch
        {
            JsonValueKind.Object =>
            [
                .. json.EnumerateObject().Select(m => ($"{JsonSerializer.Serialize(m.Name)}: ", m.Value)),
            ],
            JsonValueKind.Array => [.. json.EnumerateArray().Select(e => ("", e))],
            _ => [],
        };
        for (var i = 0; i < children.Length; i++)
            yield return Without(i, []);
        for (var i = 0; i < children.Length; i++)
        {
            foreach (var smaller in Smaller(children[i].Value))
                yield return Without(i, [children[i].Name + smaller]);
        }

        string Without(int i, string[] instead)
        {
            var parts = children.Select(child => child.Name + child.Value.GetRawText()).ToList();
            parts.RemoveAt(i);
            parts.InsertRange(i, instead);
            return isObject ? $"{{{string.Join(", ", parts)}}}" : List(parts);
        }
    }
}

/// <summary>One user of a <see cref="RuleCase"/>, as the oracle sees them and as the engine can be told of them.</summary>
internal sealed class RuleCaseUser(JsonElement json)
{
    public string? Id { get; } = json.TryGetProperty("id", out var id) ? (string?)NaiveInterpreter.Plain(id) : null;

    public IReadOnlyDictionary<string, object?> Attributes
    {
        get
        {
            var attributes = NaiveInterpreter.Members(json.GetProperty("attributes"));
            foreach (var (name, values) in Typed())
                attributes[name] =
                    values.Length == 1 ? Number(values[0]) : Array.ConvertAll<double, object?>(values, Number);
            return attributes;
        }
    }

    /// <summary>The same user in every way that can tell of them: the typed builder, JSON, and JSON's bytes.</summary>
    public IEnumerable<(string Way, EvaluationContext Context)> Contexts()
    {
        yield return ("builder", Built());
        if (Typed().Any())
            yield break;

        var attributes = json.GetProperty("attributes");
        yield return ("JSON", EvaluationContext.FromJson(Id, attributes));
        var body =
            $"{{\"user\": {{\"id\": {json.GetProperty("id").GetRawText()}, \"attributes\": {attributes.GetRawText()}}}}}";
        if (QuickJson.Read(new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(body)), ReadUser) is { } read)
            yield return ("bytes", read);
    }

    private static EvaluationContext? ReadUser(ref Utf8JsonReader json)
    {
        json.Read();
        var user = EvaluationContext.TryRead(ref json);
        json.Read();
        return user;
    }

    private EvaluationContext Built()
    {
        var builder = EvaluationContext.For(Id);
        foreach (var attribute in json.GetProperty("attributes").EnumerateObject())
            Set(builder, attribute.Name, attribute.Value);
        foreach (var (name, values) in Typed())
        {
            if (values.Length == 1)
                builder.Set(name, values[0]);
            else
                builder.Set(name, values);
        }
        return builder.Build();
    }

    private static void Set(EvaluationContext.Builder builder, string name, JsonElement value)
    {
        switch (NaiveInterpreter.Plain(value))
        {
            case null:
                builder.Set(name, (string?)null);
                break;
            case string text:
                builder.Set(name, text);
                break;
            case bool boolean:
                builder.Set(name, boolean);
                break;
            case NaiveInterpreter.Number when value.TryGetInt64(out var whole):
                builder.Set(name, whole);
                break;
            // A double beyond this has lost digits that a bucket key would need.
            case NaiveInterpreter.Number number when Math.Abs(number.Value) != 1L << 53:
                builder.Set(name, number.Value);
                break;
            case object?[] list when list.Length > 0 && list.All(element => element is string):
                builder.Set(name, list.Cast<string>());
                break;
            case object?[] list when list.Length > 0 && list.All(element => element is NaiveInterpreter.Number):
                builder.Set(name, list.Select(element => ((NaiveInterpreter.Number)element!).Value));
                break;
            default:
                builder.Set(name, value);
                break;
        }
    }

    private IEnumerable<(string Name, double[] Values)> Typed() =>
        json.TryGetProperty("typed", out var typed)
            ? typed
                .EnumerateObject()
                .Select(attribute =>
                    (
                        attribute.Name,
                        attribute
                            .Value.EnumerateArray()
                            .Select(number => double.Parse(number.GetString()!, CultureInfo.InvariantCulture))
                            .ToArray()
                    )
                )
            : [];

    private static NaiveInterpreter.Number Number(double value) =>
        new(value, value.ToString("R", CultureInfo.InvariantCulture));
}
