using System.Text;
using FeatureFlags.Testing;

namespace FeatureFlags.UnitTests.Conformance;

/// <summary>The files of sdks/conformance, which hold every implementation of the rules to the same answers.</summary>
internal static class ConformanceFiles
{
    private const int FirstSeed = 1;

    public static IReadOnlyDictionary<string, Func<IEnumerable<RuleGroup>>> All { get; } =
        new Dictionary<string, Func<IEnumerable<RuleGroup>>>
        {
            ["order"] = RuleThemes.Order,
            ["paths"] = RuleThemes.Paths,
            ["segments"] = RuleThemes.Segments,
            ["references"] = RuleThemes.References,
            ["errors"] = RuleThemes.Errors,
            ["bucketing"] = BucketThemes.Bucketing,
            ["distributions"] = BucketThemes.Distributions,
            ["percentages"] = BucketThemes.Percentages,
            ["unleash"] = BucketThemes.Unleash,
            ["unicode"] = BucketThemes.Unicode,
            ["lone-surrogates"] = BucketThemes.LoneSurrogates,
            ["operator-examples"] = OperatorThemes.Examples,
            ["operator-types"] = OperatorThemes.Types,
            ["operator-text"] = OperatorThemes.Texts,
            ["operator-regex"] = OperatorThemes.Regexes,
            ["operator-number"] = OperatorThemes.Numbers,
            ["operator-time"] = OperatorThemes.Times,
            ["operator-version"] = OperatorThemes.Versions,
            ["operator-list"] = OperatorThemes.Lists,
            ["operator-network"] = OperatorThemes.Networks,
            ["random"] = () => RandomThemes.Groups(FirstSeed, count: 50),
        };

    public static string PathOf(string theme) => Repository.File($"sdks/conformance/{theme}.json");

    public static string Text(IEnumerable<RuleGroup> groups)
    {
        var file = new StringBuilder(
            $$"""
            {"format": 1, "tenant": "{{RuleGroup.Tenant}}", "groups": [

            """
        );
        var isFirst = true;
        foreach (var group in groups)
        {
            if (!isFirst)
                file.Append(",\n");
            isFirst = false;
            group.WriteTo(file);
        }
        return file.Append("\n]}\n").ToString();
    }
}
