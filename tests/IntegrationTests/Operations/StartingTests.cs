using System.Net;
using FeatureFlags.Testing;
using Npgsql;

namespace FeatureFlags.IntegrationTests.Operations;

[Parallelizable]
internal sealed class StartingTests
{
    // Long enough, and easy to find in what the process says.
    private const string Secret = "do-not-tell-anyone-this-secret-0123456789";

    [Test]
    public async Task Two_hosts_that_start_at_once_on_an_empty_database_both_become_ready()
    {
        await using var installation = await Installation.On(Engine.Postgres);

        await StartTwoAtOnce(installation);
    }

    [Test]
    public async Task Two_hosts_that_start_at_once_without_a_database_create_it_and_both_become_ready()
    {
        var dsn = new NpgsqlConnectionStringBuilder(await PostgresServer.Shared.CreateDatabase());
        var elsewhere = new NpgsqlConnectionStringBuilder(dsn.ConnectionString) { Database = "postgres" };
        await using (var administration = Installation.On(elsewhere.ConnectionString))
            await administration.Sql($"""DROP DATABASE "{dsn.Database}" """);
        await using var installation = Installation.On(dsn.ConnectionString);

        await StartTwoAtOnce(installation);
    }

    [Test]
    public async Task A_second_host_on_the_same_file_is_refused_and_the_first_goes_on()
    {
        await using var installation = await Installation.On(Engine.Sqlite);
        var first = await installation.Run();
        var acme = await first.Tenant("acme");

        var second = installation.Start();

        Assert.That(await second.ExitCode(), Is.EqualTo(1));
        Assert.That(second.Errors, Has.Count.EqualTo(1));
        Assert.That(second.Errors[0], Does.StartWith("Another host already uses the database file"));
        Assert.That((await acme.PostFlag(Sample.Flag("checkout"))).Status, Is.EqualTo(HttpStatusCode.Created));
        Assert.That(await acme.VariantOf("checkout", "u1"), Is.EqualTo("off"));
    }

    [TestCase("Production", "JWT_SECRET is missing")]
    [TestCase("Production", "JWT_SECRET is too short", "JWT_SECRET=tell-nobody-this")]
    [TestCase(
        "Production",
        "JWT_SECRET is one character over and over",
        "JWT_SECRET=000000000000000000000000000000000000"
    )]
    [TestCase("Development", "can be reached from other machines", "ASPNETCORE_URLS=http://0.0.0.0:0")]
    [TestCase("Development", "DB_DSN must be", $"DB_DSN=Hots=db;Password={Secret}")]
    [TestCase("Development", "DB_DSN must be", $"DB_DSN=Host=db;Prot=1;Password={Secret}")]
    [TestCase("Development", "DB_DSN must name a file", "DB_DSN=Data Source=:memory:")]
    [TestCase("Development", "go together", "ADMIN_CLIENT_ID=first")]
    [TestCase("Development", "go together", $"ADMIN_CLIENT_SECRET={Secret}")]
    [TestCase(
        "Development",
        "ADMIN_CLIENT_SECRET is too short",
        "ADMIN_CLIENT_ID=first",
        "ADMIN_CLIENT_SECRET=tell-no-one"
    )]
    [TestCase("Development", "RATE_LIMIT_WRITES must be a whole number", "RATE_LIMIT_WRITES=many")]
    [TestCase("Development", "LOG_LEVEL must be one of", "LOG_LEVEL=loud")]
    [TestCase("Development", "AUTH_STUB_ISSUER must be", "AUTH_STUB_ISSUER=maybe")]
    [TestCase("Development", "DEMO_SEED must be", "DEMO_SEED=maybe")]
    [TestCase("Development", "Outbox:Lease", "OUTBOX__LEASE=00:01:00")]
    [TestCase("Development", "Outbox", "OUTBOX__POLL=often")]
    public async Task What_is_set_up_wrongly_is_told_in_one_line_and_the_process_ends(
        string environment,
        string complaint,
        params string[] settings
    )
    {
        await using var installation = await Installation.On(Engine.Sqlite);
        var pairs = settings.Select(s => s.Split('=', 2)).Select(s => (Name: s[0], Value: s[1])).ToArray();

        var host = installation.Start([("ASPNETCORE_ENVIRONMENT", environment), .. pairs]);

        Assert.That(await host.ExitCode(), Is.EqualTo(1));
        Assert.That(host.Errors, Has.Count.EqualTo(1), () => string.Join('\n', host.Errors));
        Assert.That(host.Errors[0], Does.Contain(complaint));
        var said = string.Join('\n', host.Errors.Concat(host.Output));
        Assert.That(said, Does.Not.Contain("   at ").And.Not.Contain("Exception"));
        foreach (var (name, value) in pairs.Where(p => p.Name.Contains("SECRET", StringComparison.Ordinal)))
            Assert.That(said, Does.Not.Contain(value));
        Assert.That(said, Does.Not.Contain(Secret));
    }

    private static async Task StartTwoAtOnce(Installation installation)
    {
        installation.With("DEMO_SEED", "true");
        var (one, other) = (installation.Start(), installation.Start());
        await Task.WhenAll(one.Ready(), other.Ready());

        var here = await one.Tenant("acme");
        var there = here.At(other.Http);
        Assert.That((await here.Get("/v1/flags"))["items"].GetArrayLength(), Is.EqualTo(5));
        Assert.That(
            (await there.Audit("?action=create"))["items"].GetArrayLength(),
            Is.EqualTo(8),
            "five flags, three segments"
        );

        // And they work together: each knows of the other's write.
        await here.PostFlag(Sample.Flag("checkout"));
        await Eventually.Holds(async () => await there.VariantOf("checkout", "u1") == "off");
        await there.PatchFlag("checkout", new { off_variant = "on", state = "off" });
        await Eventually.Holds(async () => await here.VariantOf("checkout", "u1") == "on");
    }
}
