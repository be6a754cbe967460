using System.Text.Json;
using FeatureFlags.Testing;

namespace FeatureFlags.FaultTests.Rig;

/// <summary>
/// Holds what was promised against what there is, once nothing happens any more. One checker for all cases: each says
/// only what it did.
/// </summary>
internal sealed class Checker(Installation installation, IReadOnlyCollection<Write> ledger)
{
    private static readonly TimeSpan Quiet = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan CatchUp = TimeSpan.FromSeconds(15);

    private readonly List<string> _findings = [];

    /// <summary>Streams that must have told everything.</summary>
    public IReadOnlyList<Follower> Followers { get; init; } = [];

    /// <summary>Endpoints that must have been told everything.</summary>
    public Receiver? Receiver { get; init; }

    private IEnumerable<Endpoint> Bound => Receiver?.Endpoints.Where(endpoint => endpoint.IsBound) ?? [];

    /// <summary>Waits for the quiet, checks, and fails the test with all that is wrong.</summary>
    /// <returns>What was counted, for the results.</returns>
    public async Task<Dictionary<string, long>> Passes()
    {
        var findings = await Findings();
        Assert.That(findings, Is.Empty, string.Join('\n', findings.Take(30)));
        return new()
        {
            ["writes"] = ledger.Count,
            ["acknowledged"] = Of(Outcome.Acknowledged),
            ["refused"] = Of(Outcome.Refused),
            ["unknown"] = Of(Outcome.Unknown),
            ["deliveries"] = Bound.Sum(endpoint => endpoint.Arrivals.Count),
            ["repeated"] = Bound.Sum(endpoint =>
                endpoint.Arrivals.Count - endpoint.Arrivals.DistinctBy(a => a.EventId).Count()
            ),
        };
    }

    /// <summary>Waits for the quiet and checks.</summary>
    /// <returns>All that is wrong.</returns>
    public async Task<IReadOnlyList<string>> Findings()
    {
        _findings.Clear();
        await NothingIsPending();
        var history = await History.Of(installation);
        EveryWriteIsWhollyThereOrNot(history);
        RevisionsAreDense(history);
        EveryChangeIsAuditedOnce(history);
        EachFlagHasOneHistory(history);
        AnswersCameInOrder(history);
        await EveryHostAnswersTheLastState(history);
        foreach (var follower in Followers)
            await WasToldEverythingOnce(follower, history);
        foreach (var endpoint in Bound)
            WasToldEverythingInOrder(endpoint, history);
        foreach (var line in await installation.Corruption())
            _findings.Add($"corrupt: {line}");
        return _findings;
    }

    private int Of(Outcome outcome) => ledger.Count(write => write.Outcome == outcome);

    private void Expect(bool holds, string finding)
    {
        if (!holds)
            _findings.Add(finding);
    }

    private async Task NothingIsPending()
    {
        var quiet = await Within(Quiet, async () => await Pending() == 0);
        Expect(quiet, $"pending: {await Pending()} deliveries");
        var dead = await installation.Sql("SELECT id, last_error FROM outbox_dead_letters", row => row.GetString(0));
        Expect(dead is [], $"dead: {string.Join(", ", dead)}");
    }

    private async Task<long> Pending()
    {
        var ids = string.Join(',', Bound.Select(endpoint => $"'{endpoint.Id}'").Append("''"));
        var counts = await installation.Sql(
            $"""
            SELECT count(*) FROM outbox_deliveries
            UNION ALL
            SELECT count(*) FROM changefeed_deliveries WHERE state <> 'Delivered' AND webhook_id IN ({ids})
            """,
            row => row.GetInt64(0)
        );
        return counts.Sum();
    }

