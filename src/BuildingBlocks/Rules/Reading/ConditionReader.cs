using System.Text.Json;
using FeatureFlags.Rules.Engine;
using FeatureFlags.Rules.Json;

namespace FeatureFlags.Rules.Reading;

/// <summary>
/// Reads the conditions of one definition. It counts what they hold against the limits, and collects what they refer to.
/// </summary>
internal sealed class ConditionReader(Problems problems)
{
    public static readonly string TooManyRegexes = $"is one of more than {Limits.Regexes} regular expressions";

    public const string NotWhole = "must be a whole number where hashing is unleash";

    private readonly List<Reference> _references = [];
    private int _conditions;
    private int _regexes;

    public Problems Problems => problems;

    public IReadOnlyList<Reference> References => _references;

    /// <summary>The flag's scheme, which says what a percentage may be.</summary>
    public string Hashing { get; set; } = HashingSchemes.Xxh64;

    /// <summary>Whether the definition may hold one more regular expression.</summary>
    public bool TakeRegex() => ++_regexes <= Limits.Regexes;

    public Condition Read(JsonElement element, string path) => Read(element, path, nesting: 1);

    /// <summary>A path, or those of a list; null and a problem when they can't be read.</summary>
    public BucketBy? ReadBucketBy(JsonElement element, string path)
    {
        if (TextOrTexts(element, path, Limits.BucketBy) is not { } texts)
            return null;

        var known = Problems.Items.Count;
        var paths = Array.ConvertAll(texts, text => PathOf(text.Text, text.Path));
        return Problems.Items.Count == known ? new BucketBy(paths!) : null;
    }

    /// <summary>Which flag must give which variants; null is what could not be read.</summary>
    public (string? Key, string[]? Variants) ReadFlag(JsonObjectReader body)
    {
        var key = body.RequiredText("key");
        var variants =
            body.RequiredAny("variant") is { } element
            && TextOrTexts(element, body.PathOf("variant"), Limits.Variants) is { } texts
                ? Array.ConvertAll(texts, text => text.Text)
                : null;
        body.RefuseOthers();
        if (key is not null && variants is not null)
            _references.Add(
                new Reference(ReferenceKind.Flag, key, variants, body.PathOf("key"), body.PathOf("variant"))
            );
        return (key, variants);
    }

    private Condition Read(JsonElement element, string path, int nesting)
    {
        if (nesting > Limits.Nesting)
        {
            Problems.Add(path, $"must not stand inside more than {Limits.Nesting - 1} other conditions");
            return Condition.Always;
        }
        if (JsonObjectReader.Over(element, path, Problems) is not { } body)
            return Condition.Always;

        // Left out, a member restricts nobody: a null is more likely a mistake than meant as that.
        foreach (var member in element.EnumerateObject().Where(member => member.Value.ValueKind == JsonValueKind.Null))
            Problems.Add(body.PathOf(JsonText.NameOf(member)), "must not be null");

        var terms = new List<Term>();
        if (body.Object("attr") is { } attributes)
            ReadAttributes(attributes, terms);
        if (ReadGate(body) is { } gate)
            Take(terms, gate, body.PathOf("percentage"));
        if (body.Any("segment") is { } segment)
            ReadSegments(segment, body.PathOf("segment"), terms);
        if (body.Object("flag") is { } flag && ReadFlag(flag) is { Key: { } key, Variants: { } variants })
            Take(terms, new FlagTerm(key, variants), flag.Path);
        if (ReadGroup(body, "all", nesting) is { } all)
            Take(terms, new AllTerm(all), body.PathOf("all"));
        if (ReadGroup(body, "any", nesting) is { } any)
            Take(terms, new AnyTerm(any), body.PathOf("any"));
        if (body.Any("not") is { } not)
            Take(terms, new NotTerm(Read(not, body.PathOf("not"), nesting + 1)), body.PathOf("not"));
        body.RefuseOthers();
        return terms.Count == 0 ? Condition.Always : new Condition([.. terms]);
    }

    private void ReadAttributes(JsonObjectReader attributes, List<Term> terms)
    {
        foreach (var (name, value, path) in attributes.Members())
        {
            var matchers = ReadMatchers(value, path);
            if (PathOf(name, path) is { } attribute)
                terms.AddRange(matchers.Select(m => new AttributeTerm(attribute, m.Operator, m.Operand, m.Test)));
        }
    }

    /// <summary>A scalar is short for <c>eq</c>, a list for <c>in</c>.</summary>
    private List<(Operator Operator, string Operand, Test Test)> ReadMatchers(JsonElement value, string path)
    {
        var matchers = new List<(Operator Operator, string Operand, Test Test)>();
        if (value.ValueKind != JsonValueKind.Object)
        {
            var name = value.ValueKind == JsonValueKind.Array ? "in" : "eq";
            ReadMatcher(Operators.Find(name)!, value, path, ignoreCase: false, numeric: false, path, matchers);
            return matchers;
        }

        var body = JsonObjectReader.Over(value, path, Problems)!;
        var ignoreCase = body.Boolean("ignore_case") ?? false;
        var numeric = body.Boolean("numeric") ?? false;
        var operators = 0;
        var (takesIgnoreCase, takesNumeric) = (false, false);
        foreach (var (name, operand, at) in body.Members())
        {
            if (name is "ignore_case" or "numeric")
                continue;
            operators++;
            if (Operators.Find(name) is not { } known)
            {
                Problems.Add(at, $"is no operator; there are: {string.Join(", ", Operators.All.Select(o => o.Name))}");
                (takesIgnoreCase, takesNumeric) = (true, true);
                continue;
            }
            takesIgnoreCase |= known.Operand.TakesIgnoreCase;
            takesNumeric |= known.Operand.TakesNumeric;
            ReadMatcher(known, operand, at, ignoreCase, numeric, path, matchers);
        }
        if (operators == 0)
            Problems.Add(path, "must name an operator");
        else if (ignoreCase && !takesIgnoreCase)
            Problems.Add(body.PathOf("ignore_case"), "must stand beside an operator that compares text");
        else if (numeric && !takesNumeric)
            Problems.Add(body.PathOf("numeric"), "must stand beside an operator that compares numbers");
        return matchers;
    }

