using FeatureFlags.Testing;

namespace FeatureFlags.IntegrationTests.Operations;

internal static class HostProcessClients
{
    extension(HostProcess host)
    {
        public async Task<Answer> Get(string path) => await Answer.Of(await host.Http.GetAsync(path));

        /// <summary>Speaks for a tenant, by a token of the stub issuer.</summary>
        public async Task<TenantClient> Tenant(string tenant) =>
            host.Tenant(tenant, await host.Http.StubToken("tester"));

        public TenantClient Tenant(string tenant, string token) => new(host.Http, tenant, "production", token);
    }
}
