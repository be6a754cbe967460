using Microsoft.Extensions.Logging;

namespace FeatureFlags.Client.Sync;

/// <summary>
/// What a client knows: the rules in force, swapped by one reference, and how they stand to the service's. Evaluations
/// read <see cref="Rules"/> and nothing else; the rest is behind a lock.
/// </summary>
internal sealed partial class FlagState(TimeProvider clock, ILogger log)
{
    // The later frameworks' Lock is not there on .NET 8.
    private readonly object _lock = new();
    private readonly TaskCompletionSource _settled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly HashSet<FaultKind> _told = [];

    private volatile ClientRules? _rules;
    private FlagConnection _connection = FlagConnection.Connecting;
    private long? _confirmed;
    private long? _stale;
    private FaultKind _lastFault;
    private string? _error;
    private string? _fileError;

    public ClientRules? Rules => _rules;

    public FlagConnection Connection
    {
        get
        {
            lock (_lock)
                return _connection;
        }
    }

    /// <summary>Completed once the rules are the service's, or it turned out that there are only those of before.</summary>
    public Task Settled => _settled.Task;

    /// <summary>For how long changes may have been missed; zero while none can have been.</summary>
    public TimeSpan StaleFor
    {
        get
        {
            lock (_lock)
                return _stale is { } stale ? clock.GetElapsedTime(stale) : TimeSpan.Zero;
        }
    }

    public FlagClientStatus Status
    {
        get
        {
            lock (_lock)
            {
                var rules = _rules;
                return new FlagClientStatus
                {
                    Connection = _connection,
                    Source = rules?.Source ?? RulesSource.None,
                    Revision = rules?.At.Revision,
                    Tenant = rules?.Tenant,
                    Environment = rules?.Environment,
                    Age = _confirmed is { } confirmed ? clock.GetElapsedTime(confirmed) : null,
                    StaleSince = _stale is { } stale ? clock.GetUtcNow() - clock.GetElapsedTime(stale) : null,
                    LastError = _error,
                    FileError = _fileError,
                };
            }
        }
    }

    /// <summary>Takes rules to begin with.</summary>
    public void Begin(ClientRules? rules, bool offline)
    {
        lock (_lock)
        {
            _rules = rules;
            _connection = offline ? FlagConnection.Offline : FlagConnection.Connecting;
            _stale = offline ? null : clock.GetTimestamp();
        }
        if (offline)
            _settled.TrySetResult();
    }

    /// <summary>Puts rules in force.</summary>
    public void Take(ClientRules rules) => _rules = rules;

    /// <summary>The service says that the rules in force are the current ones.</summary>
    public void Confirm(FlagConnection connection)
    {
        TimeSpan? away = null;
        lock (_lock)
        {
            if (_rules is { Source: not RulesSource.Service } unconfirmed)
                _rules = unconfirmed with { Source = RulesSource.Service };
            if (_connection != connection)
            {
                if (_told.Count > 0 && _stale is { } stale)
                    away = clock.GetElapsedTime(stale);
                // While it polls, what keeps it from streaming was told and stays worth showing.
                if (connection == FlagConnection.Streaming)
                {
                    _told.Clear();
                    _error = null;
                }
                else
                    _told.RemoveWhere(kind => kind != _lastFault);
            }
            _connection = connection;
            _confirmed = clock.GetTimestamp();
            _stale = null;
        }
        if (away is { } time)
            LogRecovered(time.TotalSeconds);
        _settled.TrySetResult();
    }

    /// <summary>The stream can't be had, or is lost. While polling works that loses nothing.</summary>
    public void StreamFailed(FaultException fault) => Fail(fault, isLoss: Connection != FlagConnection.Polling);

    public void PollFailed(FaultException fault) => Fail(fault, isLoss: true);

    /// <summary>The service was tried: with rules of before nobody needs to wait for it any longer.</summary>
    public void Tried()
    {
        if (_rules is not null)
            _settled.TrySetResult();
    }

    /// <param name="why">Why the file is of no use; null once it is.</param>
    public void FileFailed(string? why)
    {
        bool isNew;
        lock (_lock)
        {
            isNew = why is not null && _fileError is null;
            _fileError = why;
        }
        if (isNew)
            LogFile(why!);
    }

    private void Fail(FaultException fault, bool isLoss)
    {
        bool isNew;
        lock (_lock)
        {
            isNew = _told.Add(fault.Kind);
            _lastFault = fault.Kind;
            _error = fault.Message;
            if (isLoss)
            {
                _connection = FlagConnection.Disconnected;
                _stale ??= _confirmed ?? clock.GetTimestamp();
            }
        }
        if (isNew)
            LogFault(fault.Kind == FaultKind.Ended ? LogLevel.Information : LogLevel.Warning, fault.Message);
    }

    [LoggerMessage(Message = "Feature flags: {Fault} The rules known last stay in force.")]
    private partial void LogFault(LogLevel level, string fault);

    [LoggerMessage(
        Level = LogLevel.Information,
        Message = "Feature flags: changes are followed again; for {Seconds:0.0} s some may have come late."
    )]
    private partial void LogRecovered(double seconds);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Feature flags: {Why}")]
    private partial void LogFile(string why);
}
