using System.Globalization;
using System.Net;
using System.Text.Json;
using FeatureFlags.Testing;

namespace FeatureFlags.IntegrationTests.Evaluation;

/// <summary>The service answers as sdks/conformance says every implementation of the rules does.</summary>
internal sealed class ConformanceTests
{
    private const int AtOnce = 4;

    /// <summary>Of an answer; in the files all of them stand side by side.</summary>
    private static readonly string[] Members =
    [
        "variant",
        "value",
        "reason",
        "rule_id",
        "details.bucket",
        "details.gate_bucket",
        "details.error",
    ];

    // That answers do not depend on the engine is for SameAnswersTests to say.
    [Test]
    public async Task The_service_answers_as_the_conformance_set_says()
    {
        var service = await Service.On(Engine.Sqlite);
        var files = Directory.GetFiles(Repository.File("sdks/conformance"), "*.json");
        var differences = new List<string>();
        var asked = 0;
        foreach (var path in files)
        {
            var file = JsonElement.Parse(await File.ReadAllTextAsync(path));
            var tenant = file.GetProperty("tenant").GetString()!;
            var token = await service.Token("tester", [], tenant);
            var theme = Path.GetFileNameWithoutExtension(path);
            var groups = file.GetProperty("groups").EnumerateArray().Index();
            await Parallel.ForEachAsync(
                groups,
                new ParallelOptions { MaxDegreeOfParallelism = AtOnce },
                async (indexed, _) =>
                {
                    var (i, group) = indexed;
                    var environment = string.Create(CultureInfo.InvariantCulture, $"{theme}-{i}");
                    var client = new TenantClient(service, tenant, environment, token);
                    await Write(client, group);
                    foreach (var one in group.GetProperty("cases").EnumerateArray())
                    {
                        var difference = await Difference(client, one);
                        lock (differences)
                        {
                            asked++;
                            if (difference is not null)
                                differences.Add($"{theme}, {group.GetProperty("name")}, {difference}");
                        }
                    }
                }
            );
        }

        Assert.That(differences, Is.Empty);
        Assert.That(asked, Is.GreaterThanOrEqualTo(2_000));
    }

    /// <summary>Writes what a group defines. What names something further on is written again, when that is there.</summary>
    private static async Task Write(TenantClient client, JsonElement group)
    {
        var left = group
            .GetProperty("segments")
            .EnumerateArray()
            .Select(segment => ("/v1/segments", segment))
            .Concat(group.GetProperty("flags").EnumerateArray().Select(flag => ("/v1/flags", flag)))
            .ToList();
        while (left.Count > 0)
        {
            var refused = new List<((string Route, JsonElement Body), Answer)>();
            foreach (var (route, body) in left)
            {
                var answer = await client.Send(HttpMethod.Post, route, body.GetRawText());
                if (answer.Status != HttpStatusCode.Created)
                    refused.Add(((route, body), answer));
            }
            if (refused.Count == left.Count)
                throw new InvalidOperationException($"can't be written: {refused[0]}");
            left = [.. refused.Select(one => one.Item1)];
        }
    }

    private static async Task<string?> Difference(TenantClient client, JsonElement one)
    {
        var body =
            $$"""{"flag_key": {{one.GetProperty("flag_key")
            .GetRawText()}}, "user": {{one.GetProperty("user").GetRawText()}}}""";
        var answer = await client.Send(HttpMethod.Post, "/v1/evaluate", body);
        var expected = one.GetProperty("expected");
        var differences = Members.Where(name =>
            !Same(Member(answer.Json, name.Split('.')), Member(expected, [name.Split('.')[^1]]))
        );
        return differences.Any() ? $"{one}: {string.Join(", ", differences)} of {answer}" : null;
    }

    private static JsonElement? Member(JsonElement? within, ReadOnlySpan<string> path)
    {
        foreach (var name in path)
            within =
                within is { ValueKind: JsonValueKind.Object } at && at.TryGetProperty(name, out var member)
                    ? member
                    : null;
        return within;
    }

    private static bool Same(JsonElement? given, JsonElement? wanted) =>
        (given, wanted) switch
        {
            (null, null) => true,
            ({ ValueKind: JsonValueKind.Number } left, { ValueKind: JsonValueKind.Number } right) => left.GetDouble()
                == right.GetDouble(),
            ({ } left, { } right) => JsonElement.DeepEquals(left, right),
            _ => false,
        };
}
