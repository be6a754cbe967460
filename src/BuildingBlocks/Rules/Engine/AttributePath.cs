using System.Collections.Concurrent;

namespace FeatureFlags.Rules.Engine;

/// <summary>
/// Where an attribute stands: <c>id</c>, a name, or a dotted way into nested attributes, unless one attribute has
/// that whole name. Names are hashed here, once.
/// </summary>
internal sealed class AttributePath
{
    public static readonly AttributePath Id = new("id");

    /// <summary>Beyond this many paths none is kept, so that what tenants write can't fill the memory.</summary>
    private const int MostKept = 10_000;

    private static readonly ConcurrentDictionary<string, AttributePath> Kept = new(StringComparer.Ordinal);

    private readonly int _hash;
    private readonly (string Name, int Hash)[] _parts;

    private AttributePath(string text)
    {
        Text = AttributeNames.Shared(text);
        IsId = text == "id";
        _hash = Attributes.HashOf(text);
        // The id is text: there is nothing within it, whatever an attribute of that name holds.
        _parts =
            text.Contains('.', StringComparison.Ordinal) && !text.StartsWith("id.", StringComparison.Ordinal)
                ? [.. text.Split('.').Select(part => (AttributeNames.Shared(part), Attributes.HashOf(part)))]
                : [];
    }

    /// <summary>The path of that text, which all rules share: what many look at stays in the processor's cache.</summary>
    public static AttributePath Of(string text) =>
        Kept.TryGetValue(text, out var kept) ? kept
        : Kept.Count < MostKept ? Kept.GetOrAdd(text, new AttributePath(text))
        : new AttributePath(text);

    public string Text { get; }

    public bool IsId { get; }

    public ref readonly AttributeValue Of(EvaluationContext context)
    {
        if (IsId)
            return ref context.IdValue;

        ref readonly var value = ref context.Attributes.Find(Text, _hash);
        if (value.Kind != ValueKind.Missing || _parts.Length == 0)
            return ref value;

        var within = context.Attributes;
        foreach (var (name, hash) in _parts)
        {
            value = ref within.Find(name, hash);
            within = value.Kind == ValueKind.Object ? value.Object : Attributes.None;
        }
        return ref value;
    }
}
