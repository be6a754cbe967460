using FeatureFlags.Access.Domain;
using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Persistence;
using Microsoft.EntityFrameworkCore;

namespace FeatureFlags.Access.Persistence;

internal static class ClientMapping
{
    public static void Map(ModelBuilder model)
    {
        model.Entity<ApiClient>(client =>
        {
            client.ToTable("access_clients");
            client.HasKey(c => c.Id);
            client.Ignore(c => c.Grant);
            client.HasMany(c => c.Tenants).WithOne().HasForeignKey(t => t.ClientId);
        });
        model.Entity<ClientTenant>(tenant =>
        {
            tenant.ToTable("access_client_tenants");
            tenant.HasKey(t => new { t.ClientId, t.Tenant });
            tenant.HasIndex(t => new { t.Tenant, t.ClientId });
        });
    }

    public static DbSet<ApiClient> Clients(this AppDbContext db) => db.Set<ApiClient>();
}

/// <summary>
/// Which clients a caller sees and manages: those of the tenant it works in, as far as it could do by itself whatever
/// they can. Of tenants only, because the routes need scope <c>admin</c>, which includes every scope.
/// </summary>
internal static class ClientVisibility
{
    public static IQueryable<ApiClient> ClientsVisibleTo(this AppDbContext db, Grant caller, string tenant)
    {
        // Their ids first: otherwise every tenant's list reads through all clients there are.
        var here = db.Set<ClientTenant>()
            .Where(t => t.Tenant == tenant || t.Tenant == Grant.EveryTenant)
            .Select(t => t.ClientId);
        var clients = db.Clients().Where(c => here.Contains(c.Id));
        if (caller.Tenants.Contains(Grant.EveryTenant))
            return clients;

        var mine = caller.Tenants;
        return clients.Where(c => c.Tenants.All(t => mine.Contains(t.Tenant)));
    }

    /// <summary>The client to change, locked until the transaction ends.</summary>
    /// <exception cref="NotFoundException">There is none that the caller sees.</exception>
    public static async Task<ApiClient> ClientToChange(
        this AppDbContext db,
        string id,
        Grant caller,
        string tenant,
        CancellationToken ct
    )
    {
        // The unit of work holds the lock of one scope, and a client can be changed from several: its row is locked too.
        await db.Clients()
            .Where(c => c.Id == id)
            .ExecuteUpdateAsync(row => row.SetProperty(c => c.Version, c => c.Version), ct);
        return await db.ClientsVisibleTo(caller, tenant)
                .Include(c => c.Tenants)
                .SingleOrDefaultAsync(c => c.Id == id, ct)
            ?? throw NotFound(id);
    }

    public static NotFoundException NotFound(string id) => new($"There is no client '{id}'.");
}
