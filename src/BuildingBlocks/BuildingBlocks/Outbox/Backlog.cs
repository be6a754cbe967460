using System.Linq.Expressions;
using FeatureFlags.BuildingBlocks.Persistence;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace FeatureFlags.BuildingBlocks.Outbox;

/// <summary>What a module has yet to do, measured over all tenants beside the outbox's own deliveries.</summary>
internal abstract class Backlog(string name)
{
    public string Name => name;

    /// <returns>How much is pending, and since when the oldest of it.</returns>
    public abstract Task<(int Pending, DateTimeOffset? Oldest)> Measure(AppDbContext db, CancellationToken ct);
}

internal sealed class Backlog<TRow>(
    string name,
    Expression<Func<TRow, bool>> isPending,
    Expression<Func<TRow, DateTimeOffset?>> since
) : Backlog(name)
    where TRow : class
{
    public override async Task<(int Pending, DateTimeOffset? Oldest)> Measure(AppDbContext db, CancellationToken ct)
    {
        var pending = db.Set<TRow>().IgnoreQueryFilters().Where(isPending);
        return (await pending.CountAsync(ct), await pending.MinAsync(since, ct));
    }
}

public static class BacklogRegistration
{
    /// <summary>Has rows that wait for something counted in <c>outbox_pending</c> and <c>outbox_lag_seconds</c>.</summary>
    /// <param name="name">The metrics' label <c>subscriber</c>.</param>
    public static IServiceCollection AddBacklog<TRow>(
        this IServiceCollection services,
        string name,
        Expression<Func<TRow, bool>> isPending,
        Expression<Func<TRow, DateTimeOffset?>> since
    )
        where TRow : class => services.AddSingleton<Backlog>(new Backlog<TRow>(name, isPending, since));
}
