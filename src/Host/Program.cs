using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Http;
using FeatureFlags.Host;
using FeatureFlags.Host.Persistence;

var builder = WebApplication.CreateBuilder(args);
builder.Services.ConfigureHttpJsonOptions(json => ApiJson.Configure(json.SerializerOptions));
builder.Services.AddDatabase(
    DatabaseDsn.Parse(builder.Configuration["DB_DSN"], builder.Configuration["DATA_DIR"] ?? "data")
);
builder.Services.AddModules(builder.Configuration, Modules.All);

var app = builder.Build();
app.UseRouting();
foreach (var module in Modules.All)
    module.Use(app);
foreach (var module in Modules.All)
    module.MapEndpoints(app);
await app.RunAsync();
