using FeatureFlags.Access.Domain;
using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Http;

namespace FeatureFlags.UnitTests.Access;

internal sealed class GrantTests
{
    [Test]
    public void Writing_includes_reading_and_admin_includes_all()
    {
        var included = Scopes.All.ToDictionary(
            granted => granted,
            granted => Scopes.All.Where(needed => Scopes.Includes(granted, needed)).ToList()
        );

        Assert.That(included[Scopes.Admin], Is.EqualTo(Scopes.All));
        Assert.That(included[Scopes.FlagsWrite], Is.EquivalentTo([Scopes.FlagsRead, Scopes.FlagsWrite]));
        Assert.That(included[Scopes.SegmentsWrite], Is.EquivalentTo([Scopes.SegmentsRead, Scopes.SegmentsWrite]));
        Assert.That(included[Scopes.WebhooksWrite], Is.EquivalentTo([Scopes.WebhooksRead, Scopes.WebhooksWrite]));
        foreach (
            var alone in new[]
            {
                Scopes.FlagsRead,
                Scopes.SegmentsRead,
                Scopes.WebhooksRead,
                Scopes.AuditRead,
                Scopes.EventsRead,
                Scopes.Evaluate,
            }
        )
            Assert.That(included[alone], Is.EqualTo([alone]));
    }

    [Test]
    public void A_star_stands_for_every_tenant_and_nothing_else_does()
    {
        Assert.That(new Grant([], ["*"]).Allows("acme"), Is.True);
        Assert.That(new Grant([], ["acme", "beta"]).Allows("beta"), Is.True);
        Assert.That(new Grant([], ["acme"]).Allows("acm"), Is.False);
        Assert.That(new Grant([], ["ac*"]).Allows("acme"), Is.False);
        Assert.That(new Grant([], []).Allows("acme"), Is.False);
    }

    [TestCase("admin", "acme", "flags:rw evaluate", "acme", true)]
    [TestCase("flags:rw", "acme beta", "flags:r", "beta", true)]
    [TestCase("admin", "*", "admin", "*", true)]
    [TestCase("admin", "*", "admin", "acme beta", true)]
    [TestCase("admin", "acme", "flags:r", "*", false, TestName = "Only a star covers a star")]
    [TestCase("admin", "acme", "flags:r", "acme beta", false)]
    [TestCase("flags:r", "*", "flags:rw", "acme", false)]
    [TestCase("flags:rw segments:rw", "*", "flags:r audit:r", "acme", false)]
    [TestCase("", "*", "flags:r", "acme", false)]
    public void Who_covers_another_can_do_all_that_the_other_can(
        string scopes,
        string tenants,
        string otherScopes,
        string otherTenants,
        bool covers
    )
    {
        var (grant, other) = (Of(scopes, tenants), Of(otherScopes, otherTenants));

        Assert.That(grant.Covers(other), Is.EqualTo(covers));
        Assert.That(() => grant.RequireCovers(other), covers ? Throws.Nothing : Throws.TypeOf<ForbiddenException>());
    }

    [Test]
    public void A_refusal_names_what_is_lacking() =>
        Assert.That(
            () => Of("flags:rw", "acme").RequireCovers(Of("flags:r audit:r", "acme beta")),
            Throws.TypeOf<ForbiddenException>().With.Message.Contains("audit:r, beta").And.Message.Not.Contains("acme")
        );

    private static Grant Of(string scopes, string tenants) =>
        new(
            scopes.Split(' ', StringSplitOptions.RemoveEmptyEntries),
            tenants.Split(' ', StringSplitOptions.RemoveEmptyEntries)
        );
}
