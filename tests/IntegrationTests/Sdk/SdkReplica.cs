using System.Text.Json;
using FeatureFlags.IntegrationTests.ChangeFeed;

namespace FeatureFlags.IntegrationTests.Sdk;

/// <summary>What an SDK holds: the rules as it was told them, by docs/sdk-protocol.md.</summary>
internal sealed class SdkReplica
{
    private readonly Dictionary<string, string> _flags = [];
    private readonly Dictionary<string, string> _segments = [];

    public string? Cursor { get; private set; }

    /// <summary>Everything it holds, in one order.</summary>
    public IReadOnlyList<string> Rules =>
        [
            .. _flags.OrderBy(f => f.Key, StringComparer.Ordinal).Select(f => f.Value),
            .. _segments.OrderBy(s => s.Key, StringComparer.Ordinal).Select(s => s.Value),
        ];

    public static SdkReplica Of(Answer rules)
    {
        var replica = new SdkReplica();
        replica.Replace(rules.Json);
        Assert.That(rules.ETag, Is.EqualTo($"\"{replica.Cursor}\""));
        return replica;
    }

    /// <summary>Takes in what comes next.</summary>
    /// <returns>The type of the event; null for a heartbeat.</returns>
    public async Task<string?> Hear(EventReader stream)
    {
        var next = await stream.Next() ?? throw new AssertionException("The stream ended.");
        switch (next.Event)
        {
            case "snapshot":
                Replace(next.Envelope);
                break;
            case "delta":
                Apply(next.Envelope);
                break;
            default:
                Assert.That(next.IsHeartbeat, $"{next}");
                break;
        }
        Assert.That(next.Id, Is.EqualTo(Cursor), "the cursor of what it has");
        return next.Event;
    }

    /// <summary>Takes in what comes until it has come so far.</summary>
    public async Task HearUpTo(EventReader stream, string cursor)
    {
        while (Cursor != cursor)
            await Hear(stream);
    }

    private void Replace(JsonElement snapshot)
    {
        Assert.That(snapshot.GetProperty("format").GetInt32(), Is.EqualTo(1));
        _flags.Clear();
        _segments.Clear();
        Take(snapshot);
    }

    private void Apply(JsonElement delta)
    {
        Assert.That(delta.GetProperty("from").GetString(), Is.EqualTo(Cursor), "a delta of what it has");
        Take(delta);
        foreach (var key in delta.GetProperty("removed_flags").EnumerateArray())
            _flags.Remove(key.GetString()!);
        foreach (var key in delta.GetProperty("removed_segments").EnumerateArray())
            _segments.Remove(key.GetString()!);
    }

    private void Take(JsonElement news)
    {
        Cursor = $"{news.GetProperty("revision").GetInt64()}.{news.GetProperty("event_id").GetString()}";
        foreach (var flag in news.GetProperty("flags").EnumerateArray())
            _flags[flag.GetProperty("key").GetString()!] = flag.GetRawText();
        foreach (var segment in news.GetProperty("segments").EnumerateArray())
            _segments[segment.GetProperty("key").GetString()!] = Ordered(segment);
    }

    // Ids come in any order.
    private static string Ordered(JsonElement segment) =>
        string.Join(
            ' ',
            segment
                .EnumerateObject()
                .Select(member =>
                    member.Value.ValueKind == JsonValueKind.Array
                        ? $"{member.Name}: {string.Join(',', Texts(member.Value).Order(StringComparer.Ordinal))}"
                        : $"{member}"
                )
        );

    private static IEnumerable<string> Texts(JsonElement array) => array.EnumerateArray().Select(id => id.GetString()!);
}
