using FeatureFlags.BuildingBlocks.Persistence;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace FeatureFlags.Host.Persistence;

internal static class DatabaseRegistration
{
    public static IServiceCollection AddDatabase(this IServiceCollection services, DatabaseDsn dsn)
    {
        if (dsn.IsSqlite)
        {
            services.AddSingleton<IDatabaseEngine, SqliteEngine>();
            services.AddDbContext<AppDbContext, SqliteAppDbContext>(
                (provider, options) => Configure(provider, options, dsn)
            );
            services.AddSingleton(provider => DataFileLock.Take(dsn.ConnectionString));
        }
        else
        {
            services.AddSingleton<IDatabaseEngine, PostgresEngine>();
            services.AddDbContext<AppDbContext, PostgresAppDbContext>(
                (provider, options) => Configure(provider, options, dsn)
            );
            services.AddHostedService(provider => ActivatorUtilities.CreateInstance<CommitNotices>(provider, dsn));
        }
        services.AddHostedService<DatabaseStartup>();
        return services;
    }

    public static void Use(DbContextOptionsBuilder options, DatabaseDsn dsn)
    {
        if (dsn.IsSqlite)
            options.UseSqlite(dsn.ConnectionString).AddInterceptors(new SqliteEngine.SyncFully());
        else
            options.UseNpgsql(dsn.ConnectionString);
        options.UseSnakeCaseNamingConvention();
    }

    private static void Configure(IServiceProvider provider, DbContextOptionsBuilder options, DatabaseDsn dsn)
    {
        Use(options, dsn);
        options.AddInterceptors(provider.GetServices<IInterceptor>());
        // The host logs an error once, where it is answered; EF's own lines would repeat it, with parameters' names.
        options.ConfigureWarnings(w =>
            w.Ignore(
                CoreEventId.SaveChangesFailed,
                CoreEventId.QueryIterationFailed,
                RelationalEventId.CommandError,
                RelationalEventId.ConnectionError
            )
        );
    }
}
