using FeatureFlags.Testing;

namespace FeatureFlags.IntegrationTests;

/// <summary>In the root namespace, so that it encloses every fixture of this assembly.</summary>
[SetUpFixture]
internal sealed class StopAtTheEnd
{
    [OneTimeTearDown]
    public async Task Stop()
    {
        await Service.StopShared();
        await PostgresServer.StopShared();
    }
}
