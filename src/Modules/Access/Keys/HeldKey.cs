using FeatureFlags.Access.Domain;
using FeatureFlags.Access.Tokens;
using FeatureFlags.BuildingBlocks;

namespace FeatureFlags.Access.Keys;

/// <summary>A text of an API key that this host knows, and whom it stands for.</summary>
internal sealed class HeldKey
{
    private long _usedAt;

    public HeldKey(CredentialHash hash, KeyTerms terms)
    {
        Hash = hash;
        Terms = terms;
        Caller = KnownCaller.Of(terms, now => Use(now), Revoked.Token);
    }

    public CredentialHash Hash { get; }

    public KeyTerms Terms { get; }

    public KnownCaller Caller { get; }

    public Scope Scope => Caller.Bounds!.Scope;

    /// <summary>Whether it comes from disk, and the database was not asked since.</summary>
    public bool IsFromFile { get; set; }

    /// <summary>When it was used last; <c>default</c> for not yet.</summary>
    public DateTimeOffset UsedAt => new(Interlocked.Read(ref _usedAt), TimeSpan.Zero);

    /// <summary>The last use that the database was told of.</summary>
    public DateTimeOffset NotedUse { get; set; }

    private CancellationTokenSource Revoked { get; } = new();

    /// <summary>Whom it stands for; null once it has expired.</summary>
    public KnownCaller? Use(DateTimeOffset now)
    {
        if (Caller.Expires <= now)
            return null;
        Interlocked.Exchange(ref _usedAt, now.UtcTicks);
        return Caller;
    }

    /// <summary>The same text by what it is good for now: this, while that is the same; null where it is for nothing.</summary>
    public HeldKey? Under(KeyTerms? terms) =>
        terms is null ? null
        : terms == Terms ? this
        : new HeldKey(Hash, terms) { _usedAt = UsedAt.UtcTicks, NotedUse = NotedUse };

    /// <summary>Ends what is being done with it.</summary>
    public Task Revoke() => Revoked.CancelAsync();
}
