using System.Net;
using System.Net.Http.Headers;
using System.Text;
using FeatureFlags.IntegrationTests.Security;

namespace FeatureFlags.IntegrationTests.BadInput;

/// <summary>Bodies that are no JSON, or JSON that is read in more than one way, on every route that takes a body.</summary>
internal sealed class JsonCorpusTests
{
    private const int MiB = 1024 * 1024;

    private static readonly string[] DoesWithout = [Route.IssueToken, Route.RotateApiKey];

    [Test]
    public async Task Every_route_but_those_that_do_without_refuses_an_empty_body()
    {
        var things = await Things.On(Engine.Sqlite);

        foreach (var route in things.Routes.Where(route => !DoesWithout.Contains(route.Name)))
            IsProblem(await things.Send(route, Json([])), 400, route);
        await things.AreUnchanged();

        foreach (var route in things.Routes.Where(route => DoesWithout.Contains(route.Name)))
            Assert.That((await things.Send(route, Json([]))).Status, Is.EqualTo(HttpStatusCode.OK), route.Name);
    }

    [TestCaseSource(nameof(Bodies))]
    public async Task Every_route_refuses_it_as_a_problem_and_writes_nothing(byte[] body, int status)
    {
        var things = await Things.On(Engine.Sqlite);

        foreach (var route in things.Routes)
            IsProblem(await things.Send(route, Json(body)), status, route);

        await things.AreUnchanged();
    }

    [TestCase("text/plain")]
    [TestCase("application/xml")]
    [TestCase("application/jsonx")]
    [TestCase("application/json; charset=utf-16")]
    [TestCase("multipart/form-data; boundary=x")]
    [TestCase("json")]
    [TestCase(null)]
    public async Task Every_route_refuses_what_does_not_say_that_it_is_JSON(string? contentType)
    {
        var things = await Things.On(Engine.Sqlite);

        foreach (var route in things.Routes)
        {
            var content = new ByteArrayContent("{}"u8.ToArray());
            if (contentType is not null)
                content.Headers.TryAddWithoutValidation("Content-Type", contentType);
            IsProblem(await things.Send(route, content), 415, route);
        }
        await things.AreUnchanged();
    }

    [Test]
    public async Task A_body_over_1_MiB_is_refused_whether_its_length_is_told_or_not([Values] bool told)
    {
        var things = await Things.On(Engine.Sqlite);

        foreach (var route in things.Routes)
        {
            HttpContent content = told ? Json(Spaces(MiB + 1)) : new Chunked(Spaces(MiB + 1));
            IsProblem(await things.Send(route, content), 413, route);
        }
        await things.AreUnchanged();
    }

    [Test]
    public async Task A_form_over_1_MiB_is_refused_by_its_length()
    {
        var service = await Service.On(Engine.Sqlite);
        var form = new FormUrlEncodedContent([KeyValuePair.Create("client_id", new string('a', MiB))]);

        var answer = await RawHttp.Send(
            service,
            "POST /v1/auth/token HTTP/1.1",
            "Content-Type: application/x-www-form-urlencoded",
            $"Content-Length: {form.Headers.ContentLength}"
        );

        Assert.That(answer, Does.StartWith("HTTP/1.1 413 "));
    }

