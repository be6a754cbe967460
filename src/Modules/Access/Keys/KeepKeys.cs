using FeatureFlags.BuildingBlocks.Persistence;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace FeatureFlags.Access.Keys;

/// <summary>
/// Keeps the keys that are held on disk, so that a host that starts while the database is away knows whom it knew: soon
/// after they have changed, and what is left when the host is told to stop. When the database is there, it decides.
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

    // What the file holds, by the number of its changes; null until it was read.
    private int? _kept;
    private bool _isFailing;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.WhenAny(database.WhenReady(stoppingToken), database.WhenMissed(stoppingToken));
        stoppingToken.ThrowIfCancellationRequested();
        known.Restore(Read());
        _kept = 0;
        await database.WhenReady(stoppingToken);
        while (!await Confirm(stoppingToken))
            await Task.Delay(Look, clock, stoppingToken);

        while (true)
        {
            await Task.Delay(Look, clock, stoppingToken);
            Keep();
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        Keep();
    }

    private IReadOnlyList<HeldKey> Read()
    {
        try
        {
            return file.Read();
        }
        catch (Exception error) when (error is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            LogRefused(file.Path, error.Message);
            return [];
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

    /// <summary>Writes what is held, where that is not what the file has.</summary>
    private void Keep()
    {
        var changes = known.Changes;
        if (_kept is not { } kept || kept == changes)
            return;
        try
        {
            file.Write(known.Held);
            _kept = changes;
            _isFailing = false;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Said once, until it succeeds: keys in memory are as good as ever.
            if (!_isFailing)
                LogNotKept(error);
            _isFailing = true;
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
