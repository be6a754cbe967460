using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Persistence;
using FeatureFlags.Host;
using FeatureFlags.Host.Http;
using FeatureFlags.Host.Http.OpenApi;
using FeatureFlags.Host.Observability;
using FeatureFlags.Host.Persistence;

try
{
    var builder = WebApplication.CreateSlimBuilder(args);
    builder.Services.AddJsonLogs(builder.Configuration, Console.OpenStandardOutput());
    builder.Services.AddTracing(builder.Configuration);
    builder.AddHttpEdge();
    builder.Services.AddApiDocument();
    if (args.Contains(HealthCheck.Argument))
        return await HealthCheck.Run(builder.Configuration);

    builder.Services.AddDatabase(
        DatabaseDsn.Parse(builder.Configuration["DB_DSN"], builder.Configuration.DataDirectory())
    );
    builder.Services.AddModules(builder.Configuration, Modules.All);
    builder.Services.LeaveOutKeyRing();
    if (DemoTenant.IsWanted(builder))
        builder.Services.AddScoped<IStartupStep, DemoTenant>();

    await using var app = builder.Build();
    app.Services.GetService<DataFileLock>(); // Before anything opens the file.
    app.UseHttpEdge();
    foreach (var module in Modules.All)
        module.Use(app);
    RateLimits.Use(app);
    app.MapProbes();
    app.MapApiDocument();
    foreach (var module in Modules.All)
        module.MapEndpoints(app);

    await app.StartAsync();
    await app.WaitForShutdownAsync();
    await Startup.ThrowStartFailure(app.Services);
    return 0;
}
catch (Exception error) when (Startup.Refusal(error) is { } refusal)
{
    await Console.Error.WriteLineAsync(refusal);
    return 1;
}
