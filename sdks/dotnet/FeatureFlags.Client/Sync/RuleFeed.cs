using FeatureFlags.Client.Telemetry;

namespace FeatureFlags.Client.Sync;

/// <summary>
/// Keeps the rules up to date: by the stream, which is opened again whenever it ends, and by polling while no stream can
/// be had. Nothing here looks at the time of day.
/// </summary>
/// <param name="kept">Told of rules that are worth keeping.</param>
internal sealed class RuleFeed(
    RuleRequests requests,
    FlagState state,
    FlagClientOptions options,
    ClientTelemetry telemetry,
    Action<ClientRules> kept
)
{
    /// <summary>Longer than two heartbeats of the service, 15 s apart: a connection that is silent for so long is dead.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(35);

    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(200);

    /// <summary>How often, at most, what won't soon be better is tried: a key that is refused, rules of a later format.</summary>
    private static readonly TimeSpan HopelessRetry = TimeSpan.FromMinutes(1);

    /// <summary>When a service is away for so long nobody waits for it to the second, and its return is hard enough.</summary>
    private static readonly TimeSpan LongOutage = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan LongOutageRetry = TimeSpan.FromSeconds(15);

    private const int MostDoublings = 20;

    private readonly TimeProvider _clock = options.TimeProvider;

    /// <summary>To open the stream, since one was followed.</summary>
    private int _attempts;

    /// <summary>What could not be understood of streams, since something could.</summary>
    private int _unreadable;

    /// <summary>When something came by the stream, or was asked for by polling.</summary>
    private long? _lastNews;

    /// <summary>For how long there is no need to poll after that.</summary>
    private TimeSpan _enough;
    private bool _isKept;

    public async Task Run(CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            try
            {
                var fault = await Follow(ct).ConfigureAwait(false);
                telemetry.Reconnecting();
                await Wait(fault, ct).ConfigureAwait(false);
            }
            // Whatever it is that goes wrong just as the client ends.
            catch (Exception) when (ct.IsCancellationRequested) { }
            catch (Exception error)
            {
                // Without this loop there would be no more changes.
                state.StreamFailed(FaultException.Of(error));
                await Task.Delay(options.MaxRetryDelay, _clock, ct)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Follows one stream to its end.</summary>
    /// <returns>Why it ended.</returns>
    private async Task<FaultException> Follow(CancellationToken ct)
    {
        _attempts++;
        try
        {
            // What can't be understood would come again behind the same cursor.
            var cursor = _unreadable > 0 ? null : state.Rules?.At;
            using var response = await requests.OpenStream(cursor, ct).ConfigureAwait(false);
            await using var stream = await response.Content.ReadAsStreamAsync(ct).ConfigureAwait(false);
            var events = new EventReader(stream, _clock);
            var patience = RuleRequests.Opening;
            while (await events.Next(patience, ct).ConfigureAwait(false) is { } next)
            {
                if (!Take(next))
                    continue;
                Confirm(FlagConnection.Streaming);
                (_attempts, _unreadable) = (0, 0);
                patience = Silence;
            }
            throw new FaultException(FaultKind.Ended, "The stream has ended.");
        }
        catch (Exception error) when (!ct.IsCancellationRequested)
        {
            // Whatever it was, the application goes on with the rules there are.
            var fault = FaultException.Of(error);
            if (fault.Kind == FaultKind.Unreadable)
            {
                _unreadable++;
                // It got through: a poll would bring the same.
                Heard(fault);
            }
            state.StreamFailed(fault);
            return fault;
        }
    }

    /// <returns>Whether the rules in force are now the service's.</returns>
    private bool Take(ServerEvent next)
    {
        switch (next.Name)
        {
            case "snapshot":
                // Whatever its revision: after a backup was restored a smaller one is the newer.
                Force(requests.Checked(RuleDocument.Read(next.Data)));
                return true;
            case "delta":
                var change = RuleDocument.ReadDelta(next.Data);
                if (state.Rules is not { } before || before.At != change.From)
                    throw new InvalidDataException($"a change of {change.From} does not follow what is known");
                Force(before.With(change));
                return true;
            case "" when next.Id is not null && Cursor.TryParse(next.Id, out var at) && state.Rules is { } rules:
                // The environment moved on without a change of its rules.
                if (at != rules.At)
                    state.Take(rules with { At = at });
                return true;
            default:
                return false;
        }
    }

    private void Force(ClientRules rules)
    {
        state.Take(rules);
        _isKept = false;
    }

    private void Confirm(FlagConnection connection)
    {
        state.Confirm(connection);
        Heard(null);
        // The first time whatever they came from: a file that was left out is replaced, and one that can't be written is
        // known before it is needed.
        if (!_isKept && state.Rules is { } rules)
        {
            kept(rules);
            _isKept = true;
        }
    }

    private void Heard(FaultException? fault)
    {
        _lastNews = _clock.GetTimestamp();
        var isHopeless = fault is { Kind: FaultKind.Refused or FaultKind.Unreadable };
        _enough = isHopeless && options.PollInterval < HopelessRetry ? HopelessRetry : options.PollInterval;
    }

    /// <summary>Lets time pass until the stream is worth another try, polling meanwhile.</summary>
    private async Task Wait(FaultException fault, CancellationToken ct)
    {
        await PollIfDue(ct).ConfigureAwait(false);
        state.Tried();

        var began = _clock.GetTimestamp();
        var delay = Delay(fault);
        while (delay - _clock.GetElapsedTime(began) is var left && left > TimeSpan.Zero)
        {
            // A timer leaves out what is less than a millisecond, and would end early.
            var pause = Math.Ceiling(Math.Min(left.TotalMilliseconds, UntilPoll.TotalMilliseconds));
            await Task.Delay(TimeSpan.FromMilliseconds(Math.Max(pause, 0)), _clock, ct).ConfigureAwait(false);
            await PollIfDue(ct).ConfigureAwait(false);
        }
    }

    private TimeSpan Delay(FaultException fault)
    {
        var jitter = options.Jitter();
        // Of what can't be understood the first may be a change: the next try brings all there is.
        if (fault.Kind == FaultKind.Refused || (fault.Kind == FaultKind.Unreadable && _unreadable > 1))
            return HopelessRetry * (1 + jitter) / 2;

        var backoff = FirstRetry * Math.Pow(2, Math.Min(_attempts, MostDoublings));
        var delay = (backoff < LongestDelay ? backoff : LongestDelay) * jitter;
        // Spread too, or everyone who was told the same would come at once.
        var asked = (fault.RetryAfter ?? TimeSpan.Zero) * (1 + jitter / 4);
        return asked > delay ? asked : delay;
    }

    private TimeSpan LongestDelay =>
        state.Connection == FlagConnection.Polling ? options.PollInterval
        : state.StaleFor > LongOutage && options.MaxRetryDelay < LongOutageRetry ? LongOutageRetry
        : options.MaxRetryDelay;

    private TimeSpan UntilPoll => _lastNews is { } last ? _enough - _clock.GetElapsedTime(last) : TimeSpan.Zero;

    private async Task PollIfDue(CancellationToken ct)
    {
        if (UntilPoll > TimeSpan.Zero)
            return;
        try
        {
            if (await requests.Poll(state.Rules?.At, ct).ConfigureAwait(false) is { } rules)
                Force(rules);
            // The service is back, so the stream may be too: that is found out soon, whatever the outage lasted.
            if (state.Connection != FlagConnection.Polling)
                _attempts = 0;
            Confirm(FlagConnection.Polling);
        }
        catch (Exception error) when (!ct.IsCancellationRequested)
        {
            var fault = FaultException.Of(error);
            Heard(fault);
            state.PollFailed(fault);
        }
    }
}
