using System.Net;

namespace FeatureFlags.IntegrationTests.Security;

internal sealed class JwtCorpusTests
{
    private const string OtherKey = "another-key-of-at-least-thirty-two-bytes-0123456789";

    private static readonly Jwt Valid = Jwt.Valid(TimeProvider.System);

    private static long Now => TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();

    [Test]
    public async Task A_token_made_by_hand_as_it_should_be_is_believed()
    {
        Assert.That((await Call($"Bearer {Valid.Signed()}")).Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await Call($"bearer {Valid.Signed()}")).Status, Is.EqualTo(HttpStatusCode.OK), "scheme's case");
    }

    [TestCaseSource(nameof(Refused))]
    public async Task A_token_that_is_not_as_it_should_be_is_refused(Func<string> authorization)
    {
        var answer = await Call(authorization());

        Assert.Multiple(() =>
        {
            Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.Unauthorized), answer.ToString());
            Assert.That(answer.Headers.WwwAuthenticate.ToString(), Does.StartWith("Bearer"));
            Assert.That(answer.ContentHeaders.ContentType?.MediaType, Is.EqualTo("application/problem+json"));
            Assert.That(answer.At("type"), Is.EqualTo("/problems/unauthenticated"));
        });
    }

    [Test]
    public async Task Two_authorization_headers_are_refused_though_each_alone_would_do()
    {
        var service = await Service.On(Engine.Sqlite);
        // HttpClient would send them as one header.
        var answer = await RawHttp.Send(
            service,
            "GET /v1/flags HTTP/1.1",
            $"Authorization: Bearer {Valid.Signed()}",
            $"Authorization: Bearer {Valid.Signed()}",
            "X-Tenant-ID: acme"
        );

        Assert.That(answer, Does.StartWith("HTTP/1.1 401 "));
        Assert.That(answer, Does.Contain("\r\nWWW-Authenticate: Bearer"));
    }

    [Test]
    public async Task The_previous_key_still_verifies_and_the_new_one_signs()
    {
        await using var service = await Service.Start(
            Engine.Sqlite,
            new() { ["JWT_SECRET"] = OtherKey, ["JWT_SECRET_PREVIOUS"] = Service.JwtSecret }
        );

        Assert.That((await Call($"Bearer {Valid.Signed()}", service)).Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await Call($"Bearer {Valid.Signed(OtherKey)}", service)).Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(
            (await Call($"Bearer {await service.Token("tester")}")).Status,
            Is.EqualTo(HttpStatusCode.Unauthorized),
            "A service that knows only the previous key must not believe what is signed now."
        );
    }

    [Test]
    public async Task Unknown_scopes_allow_nothing_and_harm_nothing()
    {
        var unknown = Valid.With("scopes", new[] { "flags:x", "*", "FLAGS:R", "flags:rwx" });
        Assert.That((await Call($"Bearer {unknown.Signed()}")).Status, Is.EqualTo(HttpStatusCode.Forbidden));

        var besides = Valid.With("scopes", new[] { "flags:x", "flags:r" });
        Assert.That((await Call($"Bearer {besides.Signed()}")).Status, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task Claims_of_another_form_allow_nothing()
    {
        foreach (var scopes in new object?[] { null, "flags:r flags:rw", 1, new { a = "flags:r" }, new[] { 1 } })
        {
            var answer = await Call($"Bearer {Valid.With("scopes", scopes).Signed()}");
            Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.Forbidden), $"scopes {scopes}: {answer}");
        }
        foreach (var tenants in new object?[] { null, "acme globex", 1, new { a = "acme" }, Array.Empty<string>() })
        {
            var answer = await Call($"Bearer {Valid.With("tenants", tenants).Signed()}");
            Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.Forbidden), $"tenants {tenants}: {answer}");
        }
    }

    [Test]
    public async Task The_clock_of_who_issued_a_token_may_be_a_little_ahead()
    {
        var slightlyNew = Valid.With("nbf", Now + 10).With("iat", Now + 10);

        Assert.That((await Call($"Bearer {slightlyNew.Signed()}")).Status, Is.EqualTo(HttpStatusCode.OK));
    }

    private static IEnumerable<TestCaseData> Refused()
    {
        yield return Token("alg none", () => Valid.Unsigned("none"));
        yield return Token("alg None", () => Valid.Unsigned("None"));
        yield return Token("alg left out", () => Valid.WithHeader("alg", null).Signed());
        yield return Token("alg none over a right signature", () => Valid.WithHeader("alg", "none").Signed());
        yield return Token("HS512 with the same key", () => Valid.SignedBySha512());
        yield return Token("HS384 named over HS256", () => Valid.WithHeader("alg", "HS384").Signed());
        yield return Token("RS256 named over HS256", () => Valid.WithHeader("alg", "RS256").Signed());
        yield return Token("signature left out", () => Valid.Unsigned("HS256"));
        yield return Token("signature cut short", () => Valid.Signed()[..^8]);
        yield return Token("another key", () => Valid.Signed(OtherKey));
        yield return Token("a key id that names a file", () => Valid.WithHeader("kid", "/dev/null").Signed(OtherKey));
        yield return Token("tampered payload", () => Valid.SignedWithTheClaimsOf(Valid.With("scopes", "admin")));
        yield return Token("expired", () => Valid.With("exp", Now - 1));
        yield return Token("expired long ago", () => Valid.With("exp", 1));
        yield return Token("expires at a time that is no number", () => Valid.With("exp", "tomorrow"));
        yield return Token("never expires", () => Valid.With("exp", null));
        yield return Token("not yet valid", () => Valid.With("nbf", Now + 600));
        yield return Token("no subject", () => Valid.With("sub", null));
        yield return Token("empty subject", () => Valid.With("sub", ""));
        yield return Token("blank subject", () => Valid.With("sub", "  "));
        yield return Token("subject with a line break", () => Valid.With("sub", "a\nb"));
        yield return Token("subject too long", () => Valid.With("sub", new string('a', 257)));
        yield return Token("wrong issuer", () => Valid.With("iss", "somebody"));
        yield return Token("no issuer", () => Valid.With("iss", null));
        yield return Token("wrong audience", () => Valid.With("aud", "somebody"));
        yield return Token("no audience", () => Valid.With("aud", null));
        yield return Token("bigger than any the service issues", () => Valid.With("pad", new string('a', 16_384)));
        yield return Header("two tokens", () => $"Bearer {Valid.Signed()} {Valid.Signed()}");
        yield return Header("two tokens in a list", () => $"Bearer {Valid.Signed()}, Bearer {Valid.Signed()}");
        yield return Header("garbage", () => "Bearer garbage");
        yield return Header("garbage in three parts", () => "Bearer a.b.c");
        yield return Header("empty parts", () => "Bearer ..");
        yield return Header("parts of no Base64", () => "Bearer $$$.$$$.$$$");
        yield return Header("five parts, as if encrypted", () => $"Bearer {Valid.Signed()}.a.b");
        yield return Header("JSON in place of a token", () => """Bearer {"sub":"tester"}""");
        yield return Header("empty bearer", () => "Bearer ");
        yield return Header("scheme alone", () => "Bearer");
        yield return Header("empty header", () => "");
        yield return Header("other scheme", () => $"Basic {Valid.Signed()}");
        yield return Header("no scheme", () => Valid.Signed());
    }

    private static TestCaseData Token(string name, Func<Jwt> token) => Token(name, () => token().Signed());

    private static TestCaseData Token(string name, Func<string> token) => Header(name, () => $"Bearer {token()}");

    private static TestCaseData Header(string name, Func<string> header) =>
        new TestCaseData(header).SetArgDisplayNames(name);

    private static async Task<Answer> Call(string authorization, Service? service = null)
    {
        service ??= await Service.On(Engine.Sqlite);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/flags");
        request.Headers.TryAddWithoutValidation("Authorization", authorization);
        request.Headers.Add("X-Tenant-ID", "acme");
        return await Answer.Of(await service.Http.SendAsync(request));
    }
}
