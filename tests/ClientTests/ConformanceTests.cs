using System.Text.Json;
using System.Text.RegularExpressions;
using FeatureFlags.Client;
using FeatureFlags.Rules;
using FeatureFlags.Testing;

namespace FeatureFlags.ClientTests;

/// <summary>The cases that every implementation of the rules has to answer, asked of this one.</summary>
internal sealed class ConformanceTests
{
    private static IEnumerable<string> Files =>
        Directory.EnumerateFiles(Repository.File("sdks/conformance"), "*.json").Select(path => Path.GetFileName(path)!);

    [TestCaseSource(nameof(Files))]
    public void Every_case_is_answered_as_it_should_be(string file)
    {
        using var set = JsonDocument.Parse(File.ReadAllText(Repository.File($"sdks/conformance/{file}")));
        var tenant = set.RootElement.GetProperty("tenant").GetString()!;
        var wrong = new List<string>();
        foreach (var group in set.RootElement.GetProperty("groups").EnumerateArray())
        {
            using var client = Setup.Offline(Document(tenant, group));
            foreach (var test in group.GetProperty("cases").EnumerateArray())
            {
                var (expected, given) = (Expected(test.GetProperty("expected")), Given(client, test));
                // A pattern that is met for the first time on a busy machine may run out of its quarter of a second.
                if (given != expected && given == $"error {EvaluationErrors.RegexTimeout}")
                    given = Given(client, test);
                if (given != expected)
                    wrong.Add($"{group.GetProperty("name")}: {test.GetProperty("name")}: {given}, not {expected}");
            }
        }
        Assert.That(wrong, Is.Empty);
    }

    /// <summary>A group's flags and segments as the service would hand them out.</summary>
    private static string Document(string tenant, JsonElement group)
    {
        var flags = group.GetProperty("flags").EnumerateArray().Select(Versioned);
        var segments = group.TryGetProperty("segments", out var given)
            ? given
                .EnumerateArray()
                .Select(segment => Versioned(segment, Missing(segment, "included") + Missing(segment, "excluded")))
            : [];
        return $$"""
            {"format":1,"tenant":"{{tenant}}","environment":"production","revision":1,"event_id":"E",
             "flags":[{{string.Join(',', flags)}}],"segments":[{{string.Join(',', segments)}}]}
            """;
    }

    private static string Versioned(JsonElement entity) => Versioned(entity, "");

    private static string Versioned(JsonElement entity, string more) =>
        $$"""{"version":1,{{more}}{{entity.GetRawText()[1..]}}""";

    private static string Missing(JsonElement segment, string list) =>
        segment.TryGetProperty(list, out _) ? "" : $"\"{list}\":[],";

    /// <summary>What is asked of an answer; of one in error only the error, since the value is the caller's default.</summary>
    private static string Expected(JsonElement expected)
    {
        return expected.TryGetProperty("error", out var error)
            ? $"error {error}"
            : string.Join(
                ' ',
                expected.GetProperty("variant"),
                JsonSerializer.Serialize(expected.GetProperty("value")),
                expected.GetProperty("reason"),
                expected.TryGetProperty("rule_id", out var rule) ? rule.GetString() : "",
                Number(Bucket("bucket")),
                Number(Bucket("gate_bucket"))
            );

        double? Bucket(string name) => expected.TryGetProperty(name, out var bucket) ? bucket.GetDouble() : null;
    }

    private static string Given(FlagClient client, JsonElement test)
    {
        var flag = test.GetProperty("flag_key").GetString()!;
        var asked = test.GetProperty("user");
        JsonElement? attributes = asked.TryGetProperty("attributes", out var members) ? members : null;
        var user = EvaluationContext.FromJson(TextOf(asked.GetProperty("id")), attributes);

        var details = client.GetJsonDetails(flag, user, JsonElement.Parse("null"));
        if (details.Reason == Reason.Error)
            return $"error {details.ErrorCode}";
        // Where a user falls is no part of what the client tells; it has to be right all the same.
        var evaluation = client.State.Rules!.Compiled.Find(flag)!.Evaluate(user);
        return string.Join(
            ' ',
            details.Variant,
            JsonSerializer.Serialize(details.Value),
            JsonSerializer.Serialize(details.Reason).Trim('"'),
            details.RuleId,
            Number(evaluation.Bucket),
            Number(evaluation.GateBucket)
        );
    }

    // Halves of surrogate pairs stand in the files as escapes, which the platform's own getter throws on.
    private static string TextOf(JsonElement id) => Regex.Unescape(id.GetRawText()[1..^1]);

    private static string Number(double? bucket) =>
        bucket?.ToString("R", System.Globalization.CultureInfo.InvariantCulture) ?? "";
}