    private void ReadMatcher(
        Operator known,
        JsonElement operand,
        string at,
        bool ignoreCase,
        bool numeric,
        string path,
        List<(Operator Operator, string Operand, Test Test)> matchers
    )
    {
        if (!Take(path))
            return;
        if (known.Compile(new OperandSource(operand, at, ignoreCase, numeric, this)) is { } test)
            matchers.Add((known, operand.GetRawText(), test));
    }

    private GateTerm? ReadGate(JsonObjectReader body)
    {
        var by = body.Any("by") is { } element ? ReadBucketBy(element, body.PathOf("by")) : null;
        var salt = body.Text("salt");
        if (salt is not null)
            CheckText(salt, Limits.KeyLength, body.PathOf("salt"));
        if (!body.Has("percentage"))
        {
            foreach (var name in (ReadOnlySpan<string>)["by", "salt"])
            {
                if (body.Any(name) is not null)
                    Problems.Add(body.PathOf(name), "must stand beside percentage");
            }
            return null;
        }
        if (body.Number("percentage") is not { } percentage)
            return null;
        if (percentage is < 0 or > 100)
            Problems.Add(body.PathOf("percentage"), "must be from 0 to 100");
        else if (Hashing == HashingSchemes.Unleash && !double.IsInteger(percentage))
            Problems.Add(body.PathOf("percentage"), NotWhole);
        return new GateTerm(percentage, by, salt);
    }

    private void ReadSegments(JsonElement element, string path, List<Term> terms)
    {
        if (TextOrTexts(element, path, Limits.ListLength) is not { } keys)
            return;

        foreach (var (key, at) in keys)
            _references.Add(new Reference(ReferenceKind.Segment, key, [], at));
        // Each of them may have to be looked at.
        if (Take(path, keys.Length))
            terms.Add(new SegmentTerm(Array.ConvertAll(keys, key => key.Text)));
    }

    private Condition[]? ReadGroup(JsonObjectReader body, string name, int nesting)
    {
        if (body.Array(name) is not { } elements)
            return null;
        if (elements.Count == 0)
            Problems.Add(body.PathOf(name), "must not be empty");
        return [.. elements.Select(item => Read(item.Element, item.Path, nesting + 1))];
    }

    private void Take(List<Term> terms, Term term, string path)
    {
        if (Take(path))
            terms.Add(term);
    }

    // Reported once, where the limit is passed.
    private bool Take(string path, int count = 1)
    {
        var before = _conditions;
        _conditions += count;
        if (before <= Limits.Conditions && _conditions > Limits.Conditions)
            Problems.Add(path, $"is one of more than {Limits.Conditions} conditions");
        return _conditions <= Limits.Conditions;
    }

    /// <summary>A text, or those of a list that is not empty, with their paths.</summary>
    private (string Text, string Path)[]? TextOrTexts(JsonElement element, string path, int limit)
    {
        if (element.ValueKind == JsonValueKind.String)
            return Text(element, path) is { } text ? [(text, path)] : null;
        if (element.ValueKind != JsonValueKind.Array)
        {
            Problems.Add(path, $"must be text or a list of texts, not {JsonObjectReader.Named(element)}");
            return null;
        }
        if (element.GetArrayLength() is var length && (length == 0 || length > limit))
        {
            Problems.Add(path, length == 0 ? "must not be empty" : $"must have at most {limit} elements");
            return null;
        }

        var texts = new List<(string, string)>(length);
        foreach (var item in element.EnumerateArray())
        {
            var at = $"{path}[{texts.Count}]";
            if (Text(item, at) is not { } text)
                return null;
            texts.Add((text, at));
        }
        return [.. texts];
    }

    private string? Text(JsonElement element, string path)
    {
        if (element.ValueKind != JsonValueKind.String)
        {
            Problems.Add(path, $"must be text, not {JsonObjectReader.Named(element)}");
            return null;
        }
        var text = JsonText.Of(element);
        return CheckText(text, Limits.PathLength, path) ? text : null;
    }

    public bool CheckText(string text, int limit, string path)
    {
        if (text.Length == 0)
            Problems.Add(path, "must not be empty");
        else if (text.Length > limit)
            Problems.Add(path, $"must be at most {limit} characters");
        else if (!JsonText.IsWellFormed(text))
            Problems.Add(path, JsonText.Malformed);
        else
            return true;
        return false;
    }

    private AttributePath? PathOf(string text, string path)
    {
        if (!CheckText(text, Limits.PathLength, path))
            return null;

        var parts = text.Split('.');
        if (Array.TrueForAll(parts, part => part.Length > 0) && parts.Length <= Limits.PathParts)
            return AttributePath.Of(text);
        Problems.Add(path, $"must be a name, or up to {Limits.PathParts} names joined by dots, none of them empty");
        return null;
    }
}
