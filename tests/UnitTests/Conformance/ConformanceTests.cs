using System.Text.Json;
using FeatureFlags.Rules;
using FeatureFlags.UnitTests.Rules;

namespace FeatureFlags.UnitTests.Conformance;

public sealed class ConformanceTests
{
    private const int FewestCases = 2_000;
    private const int MostBytes = 3_000_000;

    private static IEnumerable<string> Themes => ConformanceFiles.All.Keys;

    [TestCaseSource(nameof(Themes))]
    public void The_file_says_what_the_naive_interpreter_does(string theme)
    {
        var path = ConformanceFiles.PathOf(theme);
        var expected = ConformanceFiles.Text(ConformanceFiles.All[theme]());

        if (
            Environment.GetEnvironmentVariable("UPDATE_DOCS") == "1"
            && Environment.GetEnvironmentVariable("CI") != "true"
        )
            File.WriteAllText(path, expected);
        Assert.That(
            File.Exists(path) ? File.ReadAllText(path) : "",
            Is.EqualTo(expected),
            $"sdks/conformance/{theme}.json is stale: run this test with UPDATE_DOCS=1"
        );
    }

    [TestCaseSource(nameof(Themes))]
    public void The_engine_answers_as_the_file_says(string theme)
    {
        var file = Read(theme);
        var tenant = file.GetProperty("tenant").GetString()!;
        Assert.Multiple(() =>
        {
            foreach (var group in file.GetProperty("groups").EnumerateArray())
            {
                var rules = RuleSet.Empty(tenant).With(Definitions(group));
                foreach (var asked in group.GetProperty("cases").EnumerateArray())
                {
                    var user = asked.GetProperty("user");
                    var id = (string?)NaiveInterpreter.Plain(user.GetProperty("id"));
                    var answer = rules.Evaluate(
                        asked.GetProperty("flag_key").GetString()!,
                        EvaluationContext.FromJson(id, user.GetProperty("attributes"))
                    );
                    Assert.That(
                        Differences(answer, asked.GetProperty("expected")),
                        Is.Empty,
                        $"{group.GetProperty("name")}: {asked.GetProperty("name")}"
                    );
                }
            }
        });
    }

    [Test]
    public void There_are_no_other_files_and_together_they_are_many_cases_in_few_bytes()
    {
        var files = Directory.GetFiles(Path.GetDirectoryName(ConformanceFiles.PathOf("order"))!, "*.json");
        var cases = ConformanceFiles.All.Values.SelectMany(groups => groups()).Sum(group => group.Cases);

        Assert.That(files.Select(file => Path.GetFileNameWithoutExtension(file)), Is.EquivalentTo(Themes));
        Assert.That(cases, Is.GreaterThanOrEqualTo(FewestCases));
        Assert.That(files.Sum(file => new FileInfo(file).Length), Is.LessThan(MostBytes));
    }

    [Test]
    public void Every_reason_and_every_error_that_a_service_can_give_is_there()
    {
        var answers = Themes
            .SelectMany(theme => Read(theme).GetProperty("groups").EnumerateArray())
            .SelectMany(group => group.GetProperty("cases").EnumerateArray())
            .Select(asked => asked.GetProperty("expected"))
            .Select(answer =>
                (answer.TryGetProperty("error", out var error) ? error : answer.GetProperty("reason")).GetString()
            );

        // What can't be read, cycles, and what leads too far are refused where they are written.
        Assert.That(
            answers.Distinct(),
            Is.EquivalentTo(
                new[]
                {
                    "rule_match",
                    "default_distribution",
                    "flag_off",
                    "prerequisite_failed",
                    EvaluationErrors.BucketKeyMissing,
                    EvaluationErrors.RegexTimeout,
                }
            )
        );
    }

    private static JsonElement Read(string theme) =>
        JsonElement.Parse(File.ReadAllText(ConformanceFiles.PathOf(theme)));

    private static RuleSetChange Definitions(JsonElement group) =>
        new()
        {
            Flags =
            [
                .. group
                    .GetProperty("flags")
                    .EnumerateArray()
                    .Select(flag => FlagDefinition.Restore(flag.GetProperty("key").GetString()!, 1, flag)),
            ],
            Segments = [.. group.GetProperty("segments").EnumerateArray().Select(Segment)],
        };

    private static SegmentDefinition Segment(JsonElement segment) =>
        SegmentDefinition.Restore(segment.GetProperty("key").GetString()!, 1, segment) with
        {
            Included = MemberSet.Of(Ids(segment, "included")),
            Excluded = MemberSet.Of(Ids(segment, "excluded")),
        };

    private static IEnumerable<string> Ids(JsonElement segment, string list) =>
        segment.TryGetProperty(list, out var ids) ? ids.EnumerateArray().Select(id => id.GetString()!) : [];

    private static IEnumerable<string> Differences(FeatureFlags.Rules.Evaluation answer, JsonElement expected)
    {
        var value = answer.Value ?? JsonElement.Parse("null");
        if (!JsonElement.DeepEquals(value, expected.GetProperty("value")))
            yield return $"value: {value}, not {expected.GetProperty("value")}";
        foreach (
            var (name, given) in new (string, object?)[]
            {
                ("variant", answer.Variant),
                ("reason", JsonSerializer.SerializeToElement(answer.Reason).GetString()),
                ("rule_id", answer.RuleId),
                ("bucket", answer.Bucket),
                ("gate_bucket", answer.GateBucket),
                ("error", answer.Error),
            }
        )
        {
            var wanted = expected.TryGetProperty(name, out var member) ? Plain(member) : null;
            if (!Equals(given, wanted))
                yield return $"{name}: {given}, not {wanted}";
        }
    }

    private static object? Plain(JsonElement member) =>
        member.ValueKind == JsonValueKind.Number ? member.GetDouble() : member.GetString();
}
