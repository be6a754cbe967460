using System.Net;
using System.Text.Json;
using FeatureFlags.Testing;

namespace FeatureFlags.IntegrationTests.Operations;

[Parallelizable]
internal sealed class StoppingTests
{
    [Test]
    public async Task Told_to_stop_a_host_ends_well_and_has_written_its_last_line([Values] Engine engine)
    {
        await using var installation = await Installation.On(engine);
        var host = await installation.Run();
        var acme = await host.Tenant("acme");
        await acme.PostFlag(Sample.Flag("checkout"));

        host.Terminate();

        Assert.That(await host.ExitCode(), Is.Zero);
        Assert.That(host.Errors, Is.Empty);
        Assert.That(
            host.Output.Select(line => JsonDocument.Parse(line).RootElement.GetProperty("message").GetString()),
            Has.Some.EqualTo("POST /v1/flags 201").And.Some.EqualTo("Application is shutting down...")
        );
    }

    [Test]
    public async Task What_is_in_flight_is_finished_and_meanwhile_the_host_is_not_ready()
    {
        await using var installation = await Installation.On(Engine.Postgres);
        var host = await installation.Run();
        var acme = await host.Tenant("acme");
        await acme.PostFlag(Sample.Flag("checkout"));
        await using var other = installation.Connect();
        await other.OpenAsync();
        await using var transaction = await other.BeginTransactionAsync();
        await using var command = other.CreateCommand();
        command.CommandText = "SELECT * FROM outbox_revisions FOR UPDATE";
        await command.ExecuteNonQueryAsync();
        var inFlight = acme.PatchFlag("checkout", new { state = "off" });
        await Eventually.Holds(async () =>
            await installation.Sql("SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock'") is [_]
        );

        host.Terminate();
        await Eventually.Holds(async () => (await host.Get("/readyz")).Status == HttpStatusCode.ServiceUnavailable);
        // As a load balancer asks: each time by a new connection, so that the host has to be listening still.
        for (var i = 0; i < 50; i++)
        {
            using var balancer = new HttpClient { BaseAddress = host.Http.BaseAddress };
            var ready = await Answer.Of(await balancer.GetAsync("/readyz"));
            Assert.That((ready.Status, ready.Text), Is.EqualTo((HttpStatusCode.ServiceUnavailable, "stopping")));
        }
        Assert.That(inFlight.IsCompleted, Is.False);
        await transaction.RollbackAsync();

        Assert.That((await inFlight).Status, Is.EqualTo(HttpStatusCode.OK), (await inFlight).ToString());
        Assert.That(await host.ExitCode(), Is.Zero);
        Assert.That(await installation.Sql("SELECT version FROM flags_flags"), Is.EqualTo(["2"]));
    }
}
