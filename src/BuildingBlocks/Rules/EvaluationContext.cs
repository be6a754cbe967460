using System.Text;
using System.Text.Json;
using FeatureFlags.Rules.Engine;
using FeatureFlags.Rules.Json;

namespace FeatureFlags.Rules;

/// <summary>
/// Who a flag is evaluated for: an id, if there is one, and attributes. Immutable, and the same for every rule set.
/// A null attribute is a missing one, and an attribute named <c>id</c> is never seen: <c>id</c> is the user's id.
/// </summary>
public sealed class EvaluationContext
{
    /// <summary>What OpenFeature calls the user's id.</summary>
    public const string TargetingKey = "targetingKey";

    private readonly AttributeValue _id;

    private EvaluationContext(string? id, Attributes attributes)
    {
        Id = id;
        IdUtf8 = id is not null && JsonText.IsWellFormed(id) ? Encoding.UTF8.GetBytes(id) : null;
        _id = id is null ? default : AttributeValue.Of(id);
        Attributes = attributes;
    }

    public string? Id { get; }

    /// <summary>
    /// The id as buckets and member lists take it, encoded once for however many flags are asked. Null without an id,
    /// and for one with half a surrogate pair, which has no UTF-8 of its own.
    /// </summary>
    internal byte[]? IdUtf8 { get; }

    internal ref readonly AttributeValue IdValue => ref _id;

    internal Attributes Attributes { get; }

    /// <summary>Copies what it needs: the JSON document may be disposed of afterwards.</summary>
    /// <param name="id">The user's id, or null for an anonymous user.</param>
    /// <param name="attributes">A JSON object; anything else is no attributes.</param>
    public static EvaluationContext FromJson(string? id, JsonElement? attributes) =>
        new(
            id,
            attributes is { ValueKind: JsonValueKind.Object } members
                ? Attributes.From(members, depth: 1)
                : Attributes.None
        );

    /// <summary>
    /// Reads <c>{"id", "attributes"}</c>, the value of the member that the reader stands at. See <see cref="QuickJson"/>.
    /// </summary>
    /// <returns>Null when anything is not as usual; then the strict reader says what.</returns>
    public static EvaluationContext? TryRead(ref Utf8JsonReader json)
    {
        if (!json.Read() || json.TokenType != JsonTokenType.StartObject)
            return null;

        string? id = null;
        Attributes? attributes = null;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (id is null && json.ValueTextEquals("id"u8))
            {
                if ((id = QuickJson.Text(ref json)) is null or "")
                    return null;
            }
            else if (attributes is null && json.ValueTextEquals("attributes"u8))
            {
                json.Read();
                if (json.TokenType == JsonTokenType.StartObject)
                    attributes = Attributes.TryRead(ref json, depth: 1);
                else if (json.TokenType == JsonTokenType.Null)
                    attributes = Attributes.None;
                if (attributes is null)
                    return null;
            }
            else
            {
                return null;
            }
        }
        return json.TokenType == JsonTokenType.EndObject && id is not null
            ? new EvaluationContext(id, attributes ?? Attributes.None)
            : null;
    }

    /// <summary>
    /// Takes a context of OpenFeature: the user's id is its member <c>targetingKey</c>, unless that is null or empty,
    /// and every other member is an attribute. Copies what it needs.
    /// </summary>
    /// <param name="context">A JSON object.</param>
    /// <param name="isValid">False when the targeting key is no text, or one that can't be stored or echoed.</param>
    public static EvaluationContext FromOpenFeature(JsonElement context, out bool isValid) =>
        OfOpenFeature(Attributes.From(context, depth: 1), out isValid);

    /// <summary>
    /// Reads a context of OpenFeature, the value of the member that the reader stands at. See <see cref="QuickJson"/>.
    /// </summary>
    /// <returns>Null when anything is not as usual; then the strict reader says what.</returns>
    public static EvaluationContext? TryReadOpenFeature(ref Utf8JsonReader json)
    {
        if (!json.Read() || json.TokenType != JsonTokenType.StartObject)
            return null;
        if (Attributes.TryRead(ref json, depth: 1) is not { } members || json.TokenType != JsonTokenType.EndObject)
            return null;
        var context = OfOpenFeature(members, out var isValid);
        return isValid ? context : null;
    }

    private static EvaluationContext OfOpenFeature(Attributes members, out bool isValid)
    {
        var attributes = members.Without(TargetingKey, out var key);
        var id = key is { Kind: ValueKind.Text, Text: not "" } ? key.Text : null;
        isValid = key.Kind is ValueKind.Missing or ValueKind.Text && (id is null || JsonText.IsWellFormed(id));
        return new EvaluationContext(id, attributes);
    }

    public static Builder For(string? id) => new(id);

    /// <summary>
    /// Collects typed attributes. A dotted name (<c>company.id</c>) is found by the path of that name, so nested
    /// attributes need no nesting here.
    /// </summary>
    public sealed class Builder
    {
        private readonly string? _id;
        private readonly List<string> _names = [];
        private readonly List<AttributeValue> _values = [];

        internal Builder(string? id) => _id = id;

        public Builder Set(string name, string? value) => Add(name, value is null ? default : AttributeValue.Of(value));

        public Builder Set(string name, long value) => Add(name, AttributeValue.Of(value));

        public Builder Set(string name, double value) => Add(name, AttributeValue.Of(value));

        public Builder Set(string name, bool value) => Add(name, AttributeValue.Of(value));

        /// <summary>A moment in time, for <c>before</c> and <c>after</c>: kept as epoch milliseconds.</summary>
        public Builder Set(string name, DateTimeOffset value) => Set(name, value.ToUnixTimeMilliseconds());

        public Builder Set(string name, IEnumerable<string> values) =>
            Add(name, AttributeValue.Of([.. values.Select(AttributeValue.Of)]));

        public Builder Set(string name, IEnumerable<double> values) =>
            Add(name, AttributeValue.Of([.. values.Select(AttributeValue.Of)]));

        /// <summary>Any JSON value, nested objects included.</summary>
        public Builder Set(string name, JsonElement value) => Add(name, AttributeValue.Of(value, depth: 1));

        public EvaluationContext Build() => new(_id, new Attributes([.. _names], [.. _values]));

        private Builder Add(string name, AttributeValue value)
        {
            ArgumentNullException.ThrowIfNull(name);
            _names.Add(name);
            _values.Add(value);
            return this;
        }
    }
}
