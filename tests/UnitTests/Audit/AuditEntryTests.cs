using FeatureFlags.Audit.Domain;

namespace FeatureFlags.UnitTests.Audit;

internal sealed class AuditEntryTests
{
    [TestCase("created", "create")]
    [TestCase("updated", "update")]
    [TestCase("deleted", "delete")]
    [TestCase("secret_rotated", "secret_rotated")]
    public void An_action_says_what_was_done(string happened, string done) =>
        Assert.That(AuditEntry.ActionOf(happened), Is.EqualTo(done));
}
