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
    private readonly ClientTelemetry _telemetry;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _stop = new();
    private readonly RuleRequests? _requests;
    private readonly CacheWriter? _writer;
    private readonly Task _following = Task.CompletedTask;
    private int _ended;
    private int _unexpected;

    /// <summary>Begins to follow the rules. It does not wait for them: see <see cref="WaitForReadyAsync"/>.</summary>
    /// <exception cref="ArgumentException">An option is missing or out of range.</exception>
    public FlagClient(FlagClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Check();
        _clock = options.TimeProvider;
        StartTimeout = options.StartTimeout;
        _log = new SafeLog((options.LoggerFactory ?? NullLoggerFactory.Instance).CreateLogger<FlagClient>());
        _state = new FlagState(_clock, _log);
        _telemetry = new ClientTelemetry(_state, _log);
        var file = options.CacheFile is { } path ? CacheFile.For(options, path) : null;
        _state.Begin(FirstRules.Of(options, file, _state), options.Offline);
        if (options.Offline)
            return;

        _requests = new RuleRequests(options);
        _writer = file is null ? null : new CacheWriter(file, _state, _clock);
        var feed = new RuleFeed(_requests, _state, options, _telemetry, rules => _writer?.Keep(rules));
        _following = Background.Run(() => feed.Run(_stop.Token));
    }

    /// <summary>A client for tests: it has these rules until others are put in force.</summary>
    internal FlagClient(ClientRules rules)
    {
        _clock = TimeProvider.System;
        _log = NullLogger.Instance;
        _state = new FlagState(_clock, _log);
        _telemetry = new ClientTelemetry(_state, _log);
        _state.Begin(rules, offline: true);
    }

    /// <summary>How it is doing.</summary>
    public FlagClientStatus Status => _state.Status;

    internal FlagState State => _state;

    /// <summary>How long an application waits for it when it starts.</summary>
    internal TimeSpan StartTimeout { get; }

    /// <summary>
    /// Waits until the service's rules are in force, or the service turned out to be out of reach and those of the cache
    /// file or the bootstrap stand in.
    /// </summary>
    /// <returns>Whether there are any rules to answer by; false at the timeout without.</returns>
    /// <exception cref="OperationCanceledException"/>
    public async Task<bool> WaitForReadyAsync(TimeSpan timeout, CancellationToken ct = default)
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

        try
        {
            await _stop.CancelAsync().ConfigureAwait(false);
            await _following.ConfigureAwait(false);
            // Only now: to the end there may be something to write.
            if (_writer is not null)
                await _writer.DisposeAsync().ConfigureAwait(false);
        }
        finally
        {
            _requests?.Dispose();
            _telemetry.Dispose();
            _stop.Dispose();
        }
    }

    /// <inheritdoc cref="DisposeAsync"/>
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    private FlagDetails<T> Evaluate<T, TValue>(string? flagKey, EvaluationContext? user, T defaultValue)
        where TValue : struct, IFlagValue<T>
    {
        var rules = _state.Rules;
        FlagDetails<T> details;
        try
        {
            details = Answer<T, TValue>(rules, flagKey, user, defaultValue);
        }
        // The edge of the application: whatever is wrong in here, a flag must not take it down.
        catch (Exception error)
        {
            if (Interlocked.Exchange(ref _unexpected, 1) == 0)
                LogUnexpected(flagKey, error);
            details = Failed(defaultValue, FlagErrors.General);
        }
        if (_telemetry.IsHeard)
            _telemetry.Evaluated(flagKey, user, details, rules);
        return details;
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

    [LoggerMessage(Level = LogLevel.Error, Message = "Feature flags: an evaluation of {Flag} failed unexpectedly")]
    private partial void LogUnexpected(string? flag, Exception error);
}