    [Test]
    public async Task A_body_of_1_MiB_is_taken()
    {
        var acme = await (await Service.On(Engine.Sqlite)).Tenant("acme");
        var flag = Encoding.UTF8.GetBytes("""{"key":"f","variants":[{"key":"on","weight":1}]}""");

        var answer = await acme.Send(HttpMethod.Post, "/v1/flags", Json([.. Spaces(MiB - flag.Length), .. flag]));

        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.Created), answer.ToString());
    }

    [TestCase("[]")]
    [TestCase("null")]
    [TestCase("true")]
    [TestCase("\"text\"")]
    [TestCase("1")]
    [TestCase("1e400")]
    public async Task What_is_JSON_but_no_object_is_wrong_as_a_whole(string body)
    {
        var things = await Things.On(Engine.Sqlite);

        foreach (var route in things.StrictRoutes)
        {
            var answer = await things.Send(route, Json(Encoding.UTF8.GetBytes(body)));
            IsProblem(answer, 422, route);
            Assert.That(answer.WrongFields, Is.EqualTo(new[] { "" }), $"{route}: {answer}");
        }
        await things.AreUnchanged();
    }

    [TestCase("""{"no_such_member":1}""", "no_such_member")]
    [TestCase("""{"n":1e400}""", "n")]
    public async Task A_member_that_nobody_knows_is_named(string body, string member)
    {
        var things = await Things.On(Engine.Sqlite);

        foreach (var route in things.StrictRoutes)
        {
            var answer = await things.Send(route, Json(Encoding.UTF8.GetBytes(body)));
            IsProblem(answer, 422, route);
            Assert.That(answer.WrongFields, Does.Contain(member), $"{route}: {answer}");
        }
        await things.AreUnchanged();
    }

    // Half of a surrogate pair is text in JSON and nowhere else; U+0000 is text nearly everywhere.
    [Test]
    public async Task Text_that_can_not_be_stored_or_echoed_is_a_wrong_field(
        [Values] Engine engine,
        [Values(
            """{"\u0000":1}""",
            """{"key":"\ud800","name":"\ud800","flag_key":"\ud800","sub":"\ud800","list":"\ud800"}""",
            """{"key":"\u0000","name":"a\u0000","flag_key":"\u0000","sub":"\u0000","list":"\u0000"}""",
            """{"description":"\udc00","metadata":{"a":"\udc00"},"tags":["\udc00"],"included":["\udc00"]}"""
        )]
            string body
    )
    {
        var things = await Things.On(engine);

        foreach (var route in things.StrictRoutes)
            IsProblem(await things.Send(route, Json(Encoding.UTF8.GetBytes(body))), 422, route);

        await things.AreUnchanged();
    }

    [Test]
    public async Task A_number_beyond_every_double_is_refused_where_a_number_counts_and_kept_where_it_does_not(
        [Values] Engine engine
    )
    {
        var acme = await (await Service.On(engine)).Tenant("acme");

        var counts = await acme.PostFlag("""{"key":"f","variants":[{"key":"on","weight":1e400}]}""");
        Assert.That(counts.WrongFields, Is.EqualTo(new[] { "variants[0].weight" }), counts.ToString());

        var kept = await acme.PostFlag(
            """{"key":"f","state":"on","metadata":{"n":1e400},"variants":[{"key":"on","weight":1,"value":1e400}]}"""
        );
        Assert.That(kept.Status, Is.EqualTo(HttpStatusCode.Created), kept.ToString());
        Assert.That((await acme.Evaluate("f", "u"))["value"].GetRawText(), Is.EqualTo("1e400"));
    }

    private static IEnumerable<TestCaseData> Bodies()
    {
        yield return Case("blank", " \n", 400);
        yield return Case("cut off", """{"key":""", 400);
        yield return Case("no quotes", "{key:1}", 400);
        yield return Case("single quotes", "{'key':1}", 400);
        yield return Case("trailing comma", """{"key":"f",}""", 400);
        yield return Case("trailing garbage", "{} x", 400);
        yield return Case("two documents", "{}{}", 400);
        yield return Case("comment", """{"key":"f"/* why */}""", 400);
        yield return Case("line comment", "{} // why", 400);
        yield return Case("NaN", """{"key":NaN}""", 400);
        yield return Case("Infinity", """{"key":-Infinity}""", 400);
        yield return Case("leading zero", """{"key":01}""", 400);
        yield return Case("hexadecimal", """{"key":0x1}""", 400);
        yield return Case("True", """{"key":True}""", 400);
        yield return Case("line break in text", "{\"key\":\"a\nb\"}", 400);
        yield return Case("escape nobody knows", """{"key":"\x"}""", 400);
        yield return Case("half of a surrogate pair in a name", """{"\ud800":1}""", 400);
        yield return Case("half of a surrogate pair in a name deep inside", """{"a":[{"\udc00":1}]}""", 400);
        yield return Case("duplicate member", """{"key":"a","key":"b"}""", 400);
        yield return Case("duplicate member, once escaped", """{"key":"a","\u006bey":"b"}""", 400);
        yield return Case("duplicate member deep inside", """{"metadata":{"a":[{"b":1,"b":2}]}}""", 400);
        yield return Case("65 levels", $"{{\"a\":{Nested(64)}}}", 400);
        yield return Case("100,000 levels", Nested(100_000), 400);
        yield return Case("no UTF-8", [.. "{\"key\":\""u8, 0xC3, 0x28, .. "\"}"u8], 400);
        yield return Case("surrogates as bytes", [.. "{\"key\":\""u8, 0xED, 0xA0, 0x80, .. "\"}"u8], 400);
        yield return Case("byte order mark", [0xEF, 0xBB, 0xBF, .. "{}"u8], 400);
        yield return Case("UTF-16", Encoding.Unicode.GetBytes("{}"), 400);
        yield return Case("gzip", [0x1F, 0x8B, 0x08, 0x00], 400);
    }

    private static TestCaseData Case(string name, string body, int status) =>
        Case(name, Encoding.UTF8.GetBytes(body), status);

    private static TestCaseData Case(string name, byte[] body, int status) =>
        new TestCaseData(body, status).SetArgDisplayNames(name);

    private static string Nested(int levels) => new string('[', levels) + new string(']', levels);

    private static byte[] Spaces(int count)
    {
        var bytes = new byte[count];
        Array.Fill(bytes, (byte)' ');
        return bytes;
    }

    private static ByteArrayContent Json(byte[] body) =>
        new(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };

    private static void IsProblem(Answer answer, int status, Route route)
    {
        Assert.That((int)answer.Status, Is.EqualTo(status), $"{route}: {answer}");
        Assert.That(answer.ContentHeaders.ContentType?.MediaType, Is.EqualTo(route.ErrorType), route.Name);
    }

    /// <summary>What the routes are about, so that a refusal is not for want of it, and that nothing of it changed.</summary>
    private sealed record Things(
        Service Host,
        TenantClient Tenant,
        string ClientId,
        string KeyId,
        string WebhookId,
        string Before
    )
    {
        public IReadOnlyList<Route> Routes => [.. Route.AllOf(Host).Where(route => route.TakesJson)];

        /// <summary>OFREP takes members that it does not know, and text that is only looked at.</summary>
        public IReadOnlyList<Route> StrictRoutes => [.. Routes.Where(route => !route.IsOfrep)];

        public static async Task<Things> On(Engine engine)
        {
            var service = await Service.On(engine);
            var tenant = await service.Tenant("acme");
            await tenant.PostFlag(Sample.Flag("thing"));
            await tenant.PostSegment(new { key = "thing" });
            var client = new { name = "thing", scopes = new[] { "evaluate" } };
            var id = (await tenant.Send(HttpMethod.Post, "/v1/admin/clients", client)).At("id")!;
            var key = await tenant.ServerKey(service.Http);
            var webhook = new { url = "https://example.invalid", active = false };
            var hook = (await tenant.Send(HttpMethod.Post, "/v1/webhooks", webhook)).At("id")!;
            return new Things(service, tenant, id, key.Id, hook, await Revisions(tenant));
        }

        public Task<Answer> Send(Route route, HttpContent body) =>
            Tenant.Send(route.Method, route.PathTo(IdIn(route.Collection)), body);

        private string IdIn(string collection) =>
            collection switch
            {
                "/v1/admin/clients" => ClientId,
                "/v1/admin/api-keys" => KeyId,
                "/v1/webhooks" => WebhookId,
                _ => "thing",
            };

        public async Task AreUnchanged() => Assert.That(await Revisions(Tenant), Is.EqualTo(Before));

        private static async Task<string> Revisions(TenantClient tenant) => (await tenant.Get("/v1/environments")).Text;
    }

    /// <summary>A body that does not tell its length before.</summary>
    private sealed class Chunked : HttpContent
    {
        private readonly byte[] _bytes;

        public Chunked(byte[] bytes)
        {
            _bytes = bytes;
            Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
            stream.WriteAsync(_bytes).AsTask();

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
