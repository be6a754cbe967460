using System.Net;

namespace FeatureFlags.IntegrationTests.Ofrep;

/// <summary>What a page of another origin may do: ask, with a key it brings itself, and read every answer.</summary>
internal sealed class OfrepCorsTests
{
    private const string Bulk = "/ofrep/v1/evaluate/flags";
    private const string Page = "https://shop.example";

    [TestCase($"{Bulk}")]
    [TestCase($"{Bulk}/f")]
    [TestCase($"/{Bulk}")]
    public async Task A_preflight_needs_no_credentials_and_is_kept_for_a_while(string path)
    {
        var service = await Service.On(Engine.Sqlite);

        var answer = await Preflight(
            service,
            path,
            "POST",
            "authorization,content-type,if-none-match,x-api-key,x-tenant-id"
        );

        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.NoContent), answer.ToString());
        Assert.Multiple(() =>
        {
            Assert.That(Header(answer, "Access-Control-Allow-Origin"), Is.EqualTo("*"));
            Assert.That(Header(answer, "Access-Control-Allow-Methods"), Does.Contain("POST"));
            Assert.That(
                Header(answer, "Access-Control-Allow-Headers")!.ToUpperInvariant().Split(','),
                Is.SupersetOf(new[] { "AUTHORIZATION", "CONTENT-TYPE", "IF-NONE-MATCH", "X-API-KEY", "X-TENANT-ID" })
            );
            Assert.That(Header(answer, "Access-Control-Max-Age"), Is.EqualTo("7200"));
            Assert.That(Header(answer, "Access-Control-Allow-Credentials"), Is.Null);
        });
    }

    [Test]
    public async Task Every_answer_may_be_read_by_the_page_with_its_ETag_and_Retry_After_refusals_included()
    {
        await using var service = await Service.Start(Engine.Sqlite, new() { ["RATE_LIMIT_EVALUATIONS"] = "1" });
        var acme = await service.Tenant("acme");
        var answers = new List<Answer>();
        foreach (var body in new[] { "{}", "{" })
            answers.Add(await acme.Send(HttpMethod.Post, Bulk, body, headers: ("Origin", Page)));
        answers.Add(await acme.Send(HttpMethod.Post, $"{Bulk}/nobody", "{}", headers: ("Origin", Page)));
        answers.Add(await acme.OfrepAll(new { }, ("Origin", Page), ("Authorization", "Bearer x")));
        answers.Add(await (await acme.As("reader", "flags:r")).OfrepAll(new { }, ("Origin", Page)));
        answers.AddRange(
            await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => acme.OfrepAll(new { }, ("Origin", Page))))
        );

        Assert.That(answers.Select(a => (int)a.Status), Is.SupersetOf(new[] { 200, 401, 403, 429 }));
        foreach (var answer in answers)
        {
            Assert.That(Header(answer, "Access-Control-Allow-Origin"), Is.EqualTo("*"), answer.ToString());
            Assert.That(
                Header(answer, "Access-Control-Expose-Headers"),
                Does.Contain("ETag").And.Contain("Retry-After")
            );
        }
        var limited = answers.First(answer => (int)answer.Status == 429);
        Assert.That(limited.At("errorCode"), Is.EqualTo("GENERAL"), limited.ToString());
        Assert.That(limited.Headers.RetryAfter?.Delta, Is.GreaterThan(TimeSpan.Zero));
    }

    [Test]
    public async Task No_other_route_is_for_pages_of_other_origins()
    {
        var service = await Service.On(Engine.Sqlite);
        var acme = await service.Tenant("acme");

        var preflight = await Preflight(service, "/v1/evaluate", "POST", "authorization");
        var answer = await acme.Get("/v1/flags", ("Origin", Page));

        Assert.That(Header(preflight, "Access-Control-Allow-Origin"), Is.Null);
        Assert.That(Header(answer, "Access-Control-Allow-Origin"), Is.Null);
    }

    private static async Task<Answer> Preflight(Service service, string path, string method, string headers)
    {
        using var request = new HttpRequestMessage(
            HttpMethod.Options,
            $"http://{service.Http.BaseAddress!.Authority}{path}"
        );
        request.Headers.Add("Origin", Page);
        request.Headers.Add("Access-Control-Request-Method", method);
        request.Headers.Add("Access-Control-Request-Headers", headers);
        return await Answer.Of(await service.Http.SendAsync(request));
    }

    private static string? Header(Answer answer, string name) =>
        answer.Headers.TryGetValues(name, out var values) ? string.Join(',', values) : null;
}
