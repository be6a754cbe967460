using FeatureFlags.BuildingBlocks.Persistence;

namespace FeatureFlags.Host.Persistence;

/// <summary>
/// Migrates, runs the modules' start-up steps and opens the gate for all other work on the database. While the
/// database is away the host stays up, not ready, and tries again.
/// </summary>
internal sealed partial class DatabaseStartup(
    IServiceScopeFactory scopes,
    IDatabaseEngine engine,
    DatabaseStatus status,
    TimeProvider clock,
    ILogger<DatabaseStartup> log
) : BackgroundService
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(500);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var failing = false;
        while (true)
        {
            try
            {
                await Start(stoppingToken);
                status.SetReady();
                LogReady();
                return;
            }
            catch (Exception error) when (engine.IsUnavailable(error))
            {
                if (!failing)
                    LogWaiting(error);
                failing = true;
                status.SetMissed();
            }
            await Task.Delay(RetryAfter, clock, stoppingToken);
        }
    }

    private async Task Start(CancellationToken ct)
    {
        await using (var services = scopes.CreateAsyncScope())
            await engine.Migrate(services.ServiceProvider.GetRequiredService<AppDbContext>(), ct);

        await using var steps = scopes.CreateAsyncScope();
        foreach (var step in steps.ServiceProvider.GetServices<IStartupStep>())
            await step.Run(ct);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The database is ready")]
    private partial void LogReady();

    [LoggerMessage(Level = LogLevel.Warning, Message = "The database is away; waiting for it")]
    private partial void LogWaiting(Exception error);
}
