using FeatureFlags.BuildingBlocks.Persistence;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace FeatureFlags.Access.Keys;

/// <summary>
/// Keeps the keys that are held on disk, so that a host that starts while the database is away knows whom it knew. When
/// the database is there, it decides.
/// </summary>
internal sealed partial class KeepKeys(
    KnownKeys known,
    KeyFile file,
    DatabaseStatus database,
    TimeProvider clock,
    ILogger<KeepKeys> log
) : BackgroundService
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    private bool _isFailing;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.WhenAny(database.WhenReady(stoppingToken), database.WhenMissed(stoppingToken));
        stoppingToken.ThrowIfCancellationRequested();
        Restore();
        await database.WhenReady(stoppingToken);
        while (!await Confirm(stoppingToken))
            await Task.Delay(Look, clock, stoppingToken);

        var kept = known.Changes;
        while (true)
        {
            await Task.Delay(Look, clock, stoppingToken);
            var changes = known.Changes;
            if (changes != kept && Keep())
                kept = changes;
        }
    }

    private void Restore()
    {
        try
        {
            known.Restore(file.Read());
        }
        catch (Exception error) when (error is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            LogRefused(file.Path, error.Message);
        }
    }

    private async Task<bool> Confirm(CancellationToken ct)
    {
        try
        {
            await known.Confirm(ct);
            return true;
        }
        catch (Exception) when (!ct.IsCancellationRequested)
        {
            // What is wrong is said where revisions are followed, which reads the same.
            return false;
        }
    }

    private bool Keep()
    {
        try
        {
            file.Write(known.Held);
            _isFailing = false;
            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Said once, until it succeeds: keys in memory are as good as ever.
            if (!_isFailing)
                LogNotKept(error);
            _isFailing = true;
            return false;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The last-known-good file {File} is left out: {Why}")]
    private partial void LogRefused(string file, string why);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "The last-known-good file of API keys can't be written; should the database be away at the next start, some are refused"
    )]
    private partial void LogNotKept(Exception error);
}
