using System.Linq.Expressions;
using FeatureFlags.BuildingBlocks.Domain;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace FeatureFlags.BuildingBlocks.Persistence;

/// <summary>
/// One context over all modules, so that a use case and its outbox messages commit together. Each module maps its own
/// internal entities: no other module can name, hence query, them. Each engine has a subclass with its migrations.
/// </summary>
public abstract class AppDbContext(DbContextOptions options, IEnumerable<IModule> modules, CallContext call)
    : DbContext(options)
{
    /// <summary>The filter that keeps every read of an <see cref="IScoped"/> row inside the caller's scope.</summary>
    public const string TenantFilter = "Tenant";

    /// <summary>The filter that leaves out deleted rows.</summary>
    public const string DeletedFilter = "Deleted";

    // Members of the context, so that EF reads them anew for every query instead of baking them into the model.
    private string CurrentTenant => call.ScopeOrNowhere.Tenant;
    private string CurrentEnvironment => call.ScopeOrNowhere.Environment;

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        foreach (var module in modules)
            module.MapEntities(modelBuilder);

        foreach (var entity in modelBuilder.Model.GetEntityTypes().Where(e => !e.IsOwned()).ToList())
        {
            var row = Expression.Parameter(entity.ClrType, "row");
            if (entity.ClrType.IsAssignableTo(typeof(IScoped)))
            {
                var sameTenant = Same(row, nameof(IScoped.Tenant), nameof(CurrentTenant));
                var sameEnvironment = Same(row, nameof(IScoped.Environment), nameof(CurrentEnvironment));
                entity.SetQueryFilter(
                    TenantFilter,
                    Expression.Lambda(Expression.AndAlso(sameTenant, sameEnvironment), row)
                );
            }
            if (entity.ClrType.IsAssignableTo(typeof(ISoftDeleted)))
            {
                var deletedAt = Expression.Property(row, nameof(ISoftDeleted.DeletedAt));
                var live = Expression.Equal(deletedAt, Expression.Constant(null, typeof(DateTimeOffset?)));
                entity.SetQueryFilter(DeletedFilter, Expression.Lambda(live, row));
            }
        }
    }

    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder) =>
        // SQLite can neither compare nor order a DateTimeOffset; both engines keep the same form.
        configurationBuilder.Properties<DateTimeOffset>().HaveConversion<UnixMilliseconds>();

    private BinaryExpression Same(ParameterExpression row, string column, string mine) =>
        Expression.Equal(
            Expression.Property(row, column),
            Expression.Property(Expression.Constant(this, typeof(AppDbContext)), mine)
        );

    private sealed class UnixMilliseconds()
        : ValueConverter<DateTimeOffset, long>(
            time => time.ToUnixTimeMilliseconds(),
            stored => DateTimeOffset.FromUnixTimeMilliseconds(stored)
        );
}
