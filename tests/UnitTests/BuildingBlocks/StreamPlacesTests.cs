using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Streaming;

namespace FeatureFlags.UnitTests.BuildingBlocks;

internal sealed class StreamPlacesTests
{
    [Test]
    public void Each_tenant_has_its_own_and_one_given_back_can_be_taken_again()
    {
        var places = new StreamPlaces(most: 2);
        var first = places.Take("acme");
        places.Take("acme");

        Assert.That(() => places.Take("acme"), Throws.InstanceOf<TooManyRequestsException>());
        Assert.That(() => places.Take("globex"), Throws.Nothing);
        first.Dispose();
        Assert.That(() => places.Take("acme"), Throws.Nothing);
        Assert.That(() => places.Take("acme"), Throws.InstanceOf<TooManyRequestsException>());
    }
}
