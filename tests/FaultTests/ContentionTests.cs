using FeatureFlags.FaultTests.Rig;

namespace FeatureFlags.FaultTests;

/// <summary>Many want the same at once.</summary>
internal sealed class ContentionTests
{
    [TestCase(true, Category = "Short")]
    [TestCase(false)]
    [CancelAfter(600_000)]
    public async Task Of_32_writers_with_one_version_in_hand_exactly_one_wins(bool postgres)
    {
        var run = Run.Begin();
        await using var installation = postgres ? await Installation.OnPostgres() : Installation.OnSqlite();
        await installation.Start(postgres ? 3 : 1);
        var hosts = installation.Hosts;
        var created = await Put(0, HttpMethod.Post, "/v1/flags", version: null);
        Assert.That(created, Is.EqualTo(201));

        var rounds = Run.Times(full: 200, brief: 20);
        for (var version = 1; version <= rounds; version++)
        {
            var answers = await Task.WhenAll(
                Enumerable.Range(0, 32).Select(writer => Put(writer, HttpMethod.Put, "/v1/flags/contested", version))
            );
            Assert.That(answers.Count(status => status == 200), Is.EqualTo(1));
            Assert.That(answers.Count(status => status == 412), Is.EqualTo(31));
        }
        Assert.That(await new Checker(installation, []).Findings(), Has.All.StartsWith("unasked:"));
        run.Report(new { rounds, writes = rounds * 32 });

        async Task<int> Put(int writer, HttpMethod method, string path, int? version)
        {
            var flag = new
            {
                key = "contested",
                description = $"{writer} after {version}",
                variants = new[] { new { key = "on", weight = 1 } },
            };
            using var request = await installation.Request(hosts[writer % hosts.Count], method, path, flag);
            if (version is not null)
                request.Headers.Add("If-Match", $"\"{version}\"");
            using var answer = await hosts[writer % hosts.Count].Http.SendAsync(request);
            return (int)answer.StatusCode;
        }
    }

    [Test, CancelAfter(600_000)]
    public async Task A_reader_that_stays_for_long_keeps_no_writer_of_sqlite_waiting()
    {
        var run = Run.Begin();
        await using var installation = Installation.OnSqlite();
        await installation.Start(1);
        await using var reader = (Microsoft.Data.Sqlite.SqliteConnection)await installation.Connect();
        await using var snapshot = reader.BeginTransaction(deferred: true);
        await using var count = reader.CreateCommand();
        count.CommandText = "SELECT count(*) FROM outbox_messages";
        Assert.That(await count.ExecuteScalarAsync(), Is.Zero);

        await using var writers = Writers.Start(installation, run, count: 16);
        await writers.Begin(Run.Times(full: 5_000, brief: 500));
        await writers.Stop();
        Assert.That(await count.ExecuteScalarAsync(), Is.Zero);

        var counts = await new Checker(installation, writers.Ledger).Passes();
        Assert.That(counts["unknown"], Is.Zero);
        run.Report(counts);
    }
}
