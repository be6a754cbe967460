using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace FeatureFlags.ArchitectureTests;

/// <summary>
/// The host as Program.cs puts it together, started once without its background work: what is registered and mapped is
/// looked at, no database is opened.
/// </summary>
[SetUpFixture]
internal sealed class RealHost
{
    private static Factory? _host;

    public static IReadOnlyList<ServiceDescriptor> Services => _host!.Registered;

    public static IReadOnlyList<RouteEndpoint> Endpoints =>
        [.. _host!.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()];

    [OneTimeSetUp]
    public void Start()
    {
        _host = new Factory();
        _host.StartServer();
    }

    [OneTimeTearDown]
    public async Task Stop() => await _host!.DisposeAsync();

    private sealed class Factory : WebApplicationFactory<Program>
    {
        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("featureflags-");

        public IReadOnlyList<ServiceDescriptor> Registered { get; private set; } = [];

        public override async ValueTask DisposeAsync()
        {
            await base.DisposeAsync();
            _folder.Delete(recursive: true);
        }

        protected override void ConfigureWebHost(IWebHostBuilder builder)
        {
            builder.UseSetting("environment", "Development").UseSetting("DATA_DIR", _folder.FullName);
            builder.ConfigureTestServices(services =>
            {
                Registered = [.. services];
                foreach (var work in Registered.Where(IsBackgroundWork))
                    services.Remove(work);
            });
        }

        private static bool IsBackgroundWork(ServiceDescriptor service) =>
            service.ServiceType == typeof(IHostedService)
            && service.ImplementationType is { } type
            && Code.Assemblies.Contains(type.Assembly);
    }
}
