using System.Net;
using FeatureFlags.IntegrationTests.Security;

namespace FeatureFlags.IntegrationTests.BadInput;

/// <summary>Wrong fields of the other bodies, and wrong query values and headers.</summary>
internal sealed class OtherFieldTests
{
    [TestCase("""{"user":{"id":"u"}}""", "flag_key", "is required")]
    [TestCase("""{"flag_key":1,"user":{"id":"u"}}""", "flag_key", "must be text, not a number")]
    [TestCase("""{"flag_key":"f"}""", "user", "is required")]
    [TestCase("""{"flag_key":"f","user":"u"}""", "user", "must be an object, not text")]
    [TestCase("""{"flag_key":"f","user":{}}""", "user.id", "is required")]
    [TestCase("""{"flag_key":"f","user":{"id":null}}""", "user.id", "is required")]
    [TestCase("""{"flag_key":"f","user":{"id":""}}""", "user.id", "must not be empty")]
    [TestCase("""{"flag_key":"f","user":{"id":1}}""", "user.id", "must be text, not a number")]
    [TestCase("""{"flag_key":"f","user":{"id":"u","attributes":[]}}""", "user.attributes", "must be an object")]
    [TestCase("""{"flag_key":"f","user":{"id":"u","country":"CA"}}""", "user.country", "is unknown")]
    [TestCase("""{"flag_key":"f","user":{"id":"u"},"users":[]}""", "users", "is unknown")]
    public async Task A_wrong_evaluation_is_named_by_evaluate_and_preview(string body, string path, string message)
    {
        var acme = await (await Service.On(Engine.Sqlite)).Tenant("acme");

        FieldCases.Names(await acme.Send(HttpMethod.Post, "/v1/evaluate", body), path, message);
        FieldCases.Names(await acme.Send(HttpMethod.Post, "/v1/evaluate/preview", body), path, message);
    }

    [TestCase("""{}""", "user", "is required")]
    [TestCase("""{"user":{"id":""}}""", "user.id", "must not be empty")]
    [TestCase("""{"user":{"id":"u"},"flag_keys":"f"}""", "flag_keys", "must be an array, not text")]
    [TestCase("""{"user":{"id":"u"},"flag_keys":[1]}""", "flag_keys[0]", "must be text, not a number")]
    [TestCase("""{"user":{"id":"u"},"tags":{}}""", "tags", "must be an array, not an object")]
    [TestCase("""{"user":{"id":"u"},"flag_key":"f"}""", "flag_key", "is unknown")]
    public async Task A_wrong_batch_is_named(string body, string path, string message)
    {
        var acme = await (await Service.On(Engine.Sqlite)).Tenant("acme");

        FieldCases.Names(await acme.Batch(body), path, message);
    }

    [TestCase("1", "flag", "must be an object, not a number")]
    [TestCase("{}", "flag.variants", "is required")]
    [TestCase("""{"variants":[{"key":"a","weight":-1}]}""", "flag.variants[0].weight", "must be from 0")]
    [TestCase("""{"variants":[{"key":"a","weight":1}],"key":"g"}""", "flag.key", "must be 'f'")]
    [TestCase("""{"variants":[{"key":"a","weight":1}],"more":1}""", "flag.more", "is unknown")]
    [TestCase(
        """{"variants":[{"key":"a","weight":1}],"prerequisites":[{"key":"g","variant":"on"}]}""",
        "flag.prerequisites[0].key",
        "there is no flag 'g'"
    )]
    [TestCase(
        """{"variants":[{"key":"a","weight":1}],"rules":[{"id":"r","order":1,"when":{"segment":"s"},"rollout":{"variant":"a"}}]}""",
        "flag.rules[0].when.segment",
        "there is no segment 's'"
    )]
    public async Task A_wrong_unsaved_flag_is_named(string flag, string path, string message)
    {
        var acme = await (await Service.On(Engine.Sqlite)).Tenant("acme");

        var answer = await acme.Send(
            HttpMethod.Post,
            "/v1/evaluate/preview",
            $$$"""{"flag_key":"f","user":{"id":"u"},"flag":{{{flag}}} }"""
        );

        FieldCases.Names(answer, path, message);
    }

