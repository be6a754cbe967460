using System.Net;
using FeatureFlags.Testing;
using FeatureFlags.UnitTests.Rules;

namespace FeatureFlags.IntegrationTests.Evaluation;

/// <summary>Random flags, segments and users, the same ones in each run.</summary>
internal sealed class SameAnswersTests
{
    private const int Seed = 20_260_131;
    private const int Users = 150;
    private const int LongestMember = 256;

    private readonly RandomRules _random = new(Seed) { FewestVariants = 3 };

    [Test]
    public async Task Both_engines_give_the_same_answers_before_and_after_a_restart()
    {
        var (definitions, users) = Sample();
        var answers = new List<(string When, string[] Answers)>();
        foreach (var engine in Enum.GetValues<Engine>())
        {
            var folder = Directory.CreateTempSubdirectory("featureflags-same-");
            var dsn =
                engine == Engine.Postgres
                    ? await PostgresServer.Shared.CreateDatabase()
                    : $"Data Source={Path.Combine(folder.FullName, "featureflags.db")}";
            await using (var service = await Service.Start(engine, dsn: dsn))
            {
                var acme = await Acme(service);
                await Write(acme, definitions);
                answers.Add(($"{engine} before", await Answers(acme, users)));
            }
            await using (var service = await Service.Start(engine, dsn: dsn))
                answers.Add(($"{engine} after", await Answers(await Acme(service), users)));
            folder.Delete(recursive: true);
        }

        foreach (var (when, given) in answers)
            Assert.That(given, Is.EqualTo(answers[0].Answers), $"{when}, against {answers[0].When}");
        var all = string.Concat(answers[0].Answers);
        foreach (
            var reason in new[] { "rule_match", "default_distribution", "flag_off", "prerequisite_failed", "error" }
        )
            Assert.That(all, Does.Contain($"\"reason\":\"{reason}\""));
    }

    [Test]
    public async Task Preview_answers_as_evaluate_does_and_evaluate_as_batch([Values] Engine engine)
    {
        var (definitions, users) = Sample();
        var acme = await (await Service.On(engine)).Tenant("acme");
        await Write(acme, definitions);

        foreach (var user in users[..10])
        {
            var batch = await acme.Send(HttpMethod.Post, "/v1/evaluate/batch", $"{{\"user\": {user}}}");
            foreach (var item in batch["items"].EnumerateArray())
            {
                var body = $"{{\"flag_key\": \"{item.GetProperty("flag_key").GetString()}\", \"user\": {user}}}";
                var evaluated = await acme.Send(HttpMethod.Post, "/v1/evaluate", body);
                Assert.That(evaluated.Text, Is.EqualTo(item.GetRawText()));

                var preview = await acme.Send(HttpMethod.Post, "/v1/evaluate/preview", body);
                foreach (var member in evaluated.Json.EnumerateObject())
                    Assert.That(preview[member.Name].GetRawText(), Is.EqualTo(member.Value.GetRawText()), body);
            }
        }
    }

    private static async Task<TenantClient> Acme(Service service) =>
        new(service, "acme", "production", await service.Token("tester", [], "acme"));

    private static async Task Write(TenantClient acme, IEnumerable<(string Route, string Body)> definitions)
    {
        foreach (var (route, body) in definitions)
        {
            var answer = await acme.Send(HttpMethod.Post, route, body);
            Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.Created), $"{body}\n{answer}");
        }
    }

    private static async Task<string[]> Answers(TenantClient acme, IEnumerable<string> users)
    {
        var answers = new List<string>();
        foreach (var user in users)
        {
            var answer = await acme.Send(HttpMethod.Post, "/v1/evaluate/batch", $"{{\"user\": {user}}}");
            Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.OK), answer.ToString());
            answers.Add(answer.Text);
        }
        return [.. answers];
    }

    /// <summary>What a caller writes, each naming only what is written before, and whom they then ask for.</summary>
    private ((string Route, string Body)[] Definitions, string[] Users) Sample()
    {
        var definitions = new List<(string, string)>();
        var flags = new List<string>();
        var segments = new List<string>();
        for (var i = 0; i < 45; i++)
        {
            (_random.Flags, _random.Segments) = (flags, segments);
            if (i % 3 == 0)
            {
                definitions.Add(("/v1/segments", Segment($"segment-{i}")));
                segments.Add($"segment-{i}");
            }
            else
            {
                definitions.Add(("/v1/flags", $"{{\"key\": \"flag-{i}\", {_random.Flag()[1..]}"));
                flags.Add($"flag-{i}");
            }
        }
        return ([.. definitions], [.. Enumerable.Range(0, Users).Select(_ => User())]);
    }

    private string Segment(string key)
    {
        string[] ids =
        [
            .. _random
                .Members()
                .Concat(_random.Members())
                .Where(id => CanBeWritten(id) && id.Length <= LongestMember)
                .Distinct(),
        ];
        var excluded = ids.Length / 3;
        var criteria = _random.Criteria() is { } condition ? $", \"criteria\": {condition}" : "";
        return $"{{\"key\": \"{key}\", \"excluded\": [{string.Join(", ", ids[..excluded])}], \"included\": [{string.Join(", ", ids[excluded..])}]{criteria}}}";
    }

    private string User()
    {
        var id = _random.Id();
        while (id is null || !CanBeWritten(id))
            id = _random.Id();
        return $"{{\"id\": {id}, \"attributes\": {_random.Attributes()}}}";
    }

    // An id over HTTP is text that can be stored, and not empty.
    private static bool CanBeWritten(string id) => id != "\"\"" && !id.Contains('\\', StringComparison.Ordinal);
}
