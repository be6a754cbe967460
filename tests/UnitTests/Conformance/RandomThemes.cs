using FeatureFlags.UnitTests.Rules;

namespace FeatureFlags.UnitTests.Conformance;

/// <summary>Random flags, segments and users, each naming only what stands before it, as in a service.</summary>
internal static class RandomThemes
{
    private const int Flags = 6;
    private const int Users = 6;
    private const int LongestUser = 1_500;
    private const int LongestMember = 256;

    public static IEnumerable<RuleGroup> Groups(int first, int count) =>
        Enumerable.Range(first, count).Select(seed => Group(seed, new RandomRules(seed) { FewestVariants = 3 }));

    private static RuleGroup Group(int seed, RandomRules random)
    {
        var group = new RuleGroup($"random rules, seed {seed}");
        var flags = new List<string>();
        var segments = new List<string>();
        for (var i = 1; i <= Flags; i++)
        {
            (random.Flags, random.Segments) = (flags, segments);
            if (i % 3 == 1)
            {
                var segment = $"segment-{i}";
                group.Segment(segment, Segment(random));
                segments.Add(segment);
            }
            else
            {
                var flag = $"flag-{i}";
                group.Flag(flag, random.Flag()[1..^1]);
                flags.Add(flag);
            }
        }
        for (var i = 1; i <= Users; i++)
        {
            var (id, attributes) = User(random);
            foreach (var flag in flags)
                group.Ask($"{flag} for user {i}", flag, attributes, id);
        }
        return group;
    }

    private static string Segment(RandomRules random)
    {
        string[] ids = [.. random.Members().Where(id => IsPlain(id) && id.Length <= LongestMember).Distinct()];
        var excluded = ids.Length / 3;
        var criteria = random.Criteria() is { } condition ? $", \"criteria\": {condition}" : "";
        return $"\"excluded\": [{string.Join(", ", ids[..excluded])}], \"included\": [{string.Join(", ", ids[excluded..])}]{criteria}";
    }

    private static (string Id, string Attributes) User(RandomRules random)
    {
        while (true)
        {
            var (id, attributes) = (random.Id(), random.Attributes());
            if (id is not null && IsPlain(id) && IsPlain(attributes) && id.Length + attributes.Length < LongestUser)
                return (id[1..^1], attributes);
        }
    }

    // Halves of surrogate pairs have a file of their own, and not every language can read 1e400.
    private static bool IsPlain(string json) =>
        json != "\"\""
        && !json.Contains("\\ud", StringComparison.Ordinal)
        && !json.Contains("1e400", StringComparison.Ordinal);
}
