using System.Security.Cryptography;
using System.Text.Json;
using FeatureFlags.BuildingBlocks.Domain;
using FeatureFlags.BuildingBlocks.Http;

namespace FeatureFlags.Access.Domain;

/// <summary>Who holds a key: a program on a server, or one that its users can look into (a browser, an app).</summary>
internal enum KeyKind
{
    Server,
    Client,
}

/// <summary>A long-lived credential for SDKs, good in the one (tenant, environment) it was created in.</summary>
internal sealed class ApiKey : AggregateRoot, IScoped, ISoftDeleted
{
    /// <summary>Former texts that are good at once, at most.</summary>
    public const int MostFormer = 10;

    private readonly List<KeyHash> _hashes = [];

    private ApiKey() { }

    /// <summary>Also the actor of what is done with it: it stays when the name does not.</summary>
    public string Id { get; private init; } = "";
    public string Tenant { get; private init; } = "";
    public string Environment { get; private init; } = "";
    public string Name { get; private set; } = "";
    public KeyKind Kind { get; private init; }

    /// <summary>Scope names with spaces between them, as in RFC 6749.</summary>
    public string Scope { get; private init; } = "";

    /// <summary>The origins of the pages that may send it, with spaces between them; empty for any.</summary>
    public string AllowedOrigins { get; private set; } = "";

    /// <summary>From then on it is good for nothing; null for never.</summary>
    public DateTimeOffset? ExpiresAt { get; private set; }

    /// <summary>
    /// To the minute or so, and no change that anybody is told of: it is written past this class, with neither a
    /// version nor an event.
    /// </summary>
    public DateTimeOffset? LastUsedAt { get; private init; }

    /// <summary>Its present text and, for a while after a rotation, former ones.</summary>
    public IReadOnlyList<KeyHash> Hashes => _hashes;

    /// <summary>Starts at 1 and rises by one with every change, revocation included.</summary>
    public long Version { get; private set; }
    public DateTimeOffset CreatedAt { get; private init; }
    public DateTimeOffset UpdatedAt { get; private set; }

    /// <summary>The row of a revoked key stays, so that its id never means another one.</summary>
    public DateTimeOffset? DeletedAt { get; private set; }

    public IReadOnlyList<string> Scopes => Scope.Split(' ');

    public IReadOnlyList<string> Origins => AllowedOrigins.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>When the last former text ends, or ended; null where there is none.</summary>
    public DateTimeOffset? PreviousValidUntil => _hashes.Max(hash => hash.Until);

    public static ApiKey Create(KeyDraft draft, Secret secret, string tenant, string environment, DateTimeOffset now)
    {
        var key = new ApiKey
        {
            Id = $"key_{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(10))}",
            Tenant = tenant,
            Environment = environment,
            Kind = draft.Kind,
            Scope = string.Join(' ', BuildingBlocks.Http.Scopes.All.Where(draft.Scopes.Contains)),
            CreatedAt = now,
        };
        key.Set(draft, now);
        key.Add(secret);
        key.Tell("created", before: null, key.Snapshot());
        return key;
    }

    /// <summary>What a write sets, as it stands.</summary>
    public KeyDraft Draft() => new(Name, Kind, Scopes, ExpiresAt, Origins);

    /// <summary>Takes all of a draft that can change. Says nothing when nothing differs.</summary>
    public void Replace(KeyDraft draft, DateTimeOffset now)
    {
        if (draft.SameAs(Draft()))
            return;

        var before = Snapshot();
        Set(draft, now);
        Tell("updated", before, Snapshot());
    }

    /// <summary>
    /// From now on the new text will do, and those before it for a while; of more than <see cref="MostFormer"/> those
    /// go that would end first.
    /// </summary>
    /// <param name="overlap">How long, unless they end sooner; zero: no longer.</param>
    public void Rotate(Secret secret, TimeSpan overlap, DateTimeOffset now)
    {
        var before = Snapshot();
        // The present text has no end yet, so it stays.
        var stay = _hashes.OrderByDescending(hash => hash.Until ?? DateTimeOffset.MaxValue).Take(MostFormer).ToList();
        stay.ForEach(hash => hash.EndBy(now + overlap));
        _hashes.RemoveAll(hash => !stay.Contains(hash) || hash.Until <= now);
        Add(secret);
        Touch(now);
        Tell("rotated", before, Snapshot());
    }

    public void Revoke(DateTimeOffset now)
    {
        var before = Snapshot();
        _hashes.Clear();
        DeletedAt = now;
        Touch(now);
        Tell("revoked", before, after: null);
    }

    /// <summary>What the text with this hash is good for; null where it is none of the key's.</summary>
    public KeyTerms? TermsOf(byte[] hash)
    {
        if (_hashes.Find(known => known.Hash.AsSpan().SequenceEqual(hash)) is not { } found)
            return null;
        var until = found.Until < ExpiresAt ? found.Until : ExpiresAt ?? found.Until;
        return new KeyTerms(Id, Tenant, Environment, Scope, AllowedOrigins, until);
    }

    private void Set(KeyDraft draft, DateTimeOffset now)
    {
        Name = draft.Name;
        ExpiresAt = draft.ExpiresAt;
        AllowedOrigins = string.Join(' ', draft.AllowedOrigins.Distinct());
        Touch(now);
    }

    private void Add(Secret secret) =>
        _hashes.Add(
            new KeyHash
            {
                Hash = secret.Hash(),
                KeyId = Id,
                Tenant = Tenant,
                Environment = Environment,
            }
        );

    private void Touch(DateTimeOffset now)
    {
        Version++;
        UpdatedAt = now;
    }

    private JsonElement Snapshot() =>
        ApiJson.ToElement(
            new
            {
                Id,
                Name,
                Kind,
                Scopes,
                AllowedOrigins = Origins,
                ExpiresAt,
                PreviousValidUntil,
                Version,
                CreatedAt,
                UpdatedAt,
            }
        );

    private void Tell(string action, JsonElement? before, JsonElement? after) =>
        Raise(new Change("api_key", action, Id, Version, before, after));
}

/// <summary>
/// The SHA-256 of a text that a key is known by. It says where the key belongs, because who shows a text says nothing
/// else: it is looked up before there is a caller, so it is not <see cref="IScoped"/>.
/// </summary>
internal sealed class KeyHash
{
    public required byte[] Hash { get; init; }
    public required string KeyId { get; init; }
    public required string Tenant { get; init; }
    public required string Environment { get; init; }

    /// <summary>Null for the present text, and for others the end of their time.</summary>
    public DateTimeOffset? Until { get; private set; }

    public void EndBy(DateTimeOffset time)
    {
        if (Until is null || Until > time)
            Until = time;
    }
}

/// <summary>All that a text of a key is good for; as a value, so that two readings can be compared.</summary>
/// <param name="Scopes">With spaces between them, as the origins are.</param>
/// <param name="Origins">Empty for any.</param>
/// <param name="Until">From then on for nothing; null for never.</param>
internal sealed record KeyTerms(
    string KeyId,
    string Tenant,
    string Environment,
    string Scopes,
    string Origins,
    DateTimeOffset? Until
);
