using System.Text.Json;
using System.Text.Json.Nodes;
using FeatureFlags.Client.Sync;
using FeatureFlags.Rules;

namespace FeatureFlags.Client.Testing;

/// <summary>
/// Flags that a unit test sets. The <see cref="Client"/> is the one that the application's code takes, evaluates as
/// always, and needs no network. What is set is in force when the call returns. For one thread at a time; the client is for
/// all.
/// </summary>
public sealed class TestFlags
{
    private readonly Dictionary<string, Answers> _answers = new(StringComparer.Ordinal);
    private long _revision;

    /// <summary>Knows only the flags that are set; any other gives the caller's default.</summary>
    public FlagClient Client { get; } = new(ClientRules.Empty("test", "test"));

    /// <summary>The flag gives everyone this value, but for those who have one of their own.</summary>
    public TestFlags Set(string flagKey, bool value) => SetAny(flagKey, null, JsonValue.Create(value));

    /// <inheritdoc cref="Set(string, bool)"/>
    public TestFlags Set(string flagKey, string value) => SetAny(flagKey, null, JsonValue.Create(value));

    /// <inheritdoc cref="Set(string, bool)"/>
    public TestFlags Set(string flagKey, double value) => SetAny(flagKey, null, JsonValue.Create(value));

    /// <inheritdoc cref="Set(string, bool)"/>
    public TestFlags Set(string flagKey, JsonElement value) => SetAny(flagKey, null, NodeOf(value));

    /// <summary>The flag gives this user a value of its own; anyone else, unless set, the caller's default.</summary>
    public TestFlags SetFor(string userId, string flagKey, bool value) =>
        SetAny(flagKey, userId, JsonValue.Create(value));

    /// <inheritdoc cref="SetFor(string, string, bool)"/>
    public TestFlags SetFor(string userId, string flagKey, string value) =>
        SetAny(flagKey, userId, JsonValue.Create(value));

    /// <inheritdoc cref="SetFor(string, string, bool)"/>
    public TestFlags SetFor(string userId, string flagKey, double value) =>
        SetAny(flagKey, userId, JsonValue.Create(value));

    /// <inheritdoc cref="SetFor(string, string, bool)"/>
    public TestFlags SetFor(string userId, string flagKey, JsonElement value) => SetAny(flagKey, userId, NodeOf(value));

    /// <summary>A whole flag as <c>/v1/flags</c> takes it, to test rules with the code that asks them.</summary>
    /// <exception cref="ArgumentException">It is no flag.</exception>
    public TestFlags SetDefinition(string json)
    {
        var flag = JsonNode.Parse(json) as JsonObject ?? throw new ArgumentException("A flag is a JSON object.");
        var key = (string?)flag["key"] ?? throw new ArgumentException("A flag has a key.");
        _answers.Remove(key);
        Force(key, flag);
        return this;
    }

    /// <summary>As if there had never been such a flag.</summary>
    public TestFlags Remove(string flagKey)
    {
        _answers.Remove(flagKey);
        Force([], [flagKey]);
        return this;
    }

    private TestFlags SetAny(string flagKey, string? userId, JsonNode? value)
    {
        ArgumentException.ThrowIfNullOrEmpty(flagKey);
        var answers = _answers.GetValueOrDefault(flagKey) ?? new Answers(null, []);
        answers = userId is null
            ? answers with
            {
                Everyone = value,
            }
            : answers with
            {
                Users = new Dictionary<string, JsonNode?>(answers.Users) { [userId] = value },
            };
        Force(flagKey, Flag(answers));
        _answers[flagKey] = answers;
        return this;
    }

    private static JsonObject Flag(Answers answers)
    {
        var variants = new JsonArray(Variant("default", weight: 1, answers.Everyone));
        var rules = new JsonArray();
        foreach (var (user, value) in answers.Users)
        {
            var name = $"user-{rules.Count + 1}";
            variants.Add((JsonNode)Variant(name, weight: 0, value));
            rules.Add(
                (JsonNode)
                    new JsonObject
                    {
                        ["id"] = name,
                        ["order"] = rules.Count + 1,
                        ["when"] = new JsonObject { ["attr"] = new JsonObject { ["id"] = user } },
                        ["rollout"] = new JsonObject { ["variant"] = name },
                    }
            );
        }
        return new JsonObject
        {
            ["state"] = "on",
            ["variants"] = variants,
            ["off_variant"] = "default",
            ["rules"] = rules,
        };
    }

    private static JsonObject Variant(string key, int weight, JsonNode? value) =>
        new()
        {
            ["key"] = key,
            ["weight"] = weight,
            ["value"] = value?.DeepClone(),
        };

    private void Force(string key, JsonObject flag)
    {
        var document = flag.ToJsonString();
        var definition = FlagDefinition.Restore(key, ++_revision, JsonElement.Parse(document));
        if (definition.Error is { } error)
            throw new ArgumentException($"The flag '{key}' can't be: {error}");
        Force([(definition, System.Text.Encoding.UTF8.GetBytes(document))], []);
    }

    private void Force(IReadOnlyList<(FlagDefinition, byte[])> flags, IReadOnlyList<string> removed)
    {
        var rules = Client.State.Rules!;
        var change = new RuleChange(rules.At, new Cursor(++_revision, ""), flags, [], removed, []);
        Client.State.Take(rules.With(change));
    }

    private static JsonNode? NodeOf(JsonElement value) => JsonNode.Parse(value.GetRawText());

    private sealed record Answers(JsonNode? Everyone, Dictionary<string, JsonNode?> Users);
}
