using FeatureFlags.Access.Domain;
using FeatureFlags.Access.Tokens;
using FeatureFlags.BuildingBlocks;

namespace FeatureFlags.Access.Keys;

/// <summary>A text of an API key that this host knows, and whom it stands for.</summary>
internal sealed class HeldKey
{
    private readonly Terms _terms;
    private long _usedAt;

    private HeldKey(CredentialHash hash, ApiKey key, Terms terms)
    {
        Hash = hash;
        KeyId = key.Id;
        _terms = terms;
        Caller = KnownCaller.Of(key, terms.Until, Revoked.Token);
    }

    public CredentialHash Hash { get; }

    public string KeyId { get; }

    public KnownCaller Caller { get; }

    private CancellationTokenSource Revoked { get; } = new();

    public Scope Scope => Caller.Bounds!.Scope;

    /// <summary>When it was used last; <c>default</c> for not yet.</summary>
    public DateTimeOffset UsedAt => new(Interlocked.Read(ref _usedAt), TimeSpan.Zero);

    /// <summary>The last use that the database was told of.</summary>
    public DateTimeOffset NotedUse { get; set; }

    /// <returns>Null where the key does not know this text.</returns>
    public static HeldKey? Of(CredentialHash hash, ApiKey? key) =>
        Terms.Of(hash, key) is { } terms ? new HeldKey(hash, key!, terms) : null;

    /// <summary>Whom it stands for; null once it has expired.</summary>
    public KnownCaller? Use(DateTimeOffset now)
    {
        if (Caller.Expires <= now)
            return null;
        Interlocked.Exchange(ref _usedAt, now.UtcTicks);
        return Caller;
    }

    /// <summary>The same text as the key stands now: this, while it is good for the same; null where it is for nothing.</summary>
    public HeldKey? AsOf(ApiKey? stored)
    {
        if (Terms.Of(Hash, stored) is not { } terms)
            return null;
        return terms == _terms
            ? this
            : new HeldKey(Hash, stored!, terms) { _usedAt = UsedAt.UtcTicks, NotedUse = NotedUse };
    }

    /// <summary>Ends what is being done with it.</summary>
    public Task Revoke() => Revoked.CancelAsync();

    /// <summary>All that can change of what a text is good for.</summary>
    private readonly record struct Terms(DateTimeOffset? Until, string Origins)
    {
        public static Terms? Of(CredentialHash hash, ApiKey? key) =>
            key is not null && key.Accepts(hash.ToBytes(), out var until) ? new Terms(until, key.AllowedOrigins) : null;
    }
}
