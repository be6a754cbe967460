// Two modules of which Beta may see Alpha; that Alpha sees Beta is forbidden, and closes a circle.
namespace FeatureFlags.ArchitectureTests.Violations.Alpha
{
    internal sealed record SeenByBeta;

    internal sealed record KnowsBeta(Beta.SeenByAlpha Other);
}

namespace FeatureFlags.ArchitectureTests.Violations.Beta
{
    internal sealed record SeenByAlpha;

    internal sealed record KnowsAlpha(Alpha.SeenByBeta Other);
}
