using System.Globalization;
using System.Text.Json;
using FeatureFlags.Rules.Engine;
using FeatureFlags.Rules.Json;

namespace FeatureFlags.Rules.Reading;

/// <summary>Reads a flag's body into its definition, noting every problem on the way.</summary>
internal sealed class FlagReader(JsonObjectReader body, Problems problems)
{
    /// <summary>Variants that stand for "off" by their name, the most telling first.</summary>
    private static readonly string[] OffNames = ["off", "control", "false", "disabled"];

    private static readonly JsonElement True = JsonElement.Parse("true");
    private static readonly JsonElement False = JsonElement.Parse("false");

    private readonly ConditionReader _conditions = new(problems);
    private readonly HashSet<string> _variantKeys = new(StringComparer.Ordinal);
    private string _hashing = HashingSchemes.Xxh64;
    private (double Sum, string Path)? _firstSplit;

    public FlagDefinition? Read(FlagDefinition empty)
    {
        var known = problems.Items.Count;
        var on = ReadState();
        _hashing = _conditions.Hashing = ReadHashing();
        var variants = ReadVariants();
        var offVariant = ReadOffVariant(variants);
        var bucketBy = body.Any("bucket_by") is { } by ? _conditions.ReadBucketBy(by, body.PathOf("bucket_by")) : null;
        var salt = body.Text("salt");
        if (salt is not null)
            _conditions.CheckText(salt, Limits.KeyLength, body.PathOf("salt"));
        var prerequisites = ReadPrerequisites();
        var rules = ReadRules();

        return problems.Items.Count == known
            ? empty.With(
                on,
                variants,
                offVariant!,
                bucketBy ?? BucketBy.Id,
                salt,
                _hashing,
                prerequisites,
                rules,
                _conditions.References
            )
            : null;
    }

    private bool ReadState()
    {
        var state = body.Text("state");
        if (state is not (null or "on" or "off"))
            problems.Add(body.PathOf("state"), "must be on or off");
        return state == "on";
    }

    private string ReadHashing()
    {
        var hashing = body.Text("hashing") ?? HashingSchemes.Xxh64;
        if (hashing is not (HashingSchemes.Xxh64 or HashingSchemes.Unleash))
            problems.Add(body.PathOf("hashing"), $"must be {HashingSchemes.Xxh64} or {HashingSchemes.Unleash}");
        return hashing;
    }

    private List<Variant> ReadVariants()
    {
        var variants = new List<Variant>();
        if (body.RequiredAny("variants") is null || Elements("variants", Limits.Variants) is not { } elements)
            return variants;
        if (elements.Count == 0)
            problems.Add(body.PathOf("variants"), "must not be empty");

        string? type = null;
        foreach (var (element, path) in elements)
        {
            if (JsonObjectReader.Over(element, path, problems) is not { } variant)
                continue;

            var key = variant.RequiredText("key");
            var weight = ReadWeight(variant);
            var value = ReadValue(variant, ref type);
            variant.RefuseOthers();
            if (key is null)
                continue;
            if (!Keys.IsValid(key))
                problems.Add(variant.PathOf("key"), Keys.Form);
            if (!_variantKeys.Add(key))
                problems.Add(variant.PathOf("key"), $"repeats the key '{key}'");
            variants.Add(new Variant(key, weight, value));
        }
        CheckSum([.. variants.Select(v => v.Weight)], body.PathOf("variants"));
        return variants;
    }

    private JsonElement? ReadValue(JsonObjectReader variant, ref string? type)
    {
        if (variant.Any("value") is not { } value)
            return null;

        var path = variant.PathOf("value");
        if (value.GetRawText().Length > Limits.ValueLength)
            problems.Add(path, $"must be at most {Limits.ValueLength} characters of JSON");
        if (!JsonText.IsWellFormed(value))
            problems.Add(path, JsonText.Malformed);
        var own = value.ValueKind switch
        {
            JsonValueKind.True or JsonValueKind.False => "a boolean",
            JsonValueKind.String => "text",
            JsonValueKind.Number => "a number",
            _ => "an object or array",
        };
        type ??= own;
        if (own != type)
            problems.Add(path, $"must be {type}, as the other values are, not {own}");
        // The document it stands in may be pooled, and is bigger. The two values that most flags have are there once.
        return value.ValueKind switch
        {
            JsonValueKind.True => True,
            JsonValueKind.False => False,
            _ => value.Clone(),
        };
    }

    private string? ReadOffVariant(List<Variant> variants)
    {
        if (body.Text("off_variant") is { } named)
        {
            CheckVariant(named, body.PathOf("off_variant"));
            return named;
        }
        return Array.Find(OffNames, _variantKeys.Contains)
            ?? variants.Find(v => v.Value is { ValueKind: JsonValueKind.False })?.Key
            ?? variants.FirstOrDefault()?.Key;
    }

    private List<Prerequisite> ReadPrerequisites()
    {
        var prerequisites = new List<Prerequisite>();
        foreach (var (element, path) in Elements("prerequisites", Limits.Prerequisites) ?? [])
        {
            if (JsonObjectReader.Over(element, path, problems) is not { } prerequisite)
                continue;
            var (key, variants) = _conditions.ReadFlag(prerequisite);
            if (key is null || variants is null)
                continue;
            if (prerequisites.Exists(p => p.Key == key))
                problems.Add(prerequisite.PathOf("key"), $"repeats the flag '{key}'; name its variants in one list");
            prerequisites.Add(new Prerequisite(key, variants));
        }
        return prerequisites;
    }

