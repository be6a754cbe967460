using System.Text.Json;
using FeatureFlags.Client.Sync;
using FeatureFlags.Client.Telemetry;
using FeatureFlags.Rules;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace FeatureFlags.Client;

/// <summary>
/// Answers what a flag gives a user, in process, by rules that it keeps up to date in the background. One per
/// application, for all threads. No evaluation throws, waits, or allocates; where there is no answer it gives the
/// caller's default, and the details say why.
/// </summary>
public sealed partial class FlagClient : IAsyncDisposable, IDisposable
{
    private readonly FlagState _state;
    private readonly ClientMetrics _metrics;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _stop = new();
    private readonly RuleRequests? _requests;
    private readonly Task _following = Task.CompletedTask;
    private readonly Task _keeping = Task.CompletedTask;
    private int _ended;
    private int _unexpected;

    /// <summary>Begins to follow the rules. It does not wait for them: see <see cref="WaitForReady"/>.</summary>
    /// <exception cref="ArgumentException">An option is missing or out of range.</exception>
    public FlagClient(FlagClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Check();
        _clock = options.TimeProvider;
        _log = (options.LoggerFactory ?? NullLoggerFactory.Instance).CreateLogger<FlagClient>();
        _state = new FlagState(_clock, _log);
        _metrics = new ClientMetrics(_state);
        var file = options.CacheFile is { } path ? CacheFile.For(options, path) : null;
        _state.Begin(FirstRules.Of(options, file, _state), options.Offline);
        if (options.Offline)
            return;

        var writer = file is null ? null : new CacheWriter(file, _state, _clock);
        _requests = new RuleRequests(options);
        var feed = new RuleFeed(_requests, _state, options, _metrics, rules => writer?.Keep(rules));
        // Away from whatever context the caller is in.
        _following = Task.Run(() => feed.Run(_stop.Token));
        if (writer is not null)
            _keeping = Task.Run(() => writer.Run(_stop.Token));
    }

    /// <summary>A client for tests: it has these rules until others are put in force.</summary>
    internal FlagClient(ClientRules rules)
    {
        _clock = TimeProvider.System;
        _log = NullLogger.Instance;
        _state = new FlagState(_clock, _log);
        _metrics = new ClientMetrics(_state);
        _state.Begin(rules, offline: true);
    }

    /// <summary>How it is doing.</summary>
    public FlagClientStatus Status => _state.Status;

    internal FlagState State => _state;

    /// <summary>
    /// Waits until the service's rules are in force, or the service turned out to be out of reach and those of the cache
    /// file or the bootstrap stand in.
    /// </summary>
    /// <returns>Whether there are any rules to answer by; false at the timeout without.</returns>
    /// <exception cref="OperationCanceledException"/>
    public async Task<bool> WaitForReady(TimeSpan timeout, CancellationToken ct = default)
    {
        try
        {
            await _state.Settled.WaitAsync(timeout, _clock, ct).ConfigureAwait(false);
        }
        catch (TimeoutException) { }
        return _state.Rules is not null;
    }

    /// <returns>
    /// The flag as the service stores it, with its name, description, tags and metadata; null when there is no such flag.
    /// </returns>
    public JsonElement? Describe(string flagKey) => flagKey is null ? null : _state.Rules?.Describe(flagKey);

    /// <summary>What the flag gives the user.</summary>
    /// <param name="flagKey">The flag's key.</param>
    /// <param name="user">Whom it is for: <c>EvaluationContext.For("alice").Set("country", "CA").Build()</c>.</param>
    /// <param name="defaultValue">Answered when there is no answer.</param>
    public bool GetBoolean(string flagKey, EvaluationContext user, bool defaultValue) =>
        GetBooleanDetails(flagKey, user, defaultValue).Value;

    /// <inheritdoc cref="GetBoolean"/>
    public string GetString(string flagKey, EvaluationContext user, string defaultValue) =>
        GetStringDetails(flagKey, user, defaultValue).Value;

    /// <inheritdoc cref="GetBoolean"/>
    public double GetNumber(string flagKey, EvaluationContext user, double defaultValue) =>
        GetNumberDetails(flagKey, user, defaultValue).Value;

    /// <inheritdoc cref="GetBoolean"/>
    /// <remarks>A number that is not whole is of the wrong type.</remarks>
    public long GetInteger(string flagKey, EvaluationContext user, long defaultValue) =>
        GetIntegerDetails(flagKey, user, defaultValue).Value;

    /// <inheritdoc cref="GetBoolean"/>
    /// <remarks>The value as it stands, of whatever type.</remarks>
    public JsonElement GetJson(string flagKey, EvaluationContext user, JsonElement defaultValue) =>
        GetJsonDetails(flagKey, user, defaultValue).Value;

