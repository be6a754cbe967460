using FeatureFlags.Testing;

namespace FeatureFlags.IntegrationTests;

/// <summary>In the root namespace, so that it encloses every fixture of this assembly.</summary>
[SetUpFixture]
internal sealed class StopPostgresAtTheEnd
{
    [OneTimeTearDown]
    public Task Stop() => PostgresServer.StopShared();
}
