using System.Security.Claims;
using System.Text;
using FeatureFlags.Access;
using FeatureFlags.Access.Domain;
using FeatureFlags.Access.Tokens;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;

namespace FeatureFlags.UnitTests.Access;

internal sealed class KnownTokensTests
{
    private static readonly byte[] Key = Encoding.UTF8.GetBytes(new string('k', 31) + "1");
    private static readonly byte[] OtherKey = Encoding.UTF8.GetBytes(new string('k', 31) + "2");

    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 1, 31, 12, 0, 0, TimeSpan.Zero));
    private readonly SigningKeys _keys = new(new AccessSettings(true, Key, PreviousSecret: null, FirstClient: null));

    [Test]
    public void A_token_is_known_by_itself_and_by_nothing_like_it()
    {
        var known = new KnownTokens(_keys, _clock);
        var alice = Remember(known, "Bearer alice");

        Assert.That(known.Find("Bearer alice"), Is.SameAs(alice));
        Assert.That(known.Find("Bearer alicf"), Is.Null);
        Assert.That(known.Find("Bearer alice "), Is.Null);
        Assert.That(known.Find(""), Is.Null);
    }

    [Test]
    public void A_token_is_known_until_the_second_it_expires()
    {
        var known = new KnownTokens(_keys, _clock);
        Remember(known, "Bearer alice", TimeSpan.FromMinutes(10));

        _clock.Advance(TimeSpan.FromMinutes(10) - TimeSpan.FromSeconds(1));
        Assert.That(known.Find("Bearer alice"), Is.Not.Null);

        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.That(known.Find("Bearer alice"), Is.Null);
    }

    [Test]
    public void Another_signing_key_leaves_no_token_known()
    {
        var known = new KnownTokens(_keys, _clock);
        Remember(known, "Bearer alice");

        _keys.Load(OtherKey);

        Assert.That(known.Find("Bearer alice"), Is.Null);
    }

    [Test]
    public void A_token_verified_before_the_key_changed_is_not_known_after()
    {
        var known = new KnownTokens(_keys, _clock);
        var before = _keys.Current;

        _keys.Load(OtherKey);
        known.Remember("Bearer alice", Caller(TimeSpan.FromHours(6)), before);

        Assert.That(known.Find("Bearer alice"), Is.Null);
    }

    [Test]
    public void However_many_tokens_come_a_bounded_number_is_known_and_those_in_use_stay()
    {
        var known = new KnownTokens(_keys, _clock);
        var alice = Remember(known, "Bearer alice");
        for (var i = 0; i < 3 * KnownTokens.Most; i++)
        {
            Remember(known, $"Bearer {i}");
            if (i % 100 == 0)
                Assert.That(known.Find("Bearer alice"), Is.SameAs(alice));
        }

        // Looking keeps what it finds, so the first ones go: no more than the bound can be found all the same.
        var found = Enumerable.Range(0, 3 * KnownTokens.Most).Count(i => known.Find($"Bearer {i}") is not null);
        Assert.That(found, Is.InRange(KnownTokens.Most / 2 - 1, KnownTokens.Most));
        Assert.That(known.Find($"Bearer {3 * KnownTokens.Most - 1}"), Is.Not.Null);
    }

    [Test]
    public void A_token_as_long_as_few_are_is_verified_each_time()
    {
        var known = new KnownTokens(_keys, _clock);
        var longest = new string('x', KnownTokens.LongestCredentials);
        Remember(known, longest);
        Remember(known, longest + "x");

        Assert.That(known.Find(longest), Is.Not.Null);
        Assert.That(known.Find(longest + "x"), Is.Null);
    }

    [Test]
    public async Task Who_is_known_has_the_grant_of_the_token_and_not_the_token()
    {
        var grant = new Grant(["flags:r", "evaluate"], ["acme"]);
        var token = new TokenIssuer(_keys, _clock).Issue("alice", grant);
        var parameters = TokenValidation.Parameters(_keys, _clock);
        parameters.SaveSigninToken = true;
        var verified = await TokenValidation.Handler().ValidateTokenAsync(token, parameters);

        var caller = KnownCaller.Of(new ClaimsPrincipal(verified.ClaimsIdentity), _clock.GetUtcNow());

        var identity = (ClaimsIdentity)caller.User.Identity!;
        Assert.That(caller.Subject, Is.EqualTo("alice"));
        Assert.That(caller.Grant.Scopes, Is.EqualTo(grant.Scopes));
        Assert.That(caller.Grant.Tenants, Is.EqualTo(grant.Tenants));
        Assert.That(identity.IsAuthenticated);
        Assert.That(Grant.Of(caller.User).Scopes, Is.EqualTo(grant.Scopes));
        // The verifier's own kind of identity holds on to what it read.
        Assert.That(identity, Is.TypeOf<ClaimsIdentity>());
        Assert.That(identity.BootstrapContext, Is.Null);
    }

    [Test]
    public void Who_was_admitted_to_one_endpoint_was_not_to_another()
    {
        var caller = Caller(TimeSpan.FromHours(6));
        var (one, other) = (Endpoint("one"), Endpoint("one"));

        caller.Admit(one);

        Assert.That(caller.WasAdmittedTo(one));
        Assert.That(caller.WasAdmittedTo(other), Is.False);
    }

    private KnownCaller Remember(KnownTokens known, string credentials, TimeSpan? lifetime = null)
    {
        var caller = Caller(lifetime ?? TimeSpan.FromHours(6));
        known.Remember(credentials, caller, _keys.Current);
        return caller;
    }

    private KnownCaller Caller(TimeSpan lifetime) =>
        new(new ClaimsPrincipal(), "alice", new Grant(["evaluate"], ["acme"]), _clock.GetUtcNow() + lifetime);

    private static Endpoint Endpoint(string name) => new(null, EndpointMetadataCollection.Empty, name);
}