    private List<Rule> ReadRules()
    {
        var rules = new List<Rule>();
        foreach (var (element, path) in Elements("rules", Limits.Rules) ?? [])
        {
            if (JsonObjectReader.Over(element, path, problems) is { } reader && ReadRule(reader) is { } rule)
            {
                if (rules.Exists(r => r.Id == rule.Id))
                    problems.Add(reader.PathOf("id"), $"repeats the id '{rule.Id}'");
                if (rules.Exists(r => r.Order == rule.Order))
                    problems.Add(reader.PathOf("order"), $"repeats the order {rule.Order}");
                rules.Add(rule);
            }
        }
        rules.Sort((left, right) => left.Order.CompareTo(right.Order));
        return rules;
    }

    private Rule? ReadRule(JsonObjectReader rule)
    {
        var id = rule.RequiredText("id");
        if (id is not null)
            _conditions.CheckText(id, Limits.KeyLength, rule.PathOf("id"));
        var order = rule.RequiredInteger("order");
        var description = rule.Text("description");
        if (description?.Length > Limits.DescriptionLength)
            problems.Add(rule.PathOf("description"), $"must be at most {Limits.DescriptionLength} characters");
        var when = rule.Any("when") is { } element ? _conditions.Read(element, rule.PathOf("when")) : Condition.Always;
        var rollout = rule.RequiredObject("rollout") is { } reader ? ReadRollout(reader) : null;
        rule.RefuseOthers();
        return id is null || order is null || rollout is null
            ? null
            : new Rule(id, order.Value, description, when, rollout);
    }

    private List<Share>? ReadRollout(JsonObjectReader rollout)
    {
        var variant = rollout.Text("variant");
        var distribution = rollout.Array("distribution");
        rollout.RefuseOthers();
        if (rollout.Any("variant") is null == rollout.Any("distribution") is null)
        {
            problems.Add(rollout.Path, "must name either a variant or a distribution");
            return null;
        }
        if (distribution is not null)
            return ReadDistribution(distribution, rollout.PathOf("distribution"));
        if (variant is null)
            return null;
        CheckVariant(variant, rollout.PathOf("variant"));
        return [new Share(variant, 1)];
    }

    private List<Share> ReadDistribution(IReadOnlyList<(JsonElement Element, string Path)> elements, string path)
    {
        var shares = new List<Share>();
        if (elements.Count == 0)
            problems.Add(path, "must not be empty");
        if (elements.Count > Limits.Variants)
        {
            problems.Add(path, $"must be at most {Limits.Variants} shares");
            return shares;
        }
        foreach (var (element, at) in elements)
        {
            if (JsonObjectReader.Over(element, at, problems) is not { } share)
                continue;
            var variant = share.RequiredText("variant");
            var weight = ReadWeight(share);
            share.RefuseOthers();
            if (variant is null)
                continue;
            CheckVariant(variant, share.PathOf("variant"));
            if (shares.Exists(s => s.Variant == variant))
                problems.Add(share.PathOf("variant"), $"repeats the variant '{variant}'");
            shares.Add(new Share(variant, weight));
        }
        CheckSum([.. shares.Select(s => s.Weight)], path);
        return shares;
    }

    private double ReadWeight(JsonObjectReader reader)
    {
        var weight = reader.RequiredNumber("weight") ?? double.NaN;
        if (weight is < 0 or > Limits.Weight)
            problems.Add(reader.PathOf("weight"), $"must be from 0 to {Limits.Weight}");
        else if (_hashing == HashingSchemes.Unleash && !double.IsInteger(weight) && !double.IsNaN(weight))
            problems.Add(reader.PathOf("weight"), ConditionReader.NotWhole);
        return weight;
    }

    // A weight that could not be read is NaN, and so is the sum: it has been reported.
    private void CheckSum(double[] weights, string path)
    {
        var sum = weights.Sum();
        if (weights.Length > 0 && sum == 0)
            problems.Add(path, "must have a weight above 0");
        if (_hashing != HashingSchemes.Unleash || weights.Count(weight => weight > 0) < 2 || double.IsNaN(sum))
            return;

        // There the sum takes part in the draw, and a user has one bucket for all splits of a flag.
        _firstSplit ??= (sum, path);
        if (_firstSplit.Value.Sum != sum)
            problems.Add(
                path,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"has weights that sum to {sum}, those of {_firstSplit.Value.Path} to {_firstSplit.Value.Sum}: "
                ) + "where hashing is unleash, all splits of a flag must have the same sum"
            );
    }

    // Without any variant that has been reported, and nothing else can be right.
    private void CheckVariant(string key, string path)
    {
        if (_variantKeys.Count > 0 && !_variantKeys.Contains(key))
            problems.Add(path, $"must be a variant of this flag: {string.Join(", ", _variantKeys)}");
    }

    private IReadOnlyList<(JsonElement Element, string Path)>? Elements(string name, int limit)
    {
        var elements = body.Array(name);
        if (!(elements?.Count > limit))
            return elements;
        problems.Add(body.PathOf(name), $"must have at most {limit} elements");
        return null;
    }
}
