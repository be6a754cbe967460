using System.Diagnostics;

namespace FeatureFlags.IntegrationTests.Ofrep;

/// <summary>Counts how often hosts of this process read from PostgreSQL where one scope stands, from now on.</summary>
internal sealed class LoadCount : IDisposable
{
    private readonly ActivityListener _listener;
    private int _count;

    public LoadCount()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Npgsql",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = command =>
            {
                if (command.TagObjects.Any(tag => tag.Value is string sql && IsLoad(sql)))
                    Interlocked.Increment(ref _count);
            },
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public int Count => Volatile.Read(ref _count);

    public void Dispose() => _listener.Dispose();

    private static bool IsLoad(string sql) =>
        sql.Contains("FROM outbox_revisions", StringComparison.Ordinal)
        && sql.Contains("WHERE", StringComparison.Ordinal);
}