    private void EveryWriteIsWhollyThereOrNot(History history)
    {
        var messages = history.Messages.ToLookup(message => message.RequestId);
        var entries = history.Entries.ToLookup(entry => entry.RequestId);
        foreach (var write in ledger)
        {
            var (said, audited) = (messages[write.Marker].ToList(), entries[write.Marker].ToList());
            var expected = write.Outcome switch
            {
                Outcome.Acknowledged => said.Count == 1,
                Outcome.Refused => said.Count == 0,
                _ => said.Count <= 1,
            };
            Expect(expected, $"{write.Outcome}: {write} has {said.Count} messages");
            Expect(said.Count == audited.Count, $"half: {write} has {said.Count} messages, {audited.Count} entries");
            if (write.Version is { } version && said is [var only])
                Expect(only.Version == version, $"version: {write} was answered {version} but is {only.Version}");
        }
        var markers = ledger.Select(write => write.Marker).ToHashSet();
        foreach (var message in history.Messages.Where(m => m.Entity == "flag" && !markers.Contains(m.RequestId!)))
            _findings.Add($"unasked: {message}");
    }

    private void RevisionsAreDense(History history)
    {
        var expected = Enumerable.Range(1, (int)history.Revision).Select(revision => (long)revision);
        Expect(
            history.Messages.Select(message => message.Revision).SequenceEqual(expected),
            $"revisions: {history.Messages.Count} messages up to {history.Revision}, not one each"
        );
        var head = history.Messages.Count > 0 ? history.Messages[^1].EventId : "";
        Expect(head == history.HeadEventId, $"head: {history.HeadEventId}, but the last message is {head}");
    }

    private void EveryChangeIsAuditedOnce(History history)
    {
        var entries = history.Entries.ToLookup(entry => entry.EventId);
        foreach (var message in history.Messages)
        {
            var own = entries[message.EventId].ToList();
            Expect(own.Count == 1, $"audit: {own.Count} entries of {message.EventId}");
            Expect(own.All(entry => entry == message), $"audit: {message.EventId} is written down as something else");
        }
        Expect(history.Entries.Count <= history.Messages.Count, "audit: entries of changes that are not there");
    }

    private void EachFlagHasOneHistory(History history)
    {
        foreach (var flag in history.Messages.Where(m => m.Entity == "flag").GroupBy(m => m.Key))
        {
            var versions = flag.Select(message => message.Version).ToList();
            Expect(
                versions.SequenceEqual(Enumerable.Range(1, versions.Count).Select(version => (long)version)),
                $"versions: {flag.Key} went {string.Join(' ', versions)}"
            );
            foreach (var (one, next) in flag.Zip(flag.Skip(1)))
                Expect(
                    one.After == next.Before,
                    $"chain: {flag.Key} {next.Version} does not begin where {one.Version} ended"
                );
            var (version, deleted) = history.Flags.GetValueOrDefault(flag.Key);
            Expect(
                (version, deleted) == (versions[^1], flag.Last().After is null),
                $"row: {flag.Key} is at {version}, its last change at {versions[^1]}"
            );
        }
        var changed = history.Messages.Select(message => message.Key).ToHashSet();
        foreach (var (flag, _) in history.Flags.Where(flag => !changed.Contains(flag.Key)))
            _findings.Add($"silent: {flag} came without a change");
    }

    /// <summary>What was acknowledged before another write began comes before it.</summary>
    private void AnswersCameInOrder(History history)
    {
        var revisions = history
            .Messages.Where(m => m.RequestId is not null)
            .ToLookup(m => m.RequestId, m => m.Revision);
        var acknowledged = ledger
            .Where(write => write.Outcome == Outcome.Acknowledged && revisions.Contains(write.Marker))
            .ToList();
        var byEnd = new Queue<Write>(acknowledged.OrderBy(write => write.Ended));
        var highest = 0L;
        foreach (var write in acknowledged.OrderBy(write => write.Begun))
        {
            while (byEnd.Peek().Ended < write.Begun)
                highest = Math.Max(highest, revisions[byEnd.Dequeue().Marker].First());
            var own = revisions[write.Marker].First();
            Expect(
                own > highest,
                $"order: {write} got revision {own} though {highest} was acknowledged before it began"
            );
        }
    }