    [TestCase("""{"sub":1}""", "sub", "must be text, not a number")]
    [TestCase("""{"sub":""}""", "sub", "must be 1 to 256 characters")]
    [TestCase("""{"sub":"a\nb"}""", "sub", "none of them a control character")]
    [TestCase("""{"scopes":"flags:r"}""", "scopes", "must be an array, not text")]
    [TestCase("""{"scopes":["flags:x"]}""", "scopes[0]", "must be one of: flags:r")]
    [TestCase("""{"tenants":["ACME"]}""", "tenants[0]", "must be '*' or a tenant's name")]
    [TestCase("""{"tenant":"acme"}""", "tenant", "is unknown")]
    [TestCase("""{"grant_type":"password","client_id":"a","client_secret":"b"}""", "grant_type", "client_credentials")]
    [TestCase("""{"grant_type":"client_credentials","client_id":"a"}""", "client_secret", "is required")]
    [TestCase("""{"grant_type":"client_credentials","client_secret":"a"}""", "client_id", "is required")]
    [TestCase("""{"client_id":"a","client_secret":"b"}""", "grant_type", "is required")]
    public async Task A_wrong_request_for_a_token_is_named(string body, string path, string message)
    {
        var service = await Service.On(Engine.Sqlite);

        FieldCases.Names(
            await Answer.Of(await service.Http.PostAsync("/v1/auth/token", Service.Json(body))),
            path,
            message
        );
    }

    [TestCase("""{"scopes":["evaluate"]}""", "name", "is required")]
    [TestCase("""{"name":"","scopes":["evaluate"]}""", "name", "must be 1 to 200 characters")]
    [TestCase("""{"name":"c"}""", "scopes", "is required")]
    [TestCase("""{"name":"c","scopes":[]}""", "scopes", "must name at least one")]
    [TestCase("""{"name":"c","scopes":["everything"]}""", "scopes[0]", "must be one of")]
    [TestCase("""{"name":"c","scopes":["evaluate"],"tenants":[]}""", "tenants", "must name at least one")]
    [TestCase("""{"name":"c","scopes":["evaluate"],"active":"yes"}""", "active", "must be true or false, not text")]
    [TestCase("""{"name":"c","scopes":["evaluate"],"secret":"mine"}""", "secret", "is unknown")]
    public async Task A_wrong_client_is_named_and_nothing_is_written(string body, string path, string message)
    {
        var acme = await (await Service.On(Engine.Sqlite)).Tenant("acme");

        FieldCases.Names(await acme.Send(HttpMethod.Post, "/v1/admin/clients", body), path, message);

        Assert.That((await acme.Get("/v1/admin/clients"))["items"].GetArrayLength(), Is.Zero);
    }

    [TestCase("""{"kind":"server"}""", "name", "is required")]
    [TestCase("""{"name":"k"}""", "kind", "is required")]
    [TestCase("""{"name":"k","kind":"admin"}""", "kind", "must be one of: server, client")]
    [TestCase("""{"name":"k\n","kind":"server"}""", "name", "none of them a control character")]
    [TestCase("""{"name":"k","kind":"server","scopes":[]}""", "scopes", "must name at least one")]
    [TestCase("""{"name":"k","kind":"server","scopes":["admin"]}""", "scopes[0]", "must be one of: flags:r")]
    [TestCase("""{"name":"k","kind":"client","scopes":["flags:r"]}""", "scopes", "must be evaluate alone")]
    [TestCase("""{"name":"k","kind":"client","scopes":["evaluate","flags:r"]}""", "scopes", "must be evaluate alone")]
    [TestCase("""{"name":"k","kind":"server","expires_at":"tomorrow"}""", "expires_at", "must be an RFC 3339 time")]
    [TestCase("""{"name":"k","kind":"server","expires_at":"2100-01-01T00:00:00.5"}""", "expires_at", "RFC 3339")]
    [TestCase("""{"name":"k","kind":"server","expires_at":"2020-01-01T00:00:00Z"}""", "expires_at", "in the future")]
    [TestCase(
        """{"name":"k","kind":"server","allowed_origins":["https://a.example"]}""",
        "allowed_origins",
        "is for client keys"
    )]
    [TestCase("""{"name":"k","kind":"client","allowed_origins":["*"]}""", "allowed_origins[0]", "must be an origin")]
    [TestCase("""{"name":"k","kind":"client","allowed_origins":["https://a.example/"]}""", "allowed_origins[0]", "")]
    [TestCase("""{"name":"k","kind":"client","allowed_origins":["https://a.example:443"]}""", "allowed_origins[0]", "")]
    [TestCase("""{"name":"k","kind":"client","allowed_origins":["https://A.example"]}""", "allowed_origins[0]", "")]
    [TestCase("""{"name":"k","kind":"client","allowed_origins":["https://u@a.example"]}""", "allowed_origins[0]", "")]
    [TestCase("""{"name":"k","kind":"client","allowed_origins":["ftp://a.example"]}""", "allowed_origins[0]", "")]
    [TestCase("""{"name":"k","kind":"client","allowed_origins":["https://a b"]}""", "allowed_origins[0]", "")]
    [TestCase("""{"name":"k","kind":"server","key":"mine"}""", "key", "is unknown")]
    // Where an element is no text, the others' places are not known any more.
    [TestCase("""{"name":"k","kind":"client","allowed_origins":[1,"bad"]}""", "allowed_origins[0]", "must be text")]
    [TestCase("""{"name":"k","kind":"server","scopes":["evaluate",1,"bad"]}""", "scopes[1]", "must be text")]
    [TestCase("""{"name":"k","kind":"client","scopes":[1]}""", "scopes[0]", "must be text")]
    public async Task A_wrong_API_key_is_named_and_nothing_is_written(string body, string path, string message)
    {
        var acme = await (await Service.On(Engine.Sqlite)).Tenant("acme");

        FieldCases.Names(await acme.PostKey(body), path, message);

        Assert.That((await acme.Get(KeyHolders.Keys))["items"].GetArrayLength(), Is.Zero);
    }

