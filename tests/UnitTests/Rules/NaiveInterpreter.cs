using System.Globalization;
using System.IO.Hashing;
using System.Net;
using System.Numerics;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace FeatureFlags.UnitTests.Rules;

/// <summary>
/// What the rules language means, as plainly as it can be written: over JSON, with regular expressions, big integers
/// and the platform's own parsers, and no thought of speed. It shares no code with what it is compared with.
/// </summary>
internal sealed class NaiveInterpreter(
    string tenant,
    IReadOnlyDictionary<string, JsonElement> flags,
    IReadOnlyDictionary<string, NaiveInterpreter.Segment> segments,
    string? id,
    IReadOnlyDictionary<string, object?> attributes
)
{
    /// <summary>A number as a user has it: its digits say what a double can't.</summary>
    public sealed record Number(double Value, string Digits);

    public sealed record Segment(JsonElement? Criteria, string[] Included, string[] Excluded);

    public sealed record Answer(
        string Variant,
        string? Value,
        string Reason,
        string? RuleId,
        string? Error,
        double? Bucket,
        double? GateBucket
    );

    // Fifteen expressions are kept by default, and every other one is parsed anew each time.
    static NaiveInterpreter() => Regex.CacheSize = 100;

    private readonly Dictionary<(string Operator, string Outcome), int> _asked = [];

    /// <summary>How often each operator came to each outcome: yes, no, wrong type, missing.</summary>
    public IReadOnlyDictionary<(string Operator, string Outcome), int> Asked => _asked;

    /// <summary>
    /// A user's value: null, a text, a <see cref="Number"/>, a boolean, a list, or named values, the last of a name
    /// counting.
    /// </summary>
    public static object? Plain(JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.String:
                return Unescaped(value);
            case JsonValueKind.Number:
                return new Number(value.GetDouble(), value.GetRawText());
            case JsonValueKind.True or JsonValueKind.False:
                return value.GetBoolean();
            case JsonValueKind.Array:
                return value.EnumerateArray().Select(Plain).ToArray();
            case JsonValueKind.Object:
                return Members(value);
            default:
                return null;
        }
    }

    /// <inheritdoc cref="Plain"/>
    public static Dictionary<string, object?> Members(JsonElement value)
    {
        var members = new Dictionary<string, object?>();
        foreach (var member in value.EnumerateObject())
            members[member.Name] = Plain(member.Value);
        return members;
    }

    public Answer Evaluate(string key) => Evaluate(key, []);

    /// <summary>The answer where the rules know an error that nothing here does: what takes too long.</summary>
    public Answer InError(string key, string error)
    {
        var flag = flags[key];
        var variants = flag.GetProperty("variants").EnumerateArray().ToArray();
        var off = OffVariant(flag, variants);
        return Evaluate(key) with
        {
            Variant = off,
            Value = ValueOf(off, variants),
            Reason = "error",
            RuleId = null,
            Error = error,
        };
    }

    /// <summary>The ids, in order, of the flag's rules whose conditions hold, whether one decides or not.</summary>
    public IEnumerable<string> RulesThatHold(string key)
    {
        var flag = flags[key];
        var rules = InOrder(flag);
        var hashing = HashingOf(flag, Salt(key), Array(flag, "variants"), rules);
        return rules
            .Where(rule =>
                !rule.TryGetProperty("when", out var when) || Holds(when, hashing, By(flag), [$"flag {key}"])
            )
            .Select(rule => Text(rule, "id"));
    }

    private Answer Evaluate(string key, string[] within)
    {
        var flag = flags[key];
        var variants = flag.GetProperty("variants").EnumerateArray().ToArray();
        var by = By(flag);
        var salt = Salt(key);
        var bucketKey = BucketKey(by);
        var rules = InOrder(flag);
        var hashing = HashingOf(flag, salt, variants, rules);
        var bucket = bucketKey is null ? (double?)null : hashing.Split(bucketKey);
        var gates = rules.Any(rule => rule.TryGetProperty("when", out var when) && HasSharedGate(when, by));
        var gateBucket = gates && bucketKey is not null ? hashing.Gate(null, bucketKey) : (double?)null;

        Answer Give(string variant, string reason, string? rule = null, string? error = null) =>
            new(variant, ValueOf(variant, variants), reason, rule, error, bucket, gateBucket);

        Answer Off(string reason, string? error = null) => Give(OffVariant(flag, variants), reason, error: error);

        Answer Draw(IEnumerable<(string Variant, double Weight)> weights, string reason, string? rule = null)
        {
            var positive = weights.Where(w => w.Weight > 0).ToArray();
            if (positive.Length == 1)
                return Give(positive[0].Variant, reason, rule);
            if (bucket is null)
                return Off("error", "bucket_key_missing");
            if (hashing.Total is { } places)
                return Give(Counted(positive, (Murmur($"{salt}:{bucketKey}", 86028157) % places) + 1), reason, rule);
            var total = positive.Sum(w => w.Weight);
            var sum = 0.0;
            foreach (var (variant, weight) in positive[..^1])
            {
                sum += weight;
                if (bucket < sum / total)
                    return Give(variant, reason, rule);
            }
            return Give(positive[^1].Variant, reason, rule);
        }

        if (!(flag.TryGetProperty("state", out var state) && state.GetString() == "on"))
            return Off("flag_off");
        if (within.Contains($"flag {key}"))
            return Off("error", "cycle");
        string[] inside = [.. within, $"flag {key}"];
        if (!Array(flag, "prerequisites").All(p => IsMet(p, inside)))
            return Off("prerequisite_failed");
        foreach (var rule in rules)
        {
            if (rule.TryGetProperty("when", out var when) && !Holds(when, hashing, by, inside))
                continue;
            return Draw(Weights(rule), "rule_match", Text(rule, "id"));
        }
        return Draw(Weights(variants, "key"), "default_distribution");
    }

    private static string? ValueOf(string variant, JsonElement[] variants) =>
        variants.All(v => Value(v) is null)
            ? $"\"{variant}\""
            : Value(variants.Single(v => Text(v, "key") == variant))?.GetRawText();

    private static (string Variant, double Weight)[] Weights(JsonElement rule)
    {
        var rollout = rule.GetProperty("rollout");
        return rollout.TryGetProperty("variant", out var only)
            ? [(only.GetString()!, 1.0)]
            : Weights(Array(rollout, "distribution"), "variant");
    }

    private static (string Variant, double Weight)[] Weights(JsonElement[] shares, string key) =>
        [.. shares.Select(share => (Text(share, key), share.GetProperty("weight").GetDouble()))];

    /// <summary>The variant at which the weights, added up, reach the target.</summary>
    private static string Counted((string Variant, double Weight)[] shares, long target)
    {
        foreach (var (variant, weight) in shares)
        {
            target -= (long)weight;
            if (target <= 0)
                return variant;
        }
        throw new ArgumentException("the weights do not reach the target");
    }

    private Hashing HashingOf(JsonElement flag, string salt, JsonElement[] variants, JsonElement[] rules)
    {
        if (!flag.TryGetProperty("hashing", out var scheme) || scheme.GetString() != "unleash")
            return new Hashing(tenant, salt, null);
        var byDefault = Weights(variants, "key");
        var split = rules
            .Select(Weights)
            .Prepend(byDefault)
            .FirstOrDefault(shares => shares.Count(share => share.Weight > 0) > 1, byDefault);
        return new Hashing(tenant, salt, (long)split.Sum(share => share.Weight));
    }

    /// <summary>How the buckets of a flag or a segment are made.</summary>
    /// <param name="Total">The sum of the weights where it is Unleash's way; null where it is ours.</param>
    private sealed record Hashing(string Tenant, string Salt, long? Total)
    {
        public double Split(string key) =>
            Total is { } total
                ? (double)(Murmur($"{Salt}:{key}", 86028157) % total) / total
                : Bucket(Tenant, Salt, key);

        public double Gate(string? own, string key) =>
            (Total, own) switch
            {
                (not null, _) => (Murmur($"{own ?? Salt}:{key}", 0) % 100) / 100.0,
                (_, null) => Bucket(Tenant, Salt, "gate", key),
                _ => Bucket(Tenant, Salt, "gate", own, key),
            };

        public bool Admits(string? own, string key, double percentage) =>
            Total is null
                ? Gate(own, key) < percentage / 100
                : (Murmur($"{own ?? Salt}:{key}", 0) % 100) + 1 <= (int)percentage;
    }

    private static JsonElement[] InOrder(JsonElement flag) =>
        [.. Array(flag, "rules").OrderBy(rule => rule.GetProperty("order").GetInt32())];

    private static JsonElement By(JsonElement flag) =>
        flag.TryGetProperty("bucket_by", out var named) ? named : Json("\"id\"");

    private string Salt(string key) => flags[key].TryGetProperty("salt", out var own) ? own.GetString()! : key;

    private static string OffVariant(JsonElement flag, JsonElement[] variants)
    {
        if (flag.TryGetProperty("off_variant", out var named))
            return named.GetString()!;
        foreach (var name in new[] { "off", "control", "false", "disabled" })
        {
            if (variants.Any(v => Text(v, "key") == name))
                return name;
        }
        return Text(variants.FirstOrDefault(v => Value(v) is { ValueKind: JsonValueKind.False }, variants[0]), "key");
    }

    private bool IsMet(JsonElement required, string[] within)
    {
        var key = Text(required, "key");
        if (!flags.ContainsKey(key))
            return false;
        var answer = Evaluate(key, within);
        return answer.Reason is "rule_match" or "default_distribution"
            && OneOrMany(required.GetProperty("variant")).Any(v => v.GetString() == answer.Variant);
    }

    private bool Holds(JsonElement condition, Hashing hashing, JsonElement by, string[] within)
    {
        foreach (var member in condition.EnumerateObject())
        {
            var holds = member.Name switch
            {
                "attr" => member.Value.EnumerateObject().All(a => Matches(Find(a.Name), a.Value)),
                "segment" => OneOrMany(member.Value).Any(s => IsMember(s.GetString()!, within)),
                "flag" => IsMet(member.Value, within),
                "percentage" => IsAdmitted(condition, member.Value.GetDouble(), hashing, by),
                "all" => member.Value.EnumerateArray().All(c => Holds(c, hashing, by, within)),
                "any" => member.Value.EnumerateArray().Any(c => Holds(c, hashing, by, within)),
                "not" => !Holds(member.Value, hashing, by, within),
                "by" or "salt" => true,
                _ => throw new ArgumentException(member.Name),
            };
            if (!holds)
                return false;
        }
        return true;
    }

    private bool IsAdmitted(JsonElement condition, double percentage, Hashing hashing, JsonElement by)
    {
        var key = BucketKey(condition.TryGetProperty("by", out var own) ? own : by);
        var salt = condition.TryGetProperty("salt", out var ownSalt) ? ownSalt.GetString() : null;
        return key is not null && hashing.Admits(salt, key, percentage);
    }

    private static bool HasSharedGate(JsonElement condition, JsonElement by)
    {
        static string[] Paths(JsonElement by) => [.. OneOrMany(by).Select(p => p.GetString()!)];

        var shares =
            condition.TryGetProperty("percentage", out _)
            && !condition.TryGetProperty("salt", out _)
            && (!condition.TryGetProperty("by", out var own) || Paths(own).SequenceEqual(Paths(by)));
        return shares
            || Array(condition, "all").Any(c => HasSharedGate(c, by))
            || Array(condition, "any").Any(c => HasSharedGate(c, by))
            || (condition.TryGetProperty("not", out var not) && HasSharedGate(not, by));
    }

    private bool IsMember(string key, string[] within)
    {
        if (!segments.TryGetValue(key, out var segment))
            return false;
        if (id is not null && segment.Excluded.Contains(id))
            return false;
        if (id is not null && segment.Included.Contains(id))
            return true;
        if (segment.Criteria is not { } criteria || within.Contains($"segment {key}"))
            return false;
        var hashing = new Hashing(tenant, $"segment:{key}", null);
        return Holds(criteria, hashing, Json("\"id\""), [.. within, $"segment {key}"]);
    }

    private bool Matches(object? attribute, JsonElement matcher)
    {
        if (matcher.ValueKind == JsonValueKind.Array)
            return Test("in", attribute, matcher, false, false);
        if (matcher.ValueKind != JsonValueKind.Object)
            return Test("eq", attribute, matcher, false, false);

        var ignoreCase = matcher.TryGetProperty("ignore_case", out var i) && i.GetBoolean();
        var numeric = matcher.TryGetProperty("numeric", out var n) && n.GetBoolean();
        return matcher
            .EnumerateObject()
            .Where(m => m.Name is not ("ignore_case" or "numeric"))
            .All(m => Test(m.Name, attribute, m.Value, ignoreCase, numeric));
    }

    private bool Test(string name, object? attribute, JsonElement operand, bool ignoreCase, bool numeric)
    {
        var (outcome, holds) = Outcome(name, attribute, operand, ignoreCase, numeric) switch
        {
            _ when attribute is null && name != "exists" => ("missing", false),
            null => ("wrong type", false),
            true => ("yes", true),
            false => ("no", false),
        };
        _asked[(name, outcome)] = _asked.GetValueOrDefault((name, outcome)) + 1;
        return holds;
    }

    /// <summary>Null: the attribute is missing, or of a type that the operator does not take.</summary>
    private static bool? Outcome(string name, object? attribute, JsonElement operand, bool ignoreCase, bool numeric)
    {
        if (name == "exists")
            return attribute is not null == operand.GetBoolean();
        if (attribute is not { } value)
            return null;

        if (name is "has_any" or "has_all" or "size_eq" or "size_gt" or "size_lt")
        {
            if (value is not object?[] elements)
                return null;
            return name switch
            {
                "has_any" => operand.EnumerateArray().Any(o => elements.Any(e => AreEqual(e, o, ignoreCase))),
                "has_all" => operand.EnumerateArray().All(o => elements.Any(e => AreEqual(e, o, ignoreCase))),
                "size_eq" => elements.Length == operand.GetInt32(),
                "size_gt" => elements.Length > operand.GetInt32(),
                _ => elements.Length < operand.GetInt32(),
            };
        }

        var (positive, negated) = name switch
        {
            "neq" => ("eq", true),
            "semver_neq" => ("semver_eq", true),
            _ when name.StartsWith("not_", StringComparison.Ordinal) => (name[4..], true),
            _ => (name, false),
        };
        if (value is object?[] list)
            return list.Any(e => TestOne(positive, e, operand, ignoreCase, numeric) == true) != negated;
        return TestOne(positive, value, operand, ignoreCase, numeric) is { } holds ? holds != negated : null;
    }

    /// <summary>Null: the value is of a type that the operator does not take.</summary>
    private static bool? TestOne(string name, object? value, JsonElement operand, bool ignoreCase, bool numeric)
    {
        var comparison = ignoreCase ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;
        var text = value as string;
        bool? OnText(Func<string, bool> test) =>
            text is null ? null : OneOrMany(operand).Any(o => test(o.GetString()!));
        switch (name)
        {
            case "eq" or "in":
                return value is string or Number or bool
                    ? OneOrMany(operand).Any(o => AreEqual(value, o, ignoreCase))
                    : null;
            case "contains":
                return OnText(part => text!.Contains(part, comparison));
            case "starts_with":
                return OnText(part => text!.StartsWith(part, comparison));
            case "ends_with":
                return OnText(part => text!.EndsWith(part, comparison));
            case "matches":
                var options =
                    RegexOptions.CultureInvariant | (ignoreCase ? RegexOptions.IgnoreCase : RegexOptions.None);
                return OnText(pattern => Regex.IsMatch(text!, pattern, options, TimeSpan.FromSeconds(10)));
            case "gt" or "gte" or "lt" or "lte":
                double number;
                if (value is Number known)
                    number = known.Value;
                else if (
                    numeric
                    && text is not null
                    && Regex.IsMatch(text, @"\A-?[0-9]+(\.[0-9]+)?\z", RegexOptions.None, TimeSpan.FromSeconds(10))
                )
                    number = double.Parse(text, CultureInfo.InvariantCulture);
                else
                    return null;
                var limit = operand.GetDouble();
                return name switch
                {
                    "gt" => number > limit,
                    "gte" => number >= limit,
                    "lt" => number < limit,
                    _ => number <= limit,
                };
            case "before" or "after":
                if (Time(value) is not { } time)
                    return null;
                return name == "before" ? time < Time(Plain(operand)) : time > Time(Plain(operand));
            case "ip_in":
                return text is null || Address(text) is not { } address
                    ? null
                    : OneOrMany(operand).Any(block => IsInBlock(address, block.GetString()!));
            default:
                return text is null || Version(text) is not { } version
                    ? null
                    : OneOrMany(operand).Any(o => TestVersion(name, version, Version(o.GetString()!)!));
        }
    }

    private static bool AreEqual(object? value, JsonElement operand, bool ignoreCase) =>
        (value, Plain(operand)) switch
        {
            (string left, string right) => string.Equals(
                left,
                right,
                ignoreCase ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal
            ),
            (Number left, Number right) => left.Value == right.Value,
            (bool left, bool right) => left == right,
            _ => false,
        };

    private static BigInteger? Time(object? value)
    {
        if (value is Number { Value: var milliseconds })
        {
            if (!(milliseconds >= -62135596800000 && milliseconds <= 253402300799999))
                return null;
            var whole = Math.Floor(milliseconds);
            return ((BigInteger)whole * 10_000) + (BigInteger)((milliseconds - whole) * 10_000);
        }
        if (value is not string text)
            return null;

        var match = Regex.Match(
            text,
            @"\A(\d{4})-(\d\d)-(\d\d)(?:[Tt]([01]\d|2[0-3]):([0-5]\d):([0-5]\d|60)(?:\.(\d+))?(?:[Zz]|([+-])([01]\d|2[0-3]):([0-5]\d)))?\z",
            RegexOptions.ECMAScript,
            TimeSpan.FromSeconds(10)
        );
        int Part(int group) =>
            match.Groups[group].Success ? int.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture) : 0;
        if (
            !match.Success
            || Part(1) == 0
            || Part(2) is 0 or > 12
            || Part(3) == 0
            || Part(3) > DateTime.DaysInMonth(Part(1), Part(2))
        )
            return null;
        var seconds = new BigInteger((new DateTime(Part(1), Part(2), Part(3)) - DateTime.UnixEpoch).TotalSeconds);
        seconds += (Part(4) * 3600) + (Part(5) * 60) + Part(6);
        seconds -= (match.Groups[8].Value == "-" ? -1 : 1) * ((Part(9) * 3600) + (Part(10) * 60));
        var fraction = match.Groups[7].Value.PadRight(7, '0')[..7];
        return (seconds * 10_000_000) + int.Parse(fraction, CultureInfo.InvariantCulture);
    }

    private sealed record SemVer(BigInteger[] Numbers, int Given, string[]? Prerelease);

    private static SemVer? Version(string text)
    {
        const string Number = "(0|[1-9][0-9]*)";
        const string Identifier = "(?:0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*)";
        var match = Regex.Match(
            text,
            $@"\A[vV]?{Number}(?:\.{Number}(?:\.{Number})?)?(?:-({Identifier}(?:\.{Identifier})*))?(?:\+[0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*)?\z",
            RegexOptions.None,
            TimeSpan.FromSeconds(10)
        );
        if (!match.Success)
            return null;
        var given = Enumerable.Range(1, 3).Count(i => match.Groups[i].Success);
        BigInteger[] numbers =
        [
            .. Enumerable
                .Range(1, 3)
                .Select(i => i <= given ? BigInteger.Parse(match.Groups[i].Value, CultureInfo.InvariantCulture) : 0),
        ];
        return new SemVer(numbers, given, match.Groups[4].Success ? match.Groups[4].Value.Split('.') : null);
    }

    private static int Compare(SemVer left, SemVer right)
    {
        for (var i = 0; i < 3; i++)
        {
            if (left.Numbers[i] != right.Numbers[i])
                return left.Numbers[i].CompareTo(right.Numbers[i]);
        }
        if (left.Prerelease is null || right.Prerelease is null)
            return (left.Prerelease is null ? 1 : 0) - (right.Prerelease is null ? 1 : 0);
        foreach (var (l, r) in left.Prerelease.Zip(right.Prerelease))
        {
            var order = (l.All(char.IsAsciiDigit), r.All(char.IsAsciiDigit)) switch
            {
                (true, true) => BigInteger
                    .Parse(l, CultureInfo.InvariantCulture)
                    .CompareTo(BigInteger.Parse(r, CultureInfo.InvariantCulture)),
                (true, false) => -1,
                (false, true) => 1,
                _ => string.CompareOrdinal(l, r),
            };
            if (order != 0)
                return order;
        }
        return left.Prerelease.Length.CompareTo(right.Prerelease.Length);
    }

    private static bool TestVersion(string name, SemVer version, SemVer operand)
    {
        var order = Compare(version, operand);
        bool Same(int parts) => version.Numbers.Take(parts).SequenceEqual(operand.Numbers.Take(parts));
        switch (name)
        {
            case "semver_eq":
                return order == 0;
            case "semver_gt":
                return order > 0;
            case "semver_gte":
                return order >= 0;
            case "semver_lt":
                return order < 0;
            case "semver_lte":
                return order <= 0;
            case "semver_tilde":
                return order >= 0 && Same(Math.Min(2, operand.Given));
            case "semver_caret":
                var first = System.Array.FindIndex(operand.Numbers, n => n != 0);
                return order >= 0 && Same(first < 0 ? operand.Given : first + 1);
            default:
                throw new ArgumentException(name);
        }
    }

    private static byte[]? Address(string text)
    {
        var form = text.Contains(':', StringComparison.Ordinal)
            ? @"\A[0-9A-Fa-f:.]+\z"
            : @"\A(?:(?:0|[1-9][0-9]{0,2})\.){3}(?:0|[1-9][0-9]{0,2})\z";
        if (
            !Regex.IsMatch(text, form, RegexOptions.None, TimeSpan.FromSeconds(10))
            || !IPAddress.TryParse(text, out var address)
        )
            return null;
        return (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).GetAddressBytes();
    }

    private static bool IsInBlock(byte[] address, string block)
    {
        var parts = block.Split('/');
        var network = Address(parts[0])!;
        var prefix = int.Parse(parts[1], CultureInfo.InvariantCulture);
        if (network.Length == 4 && parts[0].Contains(':', StringComparison.Ordinal))
            prefix -= 96;
        string Bits(byte[] bytes) => string.Concat(bytes.Select(b => Convert.ToString(b, 2).PadLeft(8, '0')));
        return network.Length == address.Length && Bits(network)[..prefix] == Bits(address)[..prefix];
    }

    private object? Find(string path)
    {
        if (path == "id")
            return id;
        if (attributes.GetValueOrDefault(path) is { } whole)
            return whole;
        var parts = path.Split('.');
        if (parts.Length == 1 || parts[0] == "id")
            return null;
        object? found = attributes;
        foreach (var part in parts)
            found = (found as IReadOnlyDictionary<string, object?>)?.GetValueOrDefault(part);
        return found;
    }

    private string? BucketKey(JsonElement by)
    {
        foreach (var path in OneOrMany(by))
        {
            var value = Find(path.GetString()!);
            if (value is string text)
                return text;
            if (
                value is Number number
                && number.Value == Math.Floor(number.Value)
                && decimal.TryParse(number.Digits, NumberStyles.Float, CultureInfo.InvariantCulture, out var exact)
                && Math.Abs(exact) <= 9007199254740992
            )
                return ((BigInteger)number.Value).ToString(CultureInfo.InvariantCulture);
        }
        return null;
    }

    private static double Bucket(params string[] parts)
    {
        var utf8 = Encoding.UTF8.GetBytes(string.Join('\0', parts));
        return (double)(XxHash64.HashToUInt64(utf8) / 2048) / 9007199254740992;
    }

    /// <summary>MurmurHash3 for x86 with 32 bits, in numbers of 64 bits that are cut after each step.</summary>
    private static long Murmur(string text, ulong seed)
    {
        static ulong Cut(ulong number) => number & 0xffffffff;
        static ulong Rotated(ulong number, int bits) => Cut(number << bits) | (number >> (32 - bits));

        var utf8 = Encoding.UTF8.GetBytes(text);
        var hash = seed;
        foreach (var four in utf8.Chunk(4))
        {
            var block = four.Reverse().Aggregate(0UL, (sum, next) => (sum * 256) + next);
            hash ^= Cut(Rotated(Cut(block * 0xcc9e2d51), 15) * 0x1b873593);
            if (four.Length == 4)
                hash = Cut((Rotated(hash, 13) * 5) + 0xe6546b64);
        }
        hash ^= (ulong)utf8.Length;
        hash = Cut((hash ^ (hash >> 16)) * 0x85ebca6b);
        hash = Cut((hash ^ (hash >> 13)) * 0xc2b2ae35);
        return (long)(hash ^ (hash >> 16));
    }

    private static string Unescaped(JsonElement text)
    {
        try
        {
            return text.GetString()!;
        }
        catch (InvalidOperationException)
        {
            return Regex.Replace(
                text.GetRawText()[1..^1],
                @"\\u([0-9a-f]{4})",
                m => ((char)Convert.ToInt32(m.Groups[1].Value, 16)).ToString(),
                RegexOptions.None,
                TimeSpan.FromSeconds(10)
            );
        }
    }

    private static JsonElement[] OneOrMany(JsonElement element) =>
        element.ValueKind == JsonValueKind.Array ? [.. element.EnumerateArray()] : [element];

    private static JsonElement[] Array(JsonElement element, string name) =>
        element.TryGetProperty(name, out var array) ? [.. array.EnumerateArray()] : [];

    private static JsonElement? Value(JsonElement variant) =>
        variant.TryGetProperty("value", out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;

    private static JsonElement Json(string json) => JsonElement.Parse(json);
}