    private async Task EveryHostAnswersTheLastState(History history)
    {
        var last = history
            .Messages.Where(m => m.Entity == "flag")
            .GroupBy(m => m.Key)
            .Select(flag => flag.Last())
            .ToList();
        var there = last.Where(change => change.After is not null).ToDictionary(change => change.Key);
        var hosts = installation.Hosts;
        for (var host = 0; host < hosts.Count; host++)
        {
            foreach (var change in last)
            {
                var (status, flag) = await installation.Ask(hosts[host], HttpMethod.Get, $"/v1/flags/{change.Key}");
                var same = change.After is null
                    ? status == 404
                    : status == 200 && JsonElement.DeepEquals(flag, JsonDocument.Parse(change.After).RootElement);
                Expect(same, $"state: host {host} shows {change.Key} as {status} {flag}, not as {change.After}");
            }
            var evaluated = new Dictionary<string, long>();
            var current = await Within(
                CatchUp,
                async () =>
                {
                    evaluated = await Evaluated(hosts[host]);
                    return evaluated.Count == there.Count
                        && evaluated.All(flag => there.TryGetValue(flag.Key, out var c) && c.Version == flag.Value);
                }
            );
            Expect(current, $"rules: host {host} evaluates {string.Join(' ', evaluated)}");
        }
    }

    /// <returns>The flags that a host evaluates, with their versions.</returns>
    private async Task<Dictionary<string, long>> Evaluated(HostProcess host)
    {
        var (status, batch) = await installation.Ask(
            host,
            HttpMethod.Post,
            "/v1/evaluate/batch",
            new { user = new { id = "u1" } }
        );
        return status != 200
            ? []
            : batch
                .GetProperty("items")
                .EnumerateArray()
                .ToDictionary(
                    item => item.GetProperty("flag_key").GetString()!,
                    item => item.GetProperty("version").GetInt64()
                );
    }

    private async Task WasToldEverythingOnce(Follower follower, History history)
    {
        var arrived = await Within(CatchUp, () => Task.FromResult(follower.Cursor >= history.Revision));
        Expect(arrived, $"stream: it stopped at {follower.Cursor} of {history.Revision}");
        var told = follower.Told.Select(told => (told.Revision, told.EventId)).ToList();
        var said = history.Messages.Select(message => (message.Revision, (string?)message.EventId)).ToList();
        var missing = said.Except(told).Count();
        var resets = follower.Told.Count(told => told.Type == "reset");
        Expect(
            told.SequenceEqual(said),
            $"stream: {told.Count} told of {said.Count}, {missing} missing, {resets} resets, or not in order"
        );
    }

    private void WasToldEverythingInOrder(Endpoint endpoint, History history)
    {
        var arrivals = endpoint.Arrivals.ToList();
        var taken = arrivals.Where(arrival => arrival.IsTaken).Select(arrival => arrival.EventId).ToHashSet();
        var due = history.Messages.Where(m => m.Entity == "flag" && m.Revision > endpoint.Since).ToList();
        var missing = due.Count(message => !taken.Contains(message.EventId));
        Expect(missing == 0, $"webhook: {endpoint.Name} has not taken {missing} of {due.Count} changes");
        Expect(arrivals.All(arrival => arrival.IsSigned), $"webhook: {endpoint.Name} got what is not signed");
        var known = due.Select(message => message.EventId).ToHashSet();
        Expect(arrivals.All(a => known.Contains(a.EventId)), $"webhook: {endpoint.Name} was told what never was");
        foreach (var flag in arrivals.DistinctBy(arrival => arrival.EventId).GroupBy(arrival => arrival.Key))
        {
            var revisions = flag.Select(arrival => arrival.Revision).ToList();
            Expect(
                revisions.SequenceEqual(revisions.Order()),
                $"webhook: {endpoint.Name} was told of {flag.Key} in the order {string.Join(' ', revisions)}"
            );
        }
    }

    private static async Task<bool> Within(TimeSpan limit, Func<Task<bool>> condition)
    {
        using var deadline = new CancellationTokenSource(limit);
        await Eventually.Holds(async () => await condition() || deadline.IsCancellationRequested, limit * 2);
        return !deadline.IsCancellationRequested || await condition();
    }
}
