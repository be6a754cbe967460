using System.Buffers.Text;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using FeatureFlags.Access;
using FeatureFlags.Access.Domain;
using FeatureFlags.Access.Tokens;
using FeatureFlags.BuildingBlocks;
using Microsoft.Extensions.Time.Testing;
using Microsoft.IdentityModel.Tokens;

namespace FeatureFlags.UnitTests.Access;

internal sealed class TokenTests
{
    // Long enough for HS512 as well: a token under it must fall for its algorithm, not for a short key.
    private static readonly byte[] Key = Encoding.UTF8.GetBytes(new string('k', 32) + new string('1', 32));
    private static readonly byte[] OldKey = Encoding.UTF8.GetBytes(new string('k', 32) + new string('0', 32));
    private static readonly Grant Reader = new(["flags:r", "evaluate"], ["acme"]);

    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 1, 31, 12, 0, 0, TimeSpan.Zero));

    private long Now => _clock.GetUtcNow().ToUnixTimeSeconds();

    [Test]
    public async Task A_token_says_who_may_do_what_where_until_when()
    {
        var result = await Verify(new TokenIssuer(Keys(Key), _clock).Issue("alice", Reader));

        var user = new ClaimsPrincipal(result.ClaimsIdentity);
        Assert.That(result.IsValid, Is.True);
        Assert.That(user.Identity!.Name, Is.EqualTo("alice"));
        Assert.That(Grant.Of(user).Scopes, Is.EqualTo(Reader.Scopes));
        Assert.That(Grant.Of(user).Tenants, Is.EqualTo(Reader.Tenants));
        Assert.That(user.FindFirstValue("iat"), Is.EqualTo($"{Now}"));
        Assert.That(user.FindFirstValue("exp"), Is.EqualTo($"{Now + 6 * 3600}"));
    }

    [Test]
    public async Task A_token_lives_six_hours_to_the_second()
    {
        var token = new TokenIssuer(Keys(Key), _clock).Issue("alice", Reader);

        _clock.Advance(TimeSpan.FromHours(6) - TimeSpan.FromSeconds(1));
        Assert.That((await Verify(token)).IsValid, Is.True);

        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.That((await Verify(token)).IsValid, Is.False);
    }

    [Test]
    public async Task The_previous_key_verifies_and_signs_nothing()
    {
        var old = new TokenIssuer(Keys(OldKey), _clock).Issue("alice", Reader);
        var rotated = Keys(Key, OldKey);

        Assert.That((await Verify(old, rotated)).IsValid, Is.True);
        Assert.That(
            (await Verify(new TokenIssuer(rotated, _clock).Issue("alice", Reader), Keys(Key))).IsValid,
            Is.True
        );
        Assert.That((await Verify(old, Keys(Key))).IsValid, Is.False);
    }

    [Test]
    public void Before_a_generated_key_is_loaded_no_token_is_issued()
    {
        var keys = new SigningKeys(new AccessSettings(true, Secret: null, PreviousSecret: null, FirstClient: null));
        var issuer = new TokenIssuer(keys, _clock);

        Assert.That(() => issuer.Issue("alice", Reader), Throws.TypeOf<UnavailableException>());

        keys.Load(Key);
        Assert.That(issuer.Issue("alice", Reader), Is.Not.Empty);
    }

    [Test]
    public async Task A_token_made_by_hand_to_the_contract_is_believed() =>
        Assert.That((await Verify(Signed(Payload()))).IsValid, Is.True);

    [Test]
    public async Task A_clock_half_a_minute_ahead_is_forgiven()
    {
        Assert.That((await Verify(Signed(Payload(("nbf", $"{Now + 30}"))))).IsValid, Is.True);
        Assert.That((await Verify(Signed(Payload(("nbf", $"{Now + 31}"))))).IsValid, Is.False);
    }

    [Test]
    public async Task Every_tenant_a_token_may_name_fits_into_it()
    {
        var tenants = Enumerable.Range(0, DraftRules.MaxTenants).Select(i => new string('t', 60) + $"{i:000}");
        var everything = new Grant(FeatureFlags.BuildingBlocks.Http.Scopes.All, [.. tenants]);

        var token = new TokenIssuer(Keys(Key), _clock).Issue(new string('漢', 256), everything);

        Assert.That((await Verify(token)).IsValid, Is.True);
    }

    private static IEnumerable<TestCaseData<Func<TokenTests, string>>> Unbelievable()
    {
        yield return Case("no signature, alg none", t => Unsigned("none", t.Payload()));
        yield return Case("no signature, alg HS256", t => Unsigned("HS256", t.Payload()));
        yield return Case("HS384 under the same key", t => Signed(t.Payload(), "HS384"));
        yield return Case("HS512 under the same key", t => Signed(t.Payload(), "HS512"));
        yield return Case("alg says HS512, signed as HS256", t => Signed(t.Payload(), "HS256", says: "HS512"));
        yield return Case("alg says RS256, signed as HS256", t => Signed(t.Payload(), "HS256", says: "RS256"));
        yield return Case("alg in lower case", t => Signed(t.Payload(), "HS256", says: "hs256"));
        yield return Case("another key", t => Signed(t.Payload(), key: OldKey));
        yield return Case("an empty key", t => Signed(t.Payload(), key: []));
        yield return Case("expired", t => Signed(t.Payload(("exp", $"{t.Now}"))));
        yield return Case("expired long ago", t => Signed(t.Payload(("exp", "1"))));
        yield return Case("no exp", t => Signed(t.Payload(("exp", null))));
        yield return Case("exp is text", t => Signed(t.Payload(("exp", "\"never\""))));
        yield return Case("exp is null", t => Signed(t.Payload(("exp", "null"))));
        yield return Case("exp beyond any calendar, below zero", t => Signed(t.Payload(("exp", "-1e300"))));
        yield return Case("wrong issuer", t => Signed(t.Payload(("iss", "\"someone-else\""))));
        yield return Case("no issuer", t => Signed(t.Payload(("iss", null))));
        yield return Case("wrong audience", t => Signed(t.Payload(("aud", "\"someone-else\""))));
        yield return Case("no audience", t => Signed(t.Payload(("aud", null))));
        yield return Case(
            "huge",
            t => Signed(t.Payload(("sub", $"\"{new string('x', TokenValidation.MaxTokenBytes)}\"")))
        );
        yield return Case("a payload changed after signing", t => Changed(Signed(t.Payload())));
        yield return Case("a signature cut short", t => Signed(t.Payload())[..^10]);
        yield return Case("no payload", t => Signed(""));
        yield return Case("a payload that is no object", t => Signed("[]"));
        yield return Case("empty", _ => "");
        yield return Case("garbage", _ => "garbage");
        yield return Case("two dots", _ => "..");
        yield return Case("five parts", _ => "a.b.c.d.e");
        yield return Case("not Base64", t => "§." + Signed(t.Payload()));
    }

    [TestCaseSource(nameof(Unbelievable))]
    public async Task A_token_is_not_believed_when_it_is(Func<TokenTests, string> token) =>
        Assert.That((await Verify(token(this))).IsValid, Is.False);

    [TestCase("alice", true)]
    [TestCase("svc:ci@example.com", true)]
    [TestCase("", false)]
    [TestCase(" ", false)]
    [TestCase("a\nb", false)]
    [TestCase(null, false)]
    public void A_subject_is_readable_text(string? subject, bool valid) =>
        Assert.That(TokenClaims.IsSubject(subject), Is.EqualTo(valid));

    private Task<TokenValidationResult> Verify(string token, SigningKeys? keys = null) =>
        TokenValidation.Handler().ValidateTokenAsync(token, TokenValidation.Parameters(keys ?? Keys(Key), _clock));

    private static SigningKeys Keys(byte[] current, byte[]? previous = null) =>
        new(new AccessSettings(StubIssuer: false, current, previous, FirstClient: null));

    /// <summary>The claims of a good token, with some of them as given: as raw JSON, or left out by null.</summary>
    private string Payload(params (string Claim, string? Json)[] instead)
    {
        var claims = new Dictionary<string, string?>
        {
            ["iss"] = "\"featureflags\"",
            ["aud"] = "\"featureflags\"",
            ["sub"] = "\"alice\"",
            ["scopes"] = "[\"flags:r\"]",
            ["tenants"] = "[\"acme\"]",
            ["exp"] = $"{Now + 60}",
        };
        foreach (var (claim, json) in instead)
            claims[claim] = json;
        return $"{{{string.Join(',', claims.Where(c => c.Value is not null).Select(c => $"\"{c.Key}\":{c.Value}"))}}}";
    }

    private static string Signed(string payload, string alg = "HS256", string? says = null, byte[]? key = null)
    {
        var text = Unsigned(says ?? alg, payload).TrimEnd('.');
        var (secret, bytes) = (key ?? Key, Encoding.ASCII.GetBytes(text));
        var signature = alg switch
        {
            "HS384" => HMACSHA384.HashData(secret, bytes),
            "HS512" => HMACSHA512.HashData(secret, bytes),
            _ => HMACSHA256.HashData(secret, bytes),
        };
        return $"{text}.{Base64Url.EncodeToString(signature)}";
    }

    private static string Unsigned(string alg, string payload) =>
        $"{Encoded($"{{\"alg\":\"{alg}\",\"typ\":\"JWT\"}}")}.{Encoded(payload)}.";

    private static string Changed(string token)
    {
        var parts = token.Split('.');
        var payload = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(parts[1]));
        return $"{parts[0]}.{Encoded(payload.Replace("flags:r", "admin", StringComparison.Ordinal))}.{parts[2]}";
    }

    private static string Encoded(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));

    private static TestCaseData<Func<TokenTests, string>> Case(string name, Func<TokenTests, string> token) =>
        new(token) { TestName = $"A token is not believed when it is: {name}" };
}
