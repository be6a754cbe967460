using System.Security.Cryptography;
using System.Text.Json;
using FeatureFlags.BuildingBlocks.Domain;
using FeatureFlags.BuildingBlocks.Http;

namespace FeatureFlags.Access.Domain;

/// <summary>
/// A program that gets its tokens by an id and a secret. It belongs to no one scope: it may act for several tenants, or
/// for all, so it is not <see cref="IScoped"/>; who sees it is said in one place, <c>ClientVisibility</c>.
/// </summary>
internal sealed class ApiClient : AggregateRoot, ISoftDeleted
{
    private readonly List<ClientTenant> _tenants = [];

    private ApiClient() { }

    public string Id { get; private init; } = "";
    public string Name { get; private set; } = "";

    /// <summary>Scope names with spaces between them, as in RFC 6749.</summary>
    public string Scope { get; private set; } = "";
    public IReadOnlyList<ClientTenant> Tenants => _tenants;

    /// <summary>Whether it gets tokens. Those it has stay valid until they expire.</summary>
    public bool Active { get; private set; }
    public byte[] SecretHash { get; private set; } = [];

    /// <summary>Starts at 1 and rises by one with every change, deletion included.</summary>
    public long Version { get; private set; }
    public DateTimeOffset CreatedAt { get; private init; }
    public DateTimeOffset UpdatedAt { get; private set; }

    /// <summary>The row of a deleted client stays, so that its id never means another one.</summary>
    public DateTimeOffset? DeletedAt { get; private set; }

    public Grant Grant => new(Scope.Split(' '), [.. _tenants.Select(t => t.Tenant).Order(StringComparer.Ordinal)]);

    /// <param name="tenant">Where the change is told of, here and below.</param>
    public static ApiClient Create(ClientDraft draft, Secret secret, string tenant, DateTimeOffset now)
    {
        var client = new ApiClient
        {
            Id = $"client_{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(10))}",
            SecretHash = secret.Hash(),
            CreatedAt = now,
        };
        client.Set(draft, now);
        client.Tell("created", before: null, client.Snapshot(tenant));
        return client;
    }

    /// <summary>The client an installation begins with. No event: there is no tenant yet to tell of it.</summary>
    public static ApiClient First(string id, Secret secret, DateTimeOffset now)
    {
        var client = new ApiClient
        {
            Id = id,
            SecretHash = secret.Hash(),
            CreatedAt = now,
        };
        client.Set(new ClientDraft("First client", [Scopes.Admin], [Grant.EveryTenant], Active: true), now);
        return client;
    }

    /// <summary>Says nothing when nothing differs.</summary>
    public void Replace(ClientDraft draft, string tenant, DateTimeOffset now)
    {
        if (draft.SameAs(Draft()))
            return;

        var before = Snapshot(tenant);
        Set(draft, now);
        Tell("updated", before, Snapshot(tenant));
    }

    /// <summary>From now on only the new secret will do.</summary>
    public void RotateSecret(Secret secret, string tenant, DateTimeOffset now)
    {
        var before = Snapshot(tenant);
        SecretHash = secret.Hash();
        Version++;
        UpdatedAt = now;
        Tell("secret_rotated", before, Snapshot(tenant));
    }

    public void Delete(string tenant, DateTimeOffset now)
    {
        var before = Snapshot(tenant);
        DeletedAt = now;
        UpdatedAt = now;
        Version++;
        _tenants.Clear();
        Tell("deleted", before, after: null);
    }

    /// <summary>What a write sets, as it stands.</summary>
    public ClientDraft Draft() => new(Name, Grant.Scopes, Grant.Tenants, Active);

    private void Set(ClientDraft draft, DateTimeOffset now)
    {
        Name = draft.Name;
        Scope = string.Join(' ', Scopes.All.Where(draft.Scopes.Contains));
        Active = draft.Active;
        Version++;
        UpdatedAt = now;
        // Rows that stay are left alone: EF would not let one be deleted and inserted in the same save.
        var wanted = draft.Tenants.Select(tenant => new ClientTenant(Id, tenant)).ToHashSet();
        _tenants.RemoveAll(row => !wanted.Contains(row));
        _tenants.AddRange(wanted.Except(_tenants).ToList());
    }

    /// <summary>The client as its events tell of it in one tenant, which is not told who the others are.</summary>
    private JsonElement Snapshot(string tenant)
    {
        var told = Grant.Tenants.Where(t => t == tenant || t == Grant.EveryTenant).ToList();
        return ApiJson.ToElement(
            new
            {
                Id,
                Name,
                Grant.Scopes,
                Tenants = told,
                OtherTenants = Tenants.Count - told.Count,
                Active,
                Version,
                CreatedAt,
                UpdatedAt,
            }
        );
    }

    private void Tell(string action, JsonElement? before, JsonElement? after) =>
        Raise(new Change("client", action, Id, Version, before, after));
}

/// <summary>A tenant, or <c>*</c>, that a client may act for: a row of its own, so that a tenant's clients are one look
/// into an index.</summary>
internal sealed record ClientTenant(string ClientId, string Tenant);
