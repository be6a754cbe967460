using System.IO.Compression;
using FeatureFlags.BuildingBlocks.Outbox;
using FeatureFlags.BuildingBlocks.Streaming;
using FeatureFlags.Evaluation.Domain;

namespace FeatureFlags.Evaluation.Sync;

/// <summary>Something to tell SDKs of a scope, written once for all of them.</summary>
/// <param name="Head">Where an SDK stands that has taken it in.</param>
/// <param name="Frame">As it goes over an event stream.</param>
internal sealed record SyncUpdate(ScopeHead Head, ReadOnlyMemory<byte> Frame)
{
    /// <summary>What brings an SDK from one revision to another.</summary>
    public static SyncUpdate Delta(ScopeHead from, StoredChanges changes) =>
        new(changes.Head, StreamFrame.Event(SyncCursor.Of(changes.Head), "delta", SyncJson.Of(from, changes).Span));
}

/// <summary>All the rules of a scope as of one revision, for SDKs.</summary>
internal sealed class SyncSnapshot
{
    private readonly Lazy<Task<ReadOnlyMemory<byte>>> _gzip;

    private SyncSnapshot(ScopeHead head, ReadOnlyMemory<byte> frame, ReadOnlyMemory<byte> json)
    {
        (Update, Json) = (new SyncUpdate(head, frame), json);
        _gzip = new(() => Task.Run(Compress));
    }

    /// <summary>It as it goes over an event stream.</summary>
    public SyncUpdate Update { get; }

    public ScopeHead Head => Update.Head;

    /// <summary>It alone; the same bytes in memory.</summary>
    public ReadOnlyMemory<byte> Json { get; }

    /// <summary>Made when first asked for.</summary>
    public Task<ReadOnlyMemory<byte>> Gzip => _gzip.Value;

    public static SyncSnapshot Of(StoredRules rules)
    {
        var json = SyncJson.Of(rules);
        var frame = StreamFrame.Event(SyncCursor.Of(rules.Head), "snapshot", json.Span);
        return new SyncSnapshot(rules.Head, frame, StreamFrame.Data(frame, json.Length));
    }

    private ReadOnlyMemory<byte> Compress()
    {
        var bytes = new MemoryStream();
        using (var gzip = new GZipStream(bytes, CompressionLevel.Fastest))
            gzip.Write(Json.Span);
        return bytes.ToArray();
    }
}
