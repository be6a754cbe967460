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
    ClientMetrics metrics,
    Action<ClientRules> kept
)
{
    /// <summary>Longer than two heartbeats of the service, 15 s apart: a connection that is silent for so long is dead.</summary>
    public static readonly TimeSpan Silence = TimeSpan.FromSeconds(35);

    /// <summary>How often a key that was refused is tried again, at most.</summary>
    public static readonly TimeSpan RefusedRetry = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(200);

    private const int MostDoublings = 20;

    private readonly TimeProvider _clock = options.TimeProvider;

    private int _attempts;

    /// <summary>When something came by the stream, or was asked for by polling.</summary>
    private long? _lastNews;
    private bool _startOver;

    public async Task Run(CancellationToken ct)
    {
        try
        {
            while (true)
            {
                var fault = await Follow(ct).ConfigureAwait(false);
                metrics.Reconnects.Add(1);
                await Wait(fault, ct).ConfigureAwait(false);
            }
        }
        // Whatever it is that goes wrong just as the client ends.
        catch (Exception) when (ct.IsCancellationRequested) { }
    }

    /// <summary>Follows one stream to its end.</summary>
    /// <returns>Why it ended.</returns>
    private async Task<FaultException> Follow(CancellationToken ct)
    {
        _attempts++;
        try
        {
            var cursor = _startOver ? null : state.Rules?.At;
            using var response = await requests.OpenStream(cursor, ct).ConfigureAwait(false);
            await using var stream = await response.Content.ReadAsStreamAsync(ct).ConfigureAwait(false);
            var events = new EventReader(stream, _clock);
            var patience = RuleRequests.Opening;
            while (await events.Next(patience, ct).ConfigureAwait(false) is { } next)
            {
                if (!Take(next))
                    continue;
                state.Confirm(FlagConnection.Streaming);
                (_attempts, _startOver) = (0, false);
                _lastNews = _clock.GetTimestamp();
                patience = Silence;
            }
            throw new FaultException(FaultKind.Ended, "The stream has ended.");
        }
        catch (Exception error) when (!ct.IsCancellationRequested)
        {
            // Whatever it was, the application goes on with the rules there are.
            var fault = FaultException.Of(error);
            // What can't be understood would come again behind the same cursor.
            _startOver = fault.Kind == FaultKind.Unreadable;
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
        kept(rules);
    }

    /// <summary>Lets time pass until the stream is worth another try, polling meanwhile.</summary>
    private async Task Wait(FaultException fault, CancellationToken ct)
    {
        await PollIfDue(fault, ct).ConfigureAwait(false);
        state.Tried();

        var began = _clock.GetTimestamp();
        var delay = Delay(fault);
        while (delay - _clock.GetElapsedTime(began) is var left && left > TimeSpan.Zero)
        {
            await Task.Delay(left < options.PollInterval ? left : options.PollInterval, _clock, ct)
                .ConfigureAwait(false);
            await PollIfDue(fault, ct).ConfigureAwait(false);
        }
    }

    private TimeSpan Delay(FaultException fault)
    {
        if (fault.Kind == FaultKind.Refused)
            return RefusedRetry * (1 + options.Jitter()) / 2;

        var longest = state.Connection == FlagConnection.Polling ? options.PollInterval : options.MaxRetryDelay;
        var backoff = FirstRetry * Math.Pow(2, Math.Min(_attempts, MostDoublings));
        var jitter = options.Jitter();
        var delay = (backoff < longest ? backoff : longest) * jitter;
        // Spread too, or everyone who was told the same would come at once.
        var asked = (fault.RetryAfter ?? TimeSpan.Zero) * (1 + jitter / 4);
        return asked > delay ? asked : delay;
    }

    private async Task PollIfDue(FaultException fault, CancellationToken ct)
    {
        // The same key would be refused again.
        if (fault.Kind == FaultKind.Refused)
            return;
        if (_lastNews is { } last && _clock.GetElapsedTime(last) < options.PollInterval)
            return;
        try
        {
            _lastNews = _clock.GetTimestamp();
            if (await requests.Poll(state.Rules?.At, ct).ConfigureAwait(false) is { } rules)
                Force(rules);
            state.Confirm(FlagConnection.Polling);
        }
        catch (Exception error) when (!ct.IsCancellationRequested)
        {
            state.PollFailed(FaultException.Of(error));
        }
    }
}
