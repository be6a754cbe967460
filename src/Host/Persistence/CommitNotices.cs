using FeatureFlags.BuildingBlocks.Outbox;
using FeatureFlags.BuildingBlocks.Persistence;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Npgsql;

namespace FeatureFlags.Host.Persistence;

/// <summary>
/// Hosts on one PostgreSQL tell each other that they have committed, so that none waits for its next look at the
/// revisions. A notice says only that there is something to look at: it may be lost, late or one for many.
/// </summary>
/// <remarks>
/// Sent after the commit, not within it: PostgreSQL lets transactions that notify commit one at a time, each waiting
/// for the disk, over all tenants. This way it is one notice for whatever was committed since the one before, and no
/// writer waits for it.
/// </remarks>
internal sealed partial class CommitNotices(
    DatabaseDsn dsn,
    IServiceScopeFactory scopes,
    DatabaseStatus database,
    CommitPulse commits,
    RevisionHint hint,
    IOptions<OutboxOptions> options,
    TimeProvider clock,
    ILogger<CommitNotices> log
) : BackgroundService
{
    private const string Channel = "featureflags_commits";

    // A line that went dead without a word is noticed by then; the poll goes on meanwhile.
    private const int KeepAliveSeconds = 10;

    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromSeconds(15);

    private readonly string _me = Guid.NewGuid().ToString("N");

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!options.Value.Notify)
            return;

        await database.WhenReady(stoppingToken);
        await Task.WhenAll(Tell(stoppingToken), Listen(stoppingToken));
    }

    private async Task Tell(CancellationToken stopping)
    {
        var committed = commits.Pulse.Next;
        while (true)
        {
            await committed.WaitAsync(stopping);
            // Before the notice: what is committed while it is sent gets another.
            committed = commits.Pulse.Next;
            try
            {
                await using var services = scopes.CreateAsyncScope();
                var db = services.ServiceProvider.GetRequiredService<AppDbContext>();
                await db.Database.ExecuteSqlAsync($"SELECT pg_notify({Channel}, {_me})", stopping);
            }
            catch (Exception error) when (!stopping.IsCancellationRequested)
            {
                LogNotTold(error);
            }
        }
    }

    private async Task Listen(CancellationToken stopping)
    {
        var retryAfter = FirstRetry;
        while (true)
        {
            try
            {
                await using var connection = new NpgsqlConnection(
                    new NpgsqlConnectionStringBuilder(dsn.ConnectionString)
                    {
                        Pooling = false,
                        KeepAlive = KeepAliveSeconds,
                    }.ConnectionString
                );
                connection.Notification += Heard;
                await connection.OpenAsync(stopping);
                await using (var listen = new NpgsqlCommand($"LISTEN {Channel}", connection))
                    await listen.ExecuteNonQueryAsync(stopping);
                retryAfter = FirstRetry;
                // For what was said while nobody listened.
                hint.Pulse.Beat();
                while (true)
                    await connection.WaitAsync(stopping);
            }
            catch (Exception error) when (!stopping.IsCancellationRequested)
            {
                // Once per outage.
                if (retryAfter == FirstRetry)
                    LogDeaf(error);
            }
            await Task.Delay(retryAfter, clock, stopping);
            retryAfter = retryAfter * 2 < LongestRetry ? retryAfter * 2 : LongestRetry;
        }
    }

    private void Heard(object sender, NpgsqlNotificationEventArgs notice)
    {
        // This host's followers know already.
        if (notice.Payload != _me)
            hint.Pulse.Beat();
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Other hosts could not be told of a commit; they will see it")]
    private partial void LogNotTold(Exception error);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Notices of other hosts' commits can't be heard; until they can, revisions are looked at now and then"
    )]
    private partial void LogDeaf(Exception error);
}
