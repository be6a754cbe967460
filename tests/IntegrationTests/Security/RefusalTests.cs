using System.Net;
using FeatureFlags.BuildingBlocks.Http;

namespace FeatureFlags.IntegrationTests.Security;

/// <summary>Who is turned away, on every route of the running service.</summary>
internal sealed class RefusalTests
{
    [Test]
    public async Task Without_a_token_every_protected_route_asks_for_one()
    {
        var service = await Service.On(Engine.Sqlite);

        foreach (var route in Route.ProtectedOf(service))
        {
            var answer = await Call(service, route, ("X-Tenant-ID", "acme"));
            Assert.Multiple(() =>
            {
                IsProblem(answer, 401, route);
                Assert.That(answer.Headers.WwwAuthenticate.ToString(), Is.EqualTo("Bearer"), route.Name);
            });
        }
    }

    [Test]
    public async Task A_token_of_one_tenant_is_refused_at_another_s_on_every_protected_route()
    {
        var service = await Service.On(Engine.Sqlite);
        var globex = await service.Tenant("globex");

        foreach (var route in Route.ProtectedOf(service))
            IsProblem(await Call(service, route, Bearer(globex.Token), ("X-Tenant-ID", "acme")), 403, route);
    }

    [Test]
    public async Task Exactly_the_scopes_of_a_route_open_it_and_all_others_together_do_not()
    {
        var service = await Service.On(Engine.Sqlite);
        var tokens = new Dictionary<string, string>();
        async Task<Answer> CallWith(Route route, IEnumerable<string> scopes)
        {
            var granted = scopes.ToArray();
            var name = string.Join(' ', granted);
            if (!tokens.TryGetValue(name, out var token))
                tokens[name] = token = await service.Token("tester", granted, "acme");
            return await Call(service, route, Bearer(token), ("X-Tenant-ID", "acme"));
        }

        foreach (var route in Route.ProtectedOf(service))
        {
            foreach (var needed in route.Scopes)
            {
                var others = Scopes.All.Where(granted => !Includes(granted, needed));
                IsProblem(await CallWith(route, others), 403, route);
            }
            var opened = await CallWith(route, route.Scopes);
            Assert.That((int)opened.Status, Is.Not.AnyOf(401, 403), $"{route}: {opened}");
        }
    }

    [TestCase("flags:rw", "GET /v1/flags")]
    [TestCase("admin", "GET /v1/flags")]
    [TestCase("admin", "POST /v1/evaluate/preview")]
    public async Task A_wider_scope_includes_the_narrower(string granted, string name)
    {
        var service = await Service.On(Engine.Sqlite);
        var acme = await service.Tenant("acme", scopes: granted);
        var route = Route.ProtectedOf(service).Single(route => route.Name == name);

        var answer = await Call(service, route, Bearer(acme.Token), ("X-Tenant-ID", acme.Tenant));

        Assert.That((int)answer.Status, Is.Not.AnyOf(401, 403), answer.ToString());
    }

    [Test]
    public async Task Every_protected_route_says_which_scopes_it_needs()
    {
        var service = await Service.On(Engine.Sqlite);

        Assert.That(Route.ProtectedOf(service).Where(route => route.Scopes is []), Is.Empty);
    }

    [Test]
    public async Task A_missing_or_malformed_tenant_or_environment_is_refused_on_every_protected_route(
        [Values("X-Tenant-ID", "X-Environment")] string header
    )
    {
        var service = await Service.On(Engine.Sqlite);
        var token = Bearer(await service.Token("tester"));
        string?[] malformed =
        [
            header == "X-Tenant-ID" ? null : "",
            "",
            " ",
            "ACME",
            "-acme",
            "_acme",
            "ac me",
            "acme/x",
            "*",
            "acme, acme",
            new('a', 64),
        ];

        foreach (var route in Route.ProtectedOf(service))
        {
            foreach (var value in malformed)
            {
                List<(string, string)> headers = [token];
                if (header != "X-Tenant-ID")
                    headers.Add(("X-Tenant-ID", "acme"));
                if (value is not null)
                    headers.Add((header, value));
                IsProblem(await Call(service, route, [.. headers]), 400, route);
            }
        }
    }

    [Test]
    public async Task A_tenant_s_name_may_have_63_characters()
    {
        var service = await Service.On(Engine.Sqlite);
        var name = $"{new string('a', 61)}_-";

        var answer = await Call(
            service,
            Route.ProtectedOf(service).Single(route => route.Name == "GET /v1/flags"),
            Bearer(await service.Token("tester", null, name)),
            ("X-Tenant-ID", name)
        );

        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.OK), answer.ToString());
    }

    [TestCase("GET", "/v1/no-such-thing", 404)]
    [TestCase("GET", "/", 404)]
    [TestCase("DELETE", "/v1/flags", 405)]
    [TestCase("POST", "/healthz", 405)]
    public async Task What_is_no_route_is_a_problem_too(string method, string path, int status)
    {
        var service = await Service.On(Engine.Sqlite);

        var answer = await Answer.Of(await service.Http.SendAsync(new HttpRequestMessage(new(method), path)));

        Assert.That((int)answer.Status, Is.EqualTo(status), answer.ToString());
        Assert.That(answer.ContentHeaders.ContentType?.MediaType, Is.EqualTo("application/problem+json"));
        if (status == 405)
            Assert.That(answer.ContentHeaders.Allow, Is.Not.Empty);
    }

    // Said again rather than asked of the service: this is what the test is about.
    private static bool Includes(string granted, string needed) =>
        granted == "admin" || granted == needed || granted == $"{needed}w";

    private static void IsProblem(Answer answer, int status, Route route)
    {
        Assert.That((int)answer.Status, Is.EqualTo(status), $"{route}: {answer}");
        Assert.That(answer.ContentHeaders.ContentType?.MediaType, Is.EqualTo(route.ErrorType), route.Name);
        if (route.IsOfrep)
            Assert.That(answer.At("errorCode"), Is.EqualTo("GENERAL"), route.Name);
        else
            Assert.That(answer.At("status"), Is.EqualTo($"{status}"), route.Name);
    }

    private static (string, string) Bearer(string token) => ("Authorization", $"Bearer {token}");

    private static async Task<Answer> Call(Service service, Route route, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(route.Method, route.PathTo("nobody-has-this"));
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        if (ValidBody.For(route, "nobody-has-this") is { } body)
            request.Content = Service.Json(body);
        using var response = await service.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        // A stream that lets us in has no end to read to.
        return response.Content.Headers.ContentType?.MediaType == "text/event-stream"
            ? new Answer(response.StatusCode, "", response.Headers, response.Content.Headers)
            : await Answer.Of(response);
    }
}
