using System.Text.Json;
using FeatureFlags.Rules.Operands;
using FeatureFlags.Rules.Reading;

namespace FeatureFlags.Rules;

/// <summary>What may stand behind an operator.</summary>
public abstract class Operand
{
    private protected Operand(string doc, string schema)
    {
        Doc = doc;
        Schema = schema;
    }

    /// <summary>In words, for the documentation.</summary>
    public string Doc { get; }

    /// <summary>As a JSON Schema (2020-12), for the API document.</summary>
    public string Schema { get; }

    /// <summary>Whether <c>"ignore_case": true</c> in the same matcher changes the comparison.</summary>
    public bool TakesIgnoreCase { get; init; }

    /// <summary>Whether <c>"numeric": true</c> in the same matcher changes the comparison.</summary>
    public bool TakesNumeric { get; init; }
}

/// <param name="doc">See <see cref="Operand.Doc"/>.</param>
/// <param name="schema">See <see cref="Operand.Schema"/>.</param>
/// <param name="read">Reads the operand; when it refuses it, what it returns is not looked at.</param>
internal sealed class Operand<T>(string doc, string schema, Func<OperandSource, T> read) : Operand(doc, schema)
{
    public T Read(OperandSource source) => read(source);
}

/// <summary>A number to compare with; when numeric, text that is a plain decimal number counts as a number.</summary>
internal sealed record Threshold(double Number, bool Numeric);

/// <summary>Texts of which any will do.</summary>
internal sealed record Texts(string[] Any, StringComparison Comparison);

/// <summary>The operand types: how each is read from JSON, with a problem for everything that is wrong.</summary>
internal static class OperandTypes
{
    public static readonly Operand<ScalarSet> Scalar = new(
        "text, number or boolean",
        """{"type":["string","number","boolean"]}""",
        source =>
            source.IsList ? source.Refuse<ScalarSet>("must be one value; for a list there is in") : source.Scalars()
    )
    {
        TakesIgnoreCase = true,
    };

    public static readonly Operand<ScalarSet> Scalars = new(
        "list of texts, numbers, booleans",
        """{"type":"array","minItems":1,"items":{"type":["string","number","boolean"]}}""",
        source => source.IsList ? source.Scalars() : source.Refuse<ScalarSet>("must be a list")
    )
    {
        TakesIgnoreCase = true,
    };

    public static readonly Operand<Texts> Texts = new(
        "text or list of texts",
        """{"type":["string","array"],"minItems":1,"items":{"type":"string"}}""",
        source => new Texts(source.Each<string>(text => (text, null)), source.Comparison)
    )
    {
        TakesIgnoreCase = true,
    };

    public static readonly Operand<Pattern[]> Patterns = new(
        "regular expression or list of them",
        """{"type":["string","array"],"minItems":1,"items":{"type":"string"}}""",
        source => source.EachPattern()
    )
    {
        TakesIgnoreCase = true,
    };

    public static readonly Operand<Threshold> Number = new(
        "number",
        """{"type":"number"}""",
        source => new Threshold(source.Number(), source.Numeric)
    )
    {
        TakesNumeric = true,
    };

    public static readonly Operand<long> Time = new(
        "time (RFC 3339), date or epoch milliseconds",
        """{"type":["string","number"]}""",
        source => source.Time()
    );

    public static readonly Operand<SemanticVersion> Version = new(
        "version",
        """{"type":"string"}""",
        source =>
            source.IsList
                ? source.Refuse<SemanticVersion>("must be one version, not a list")
                : source.Each(AsVersion).FirstOrDefault()
    );

    public static readonly Operand<SemanticVersion[]> Versions = new(
        "version or list of versions",
        """{"type":["string","array"],"minItems":1,"items":{"type":"string"}}""",
        source => source.Each(AsVersion)
    );

    public static readonly Operand<IpNetwork[]> Networks = new(
        "CIDR block or list of them",
        """{"type":["string","array"],"minItems":1,"items":{"type":"string"}}""",
        source => source.Each(AsNetwork)
    );

    public static readonly Operand<int> Size = new(
        "whole number from 0",
        """{"type":"integer","minimum":0}""",
        source => source.Size()
    );

    public static readonly Operand<bool> Boolean = new(
        "true or false",
        """{"type":"boolean"}""",
        source =>
            source.Kind is JsonValueKind.True or JsonValueKind.False
                ? source.Kind == JsonValueKind.True
                : source.Refuse<bool>("must be true or false")
    );

    private static (SemanticVersion, string?) AsVersion(string text) =>
        SemanticVersion.TryParse(text, out var version)
            ? (version, null)
            : (version, "must be a version such as 1.2.3, v1.2 or 2.0.0-beta.1, without leading zeros");

    private static (IpNetwork, string?) AsNetwork(string text) =>
        IpNetwork.TryParse(text, out var network)
            ? (network, null)
            : (network, "must be a CIDR block such as 10.0.0.0/8 or 2001:db8::/32; a single address is 10.0.0.1/32");
}
