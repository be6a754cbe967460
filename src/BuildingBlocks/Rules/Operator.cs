using FeatureFlags.Rules.Engine;
using FeatureFlags.Rules.Reading;

namespace FeatureFlags.Rules;

/// <summary>What kind of attribute an operator is for.</summary>
public enum Family
{
    Any,
    Text,
    Number,
    Time,
    Version,
    List,
    Network,
}

/// <summary>What an operator says to one value of one attribute.</summary>
internal enum Outcome : byte
{
    No,
    Yes,
    WrongType,
    Missing,

    /// <summary>A text beyond what its regular expression is matched with. An answer stops at it; an explanation goes on.</summary>
    TooLong,
}

internal delegate Outcome Test(in AttributeValue value);

/// <summary>A case that documents an operator and tests it.</summary>
/// <param name="attribute">The attribute as JSON, single quotes standing for double ones; null: left out.</param>
/// <param name="matcher">The matcher as JSON, written the same way.</param>
/// <param name="holds">Whether the matcher holds.</param>
public sealed class Example(string? attribute, string matcher, bool holds)
{
    public string? Attribute { get; } = attribute?.Replace('\'', '"');

    public string Matcher { get; } = matcher.Replace('\'', '"');

    public bool Holds { get; } = holds;
}

/// <summary>An operator of the rules language; <see cref="Operators"/> is the table of all of them.</summary>
public sealed class Operator
{
    private readonly Func<OperandSource, Test?> _compile;

    private Operator(
        string name,
        Family family,
        Operand operand,
        string doc,
        Func<OperandSource, Test?> compile,
        Example[] examples
    )
    {
        Name = name;
        Family = family;
        Operand = operand;
        Doc = doc;
        Examples = examples;
        _compile = compile;
    }

    public string Name { get; }

    public Family Family { get; }

    public Operand Operand { get; }

    /// <summary>When a matcher with it holds, in one line that goes on "holds when the attribute …".</summary>
    public string Doc { get; }

    public IReadOnlyList<Example> Examples { get; }

    /// <summary>Holds when the value is of the right type and the test fails; on a list, when it fails for each element.</summary>
    public bool IsNegated { get; private init; }

    /// <summary>Looks at the attribute as a whole: at its presence, or at a list, rather than at a list's elements.</summary>
    public bool IsOnWhole { get; private init; }

    /// <summary>
    /// An operator whose test is asked of a scalar, or of each element of a list. The test knows neither lists nor
    /// negation nor missing attributes: those mean the same for every operator.
    /// </summary>
    internal static Operator Of<T>(
        string name,
        Family family,
        Operand<T> operand,
        string doc,
        Func<T, Test> compile,
        params Example[] examples
    ) => new(name, family, operand, doc, Compiled(operand, compile), examples);

    /// <summary>An operator whose test is asked of the attribute as a whole, missing or a list as it may be.</summary>
    internal static Operator OfWhole<T>(
        string name,
        Family family,
        Operand<T> operand,
        string doc,
        Func<T, Test> compile,
        params Example[] examples
    ) => new(name, family, operand, doc, Compiled(operand, compile), examples) { IsOnWhole = true };

    internal Operator Negated(string name, string doc, params Example[] examples) =>
        new(name, Family, Operand, doc, _compile, examples) { IsNegated = true };

    /// <summary>The test for an operand, or null when it was refused.</summary>
    internal Test? Compile(OperandSource source) => _compile(source);

    private static Func<OperandSource, Test?> Compiled<T>(Operand<T> operand, Func<T, Test> compile) =>
        source =>
        {
            var read = operand.Read(source);
            return source.Refused ? null : compile(read);
        };
}
