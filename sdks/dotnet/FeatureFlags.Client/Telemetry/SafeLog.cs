using Microsoft.Extensions.Logging;

namespace FeatureFlags.Client.Telemetry;

/// <summary>The application's log. Should it fail, nothing else does.</summary>
internal sealed class SafeLog(ILogger log) : ILogger
{
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel)
    {
        try
        {
            return log.IsEnabled(logLevel);
        }
        catch (Exception)
        {
            return false;
        }
    }

    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter
    )
    {
        try
        {
            log.Log(logLevel, eventId, state, exception, formatter);
        }
        // There is nowhere left to say it.
        catch (Exception) { }
    }
}