    [TestCase("PATCH", "", """{"name":null}""", "name", "is required")]
    [TestCase("PATCH", "", """{"kind":"client","scopes":["evaluate"]}""", "kind", "can't be changed")]
    [TestCase("PATCH", "", """{"scopes":["evaluate"]}""", "scopes", "can't be changed")]
    [TestCase("PATCH", "", """{"expires_at":"2020-01-01T00:00:00Z"}""", "expires_at", "in the future")]
    [TestCase("PATCH", "", """{"allowed_origins":["https://a.example"]}""", "allowed_origins", "is for client keys")]
    [TestCase("POST", "/rotate", """{"overlap_seconds":-1}""", "overlap_seconds", "must be from 0 to 604800")]
    [TestCase("POST", "/rotate", """{"overlap_seconds":604801}""", "overlap_seconds", "must be from 0 to 604800")]
    [TestCase("POST", "/rotate", """{"overlap_seconds":"1"}""", "overlap_seconds", "must be a whole number")]
    public async Task A_wrong_change_of_an_API_key_is_named_and_nothing_is_written(
        string method,
        string path,
        string body,
        string field,
        string message
    )
    {
        var service = await Service.On(Engine.Sqlite);
        var acme = await service.Tenant("acme");
        var key = await acme.ServerKey(service.Http);

        var answer = await acme.Send(new HttpMethod(method), $"{KeyHolders.Keys}/{key.Id}{path}", body);

        Assert.That((int)answer.Status, Is.EqualTo(422), answer.ToString());
        Assert.That(answer.WrongFields, Does.Contain(field), answer.ToString());
        Assert.That(answer["errors"].GetProperty(field)[0].GetString(), Does.Contain(message));
        Assert.That((await acme.Get($"{KeyHolders.Keys}/{key.Id}")).ETag, Is.EqualTo("\"1\""));
    }

    // Every list is paged in the same way.
    [TestCase("limit=0", "limit", "must be a whole number from 1 to")]
    [TestCase("limit=-1", "limit", "must be a whole number from 1 to")]
    [TestCase("limit=1001", "limit", "must be a whole number from 1 to")]
    [TestCase("limit=99999999999999999999", "limit", "must be a whole number from 1 to")]
    [TestCase("limit=ten", "limit", "must be a whole number from 1 to")]
    [TestCase("limit=1.0", "limit", "must be a whole number from 1 to")]
    [TestCase("limit=%D9%A1", "limit", "must be a whole number from 1 to")]
    [TestCase("limit=1&limit=2", "limit", "must be given once")]
    [TestCase("page_token=garbage", "page_token", "is not a token that a list gave out")]
    [TestCase("page_token=%00", "page_token", "must not contain U+0000")]
    [TestCase("page_token=WyJ4Il0", "page_token", "")]
    [TestCase("page_token=bnVsbA", "page_token", "is not a token that a list gave out")]
    public async Task Every_list_names_a_wrong_limit_or_page_token(string query, string name, string message)
    {
        var acme = await (await Service.On(Engine.Sqlite)).Tenant("acme");
        await acme.PostSegment(new { key = "s" });
        string[] lists =
        [
            "/v1/flags",
            "/v1/segments",
            "/v1/segments/s/members",
            "/v1/audit",
            "/v1/admin/clients",
            "/v1/admin/api-keys",
            "/v1/admin/outbox/dead-letters",
        ];

        foreach (var list in lists)
            Names(await acme.Get($"{list}?{query}"), name, message);
    }