    /// <inheritdoc cref="GetBoolean"/>
    public FlagDetails<bool> GetBooleanDetails(string flagKey, EvaluationContext user, bool defaultValue) =>
        Evaluate<bool, BooleanValue>(flagKey, user, defaultValue);

    /// <inheritdoc cref="GetBoolean"/>
    public FlagDetails<string> GetStringDetails(string flagKey, EvaluationContext user, string defaultValue) =>
        Evaluate<string, TextValue>(flagKey, user, defaultValue);

    /// <inheritdoc cref="GetBoolean"/>
    public FlagDetails<double> GetNumberDetails(string flagKey, EvaluationContext user, double defaultValue) =>
        Evaluate<double, NumberValue>(flagKey, user, defaultValue);

    /// <inheritdoc cref="GetInteger"/>
    public FlagDetails<long> GetIntegerDetails(string flagKey, EvaluationContext user, long defaultValue) =>
        Evaluate<long, IntegerValue>(flagKey, user, defaultValue);

    /// <inheritdoc cref="GetJson"/>
    public FlagDetails<JsonElement> GetJsonDetails(string flagKey, EvaluationContext user, JsonElement defaultValue) =>
        Evaluate<JsonElement, AnyValue>(flagKey, user, defaultValue);

    /// <summary>Stops following, and writes the cache file if it is not up to date. Evaluations go on as they were.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _ended, 1) != 0)
            return;

        await _stop.CancelAsync().ConfigureAwait(false);
        await _following.ConfigureAwait(false);
        await _keeping.ConfigureAwait(false);
        _requests?.Dispose();
        _metrics.Dispose();
        _stop.Dispose();
    }

    /// <inheritdoc cref="DisposeAsync"/>
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    private FlagDetails<T> Evaluate<T, TValue>(string? flagKey, EvaluationContext? user, T defaultValue)
        where TValue : struct, IFlagValue<T>
    {
        try
        {
            var rules = _state.Rules;
            var details = Answer<T, TValue>(rules, flagKey, user, defaultValue);
            if (_metrics.Evaluations.Enabled || EvaluationEvent.Source.HasListeners())
                Tell(flagKey, user, details, rules);
            return details;
        }
        // The edge of the application: whatever is wrong in here, or in what listens, a flag must not take it down.
        catch (Exception error)
        {
            if (Interlocked.Exchange(ref _unexpected, 1) == 0)
                LogUnexpected(flagKey, error);
            return Failed(defaultValue, FlagErrors.General);
        }
    }

    private static FlagDetails<T> Answer<T, TValue>(
        ClientRules? rules,
        string? flagKey,
        EvaluationContext? user,
        T defaultValue
    )
        where TValue : struct, IFlagValue<T>
    {
        if (flagKey is null || user is null)
            return Failed(defaultValue, FlagErrors.InvalidArgument);
        if (rules is null)
            return Failed(defaultValue, FlagErrors.NotReady);
        if (rules.Compiled.Find(flagKey) is not { } flag)
            return Failed(defaultValue, FlagErrors.FlagNotFound);

        var evaluation = flag.Evaluate(user);
        if (evaluation.Reason == Reason.Error)
            return Failed(defaultValue, evaluation.Error!, flag.Version);

        var value = defaultValue;
        // A variant without a value leaves it to the caller.
        if (evaluation.Value is { ValueKind: not JsonValueKind.Null } && !TValue.TryRead(evaluation, out value))
            return Failed(defaultValue, FlagErrors.TypeMismatch, flag.Version);
        return new FlagDetails<T>
        {
            Value = value,
            Variant = evaluation.Variant,
            Reason = evaluation.Reason,
            RuleId = evaluation.RuleId,
            Version = flag.Version,
        };
    }

    private static FlagDetails<T> Failed<T>(T defaultValue, string error, long version = 0) =>
        new()
        {
            Value = defaultValue,
            Reason = Reason.Error,
            ErrorCode = error,
            Version = version,
        };

    private void Tell<T>(string? flagKey, EvaluationContext? user, in FlagDetails<T> details, ClientRules? rules)
    {
        if (_metrics.Evaluations.Enabled)
        {
            var flag = flagKey is null ? null : rules?.Compiled.Find(flagKey);
            var reason = EvaluationEvent.ReasonOf(details, flag);
            _metrics.Evaluations.Add(1, new KeyValuePair<string, object?>("feature_flag.result.reason", reason));
        }
        if (flagKey is not null && EvaluationEvent.Source.HasListeners())
            EvaluationEvent.Record(flagKey, user, details, rules);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Feature flags: an evaluation of {Flag} failed unexpectedly")]
    private partial void LogUnexpected(string? flag, Exception error);
}
