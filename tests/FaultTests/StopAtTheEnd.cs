using FeatureFlags.Testing;

namespace FeatureFlags.FaultTests;

/// <summary>In the root namespace, so that it encloses every fixture of this assembly.</summary>
[SetUpFixture]
internal sealed class StopAtTheEnd
{
    [OneTimeTearDown]
    public Task Stop() => PostgresServer.StopShared();
}