    [TestCase("/v1/flags?state=dog", "state", "must be one of: on, off")]
    [TestCase("/v1/flags?state=ON", "state", "must be one of: on, off")]
    [TestCase("/v1/flags?sort=name", "sort", "must be one of: key")]
    [TestCase("/v1/flags?q=a&q=b", "q", "must be given once")]
    [TestCase("/v1/flags?q=%00", "q", "must not contain U+0000")]
    [TestCase("/v1/segments?sort=name", "sort", "must be one of: key")]
    [TestCase("/v1/segments/s/members?list=members", "list", "must be one of: included, excluded")]
    [TestCase("/v1/audit?entity=dog", "entity", "must be one of:")]
    [TestCase("/v1/audit?action=barked", "action", "must be one of:")]
    [TestCase("/v1/audit?since=yesterday", "since", "must be an RFC 3339 time")]
    [TestCase("/v1/audit?since=2026-01-31", "since", "must be an RFC 3339 time")]
    [TestCase("/v1/audit?until=2026-01-31T12:00:00", "until", "must be an RFC 3339 time")]
    [TestCase("/v1/audit?until=2026-01-31T12:00:00.5", "until", "must be an RFC 3339 time")]
    [TestCase("/v1/audit?until=2026-02-30T12:00:00Z", "until", "must be an RFC 3339 time")]
    [TestCase("/v1/audit?limit=201", "limit", "must be a whole number from 1 to 200")]
    [TestCase("/v1/flags?limit=101", "limit", "must be a whole number from 1 to 100")]
    public async Task A_wrong_query_value_is_named(string query, string name, string message)
    {
        var acme = await (await Service.On(Engine.Sqlite)).Tenant("acme");
        await acme.PostSegment(new { key = "s" });

        Names(await acme.Get(query), name, message);
    }

    [Test]
    public async Task A_page_token_that_was_tampered_with_is_refused_by_every_list([Values] Engine engine)
    {
        var acme = await (await Service.On(engine)).Tenant("acme");
        foreach (var key in new[] { "a", "b" })
        {
            await acme.PostFlag(Sample.Flag(key));
            await acme.PostSegment(new { key });
        }
        string[] lists =
        [
            "/v1/flags?sort=created_at&limit=1",
            "/v1/segments?sort=-updated_at&limit=1",
            "/v1/audit?limit=1",
        ];

        foreach (var list in lists)
        {
            var token = (await acme.Get(list)).At("next_page_token")!;
            foreach (var time in new[] { "9223372036854775807", "-9223372036854775808", "soon", "" })
                Names(
                    await acme.Get($"{list}&page_token={PageTokens.WithTime(token, time)}"),
                    "page_token",
                    "not a token"
                );
        }
    }

    [TestCase("1")]
    [TestCase("\"1")]
    [TestCase("\"1\", 2")]
    [TestCase("abc")]
    public async Task A_malformed_precondition_is_refused(string etag)
    {
        var acme = await (await Service.On(Engine.Sqlite)).Tenant("acme");
        await acme.PostFlag(Sample.Flag("f"));

        Assert.That((await acme.DeleteFlag("f", etag)).Status, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That(
            (await acme.Get("/v1/flags/f", ("If-None-Match", etag))).Status,
            Is.EqualTo(HttpStatusCode.BadRequest)
        );
    }

    [Test]
    public async Task A_key_in_the_path_that_no_flag_can_have_is_not_found(
        [Values] Engine engine,
        [Values("%00", "..%2F..%2Fetc", "%ED%A0%80", "a%20b", "%25", "🦄")] string key
    )
    {
        var acme = await (await Service.On(engine)).Tenant("acme");

        foreach (var collection in new[] { "flags", "segments", "admin/clients", "admin/api-keys" })
        {
            var answer = await acme.Get($"/v1/{collection}/{key}");
            Assert.That((int)answer.Status, Is.AnyOf(400, 404), answer.ToString());
        }
    }

    private static void Names(Answer answer, string name, string message)
    {
        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.BadRequest), answer.ToString());
        Assert.That(answer.WrongFields, Is.EqualTo(new[] { name }), answer.ToString());
        var messages = answer["errors"].GetProperty(name).EnumerateArray().Select(m => m.GetString());
        Assert.That(messages, Has.Some.Contains(message), answer.ToString());
    }
}
