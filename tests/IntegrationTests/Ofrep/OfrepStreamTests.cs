using System.Net;
using System.Text;
using FeatureFlags.Evaluation.Ofrep;
using FeatureFlags.IntegrationTests.ChangeFeed;
using FeatureFlags.IntegrationTests.Operations;
using FeatureFlags.IntegrationTests.Outbox;
using FeatureFlags.IntegrationTests.Security;
using FeatureFlags.Testing;

namespace FeatureFlags.IntegrationTests.Ofrep;

internal sealed class OfrepStreamTests
{
    private static readonly object Ada = new { targetingKey = "ada" };

    [Test]
    public async Task A_bulk_answer_names_a_stream_and_the_stream_tells_when_to_ask_again([Values] Engine engine)
    {
        var service = await Service.On(engine);
        var acme = await service.Tenant("acme");
        await acme.PostFlag(Sample.Flag("f"));
        var all = await acme.OfrepAll(Ada);
        Assert.That(all.At("eventStreams.0.type"), Is.EqualTo("sse"));
        Assert.That(all.At("eventStreams.0.inactivityDelaySec"), Is.EqualTo("120"));

        await using var stream = await Listen(service, all.At("eventStreams.0.url")!);
        var first = await Event(stream);
        await acme.PatchFlag("f", new { state = "off" });
        var second = await Event(stream);

        Assert.That(first.Event, Is.Null, "A browser's provider hears unnamed events only.");
        Assert.That(first.Envelope.GetProperty("type").GetString(), Is.EqualTo("refetchEvaluation"));
        Assert.That(ETag(second), Does.StartWith("\"2."));
        Assert.That(second.Id, Is.EqualTo(ETag(second).Trim('"')));
    }

    [Test]
    public async Task Who_comes_back_hears_of_what_it_missed_and_of_nothing_else([Values] Engine engine)
    {
        var service = await Service.On(engine);
        var acme = await service.Tenant("acme");
        await acme.PostFlag(Sample.Flag("f"));
        var url = (await acme.OfrepAll(Ada)).At("eventStreams.0.url")!;
        string cursor;
        await using (var stream = await Listen(service, url))
            cursor = (await Event(stream)).Id!;

        await using (var stream = await Listen(service, url, cursor))
            Assert.That((await stream.Next())!.IsHeartbeat);

        await acme.PatchFlag("f", new { state = "off" });
        await acme.PatchFlag("f", new { state = "on" });
        await using (var stream = await Listen(service, url, cursor))
        {
            var missed = await Event(stream);
            Assert.That(missed.Id, Does.StartWith("3."));
            Assert.That(missed.Envelope.GetProperty("type").GetString(), Is.EqualTo("refetchEvaluation"));
        }
        await using (var stream = await Listen(service, url, "3.of-another-history"))
            Assert.That((await Event(stream)).Id, Does.StartWith("3."));
    }

    [Test]
    public async Task A_scope_without_flags_has_a_stream_that_tells_of_the_first([Values] Engine engine)
    {
        var service = await Service.On(engine);
        var acme = await service.Tenant("acme");
        await using var stream = await Listen(service, (await acme.OfrepAll(Ada)).At("eventStreams.0.url")!);
        Assert.That((await Event(stream)).Id, Is.EqualTo("0."));

        await acme.PostFlag(Sample.Flag("f"));

        Assert.That((await Event(stream)).Id, Does.StartWith("1."));
    }

    [Test]
    public async Task The_address_is_the_same_from_answer_to_answer_and_another_for_another_user_or_scope()
    {
        var service = await Service.On(Engine.Sqlite);
        var acme = await service.Tenant("acme");
        async Task<string?> Url(TenantClient tenant, object context) =>
            (await tenant.OfrepAll(context)).At("eventStreams.0.url");

        var url = await Url(acme, Ada);
        await acme.PostFlag(Sample.Flag("f"));

        Assert.That(await Url(acme, Ada), Is.EqualTo(url));
        Assert.That(await Url(acme, new { targetingKey = "ada", plan = "pro" }), Is.EqualTo(url));
        Assert.That(await Url(acme, new { targetingKey = "bob" }), Is.Not.EqualTo(url), "Not all end at once.");
        Assert.That(await Url(acme.In("staging"), Ada), Is.Not.EqualTo(url));
    }

    [Test]
    public async Task The_address_is_the_one_under_which_the_client_reaches_the_service()
    {
        var service = await Service.On(Engine.Sqlite);
        var acme = await service.Tenant("acme");

        var direct = await acme.OfrepAll(Ada);
        var behindProxies = await acme.OfrepAll(
            Ada,
            ("X-Forwarded-Proto", "https, http"),
            ("X-Forwarded-Host", "flags.example.com, internal")
        );

        Assert.That(
            direct.At("eventStreams.0.url"),
            Does.StartWith($"http://{service.Http.BaseAddress!.Authority}/ofrep/v1/events?token=")
        );
        Assert.That(
            behindProxies.At("eventStreams.0.url"),
            Does.StartWith("https://flags.example.com/ofrep/v1/events?token=")
        );
        Assert.That(behindProxies.ETag, Is.Not.EqualTo(direct.ETag));
    }

    [TestCase("under_score.example:8443", "under_score.example:8443")]
    [TestCase("[::1]:8080", "[::1]:8080")]
    [TestCase("é..x", null)]
    [TestCase(", internal", null)]
    [TestCase("flags.example/path", null)]
    [TestCase("user@flags.example", null)]
    public async Task What_a_proxy_says_counts_where_it_is_a_host(string said, string? counts)
    {
        var service = await Service.On(Engine.Sqlite);
        using var http = new HttpClient(
            new SocketsHttpHandler { RequestHeaderEncodingSelector = (_, _) => Encoding.UTF8 }
        )
        {
            BaseAddress = service.Http.BaseAddress,
        };
        var acme = (await service.Tenant("acme")).At(http);

        var answer = await acme.OfrepAll(Ada, ("X-Forwarded-Host", said));

        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.OK), answer.ToString());
        Assert.That(
            answer.At("eventStreams.0.url"),
            Does.StartWith($"http://{counts ?? service.Http.BaseAddress!.Authority}/ofrep/v1/events?token=")
        );
    }

    [Test]
    public async Task Changes_that_come_fast_are_told_together_and_the_last_one_always()
    {
        var clock = new ShiftedClock { Held = StreamOfrepChanges.Gap };
        await using var service = await Service.Start(Engine.Sqlite, clock: clock);
        var acme = await service.Tenant("acme");
        await acme.PostFlag(Sample.Flag("f"));
        await using var stream = await Listen(service, (await acme.OfrepAll(Ada)).At("eventStreams.0.url")!);
        await Event(stream);

        for (var version = 2; version <= 20; version++)
            await acme.PatchFlag("f", new { description = $"{version}" });
        await Eventually.Holds(() => clock.Pass(StreamOfrepChanges.Gap) == 1);
        Assert.That(ETag(await Event(stream)), Does.StartWith("\"20."));

        await Eventually.Holds(() => clock.Pass(StreamOfrepChanges.Gap) == 1);
        await acme.PatchFlag("f", new { description = "at once" });
        Assert.That(ETag(await Event(stream)), Does.StartWith("\"21."));
    }

    [Test]
    public async Task Pages_have_places_of_their_own_and_leave_servers_theirs()
    {
        await using var service = await Service.Start(
            Engine.Sqlite,
            new() { ["STREAMS_PER_TENANT"] = "1", ["OFREP_STREAMS_PER_TENANT"] = "2" }
        );
        var acme = await service.Tenant("acme");
        var url = (await acme.OfrepAll(Ada)).At("eventStreams.0.url")!;
        await using var one = await Listen(service, url);
        await using var other = await Listen(service, url);

        await using var refused = await Listen(service, url);
        await using var server = await acme.SdkStream();

        Assert.That(refused.Response.StatusCode, Is.EqualTo(HttpStatusCode.TooManyRequests));
        Assert.That(server.Response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task A_starting_host_lets_those_wait_who_bring_a_token_and_a_host_with_rules_nobody()
    {
        await using var cluster = PostgresCluster.Launch();
        await using var installation = Installation
            .On(await cluster.CreateDatabase())
            .With("JWT_SECRET", Service.JwtSecret);
        var first = await installation.Run();
        var acme = await first.Tenant("acme");
        await acme.PostFlag(Sample.Flag("f"));
        var url = new Uri((await acme.OfrepAll(Ada)).At("eventStreams.0.url")!).PathAndQuery;
        var kept = Path.Combine(installation.Folder, "last-known-good", "acme.production.rules");
        await Eventually.Holds(() => File.Exists(kept), TimeSpan.FromSeconds(20));
        await first.Kill();
        cluster.StopImmediate();

        var standIn = await installation.Start().Answering();
        await Eventually.Holds(
            async () => (await standIn.Get("/readyz")).Status == HttpStatusCode.OK,
            TimeSpan.FromSeconds(20)
        );
        await using (var stream = await Listen(standIn.Http, url).WaitAsync(TimeSpan.FromSeconds(10)))
            Assert.That(ETag(await Event(stream)), Does.StartWith("\"1."));
        var announced = await acme.At(standIn.Http)
            .Send(HttpMethod.Post, "/ofrep/v1/evaluate/flags?flagConfigEtag=0.", new { context = Ada });
        Assert.That(announced.At("flags.0.reason"), Is.EqualTo("STATIC"), announced.ToString());
        await standIn.Kill();

        var starting = await installation.Start(("DATA_DIR", $"{installation.Folder}-2")).Answering();
        var stranger = starting.Http.GetAsync("/ofrep/v1/events?token=x").WaitAsync(TimeSpan.FromSeconds(10));
        Assert.That((await stranger).StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
        var waiting = Listen(starting.Http, url);
        cluster.Start();
        await using var served = await waiting;
        Assert.That(ETag(await Event(served)), Does.StartWith("\"1."));
    }

    [Test]
    public async Task The_token_opens_nothing_but_the_stream_and_nothing_else_opens_it()
    {
        var service = await Service.On(Engine.Sqlite);
        var acme = await service.Tenant("acme");
        var url = new Uri((await acme.OfrepAll(Ada)).At("eventStreams.0.url")!);
        var token = url.Query["?token=".Length..];
        var altered = $"{(token[0] == 'A' ? 'B' : 'A')}{token[1..]}";

        foreach (var wrong in new[] { "", "x", "x.y", $"{token}x", altered, $".{token.Split('.')[1]}", acme.Token })
        {
            var refused = await Answer.Of(await service.Http.GetAsync($"/ofrep/v1/events?token={wrong}"));
            Assert.That(refused.Status, Is.EqualTo(HttpStatusCode.Unauthorized), wrong);
            Assert.That(refused.At("errorCode"), Is.EqualTo("GENERAL"), refused.ToString());
        }
        var other = await acme.Get("/v1/flags", ("Authorization", $"Bearer {token}"));
        Assert.That(other.Status, Is.EqualTo(HttpStatusCode.Unauthorized));
        var inQuery = await Answer.Of(await service.Http.GetAsync($"/v1/events?token={token}"));
        Assert.That(inQuery.Status, Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    [Test]
    public async Task With_the_key_it_was_made_for_the_stream_ends_and_its_address_opens_it_no_more(
        [Values] Engine engine
    )
    {
        var service = await Service.On(engine);
        var acme = await service.Tenant("acme");
        await acme.PostFlag(Sample.Flag("f"));
        var key = await acme.ClientKey(service.Http);
        var url = await UrlFor(key);
        Assert.That(url, Does.Not.Contain(key.Key));
        await using var stream = await Listen(service, url);
        await Event(stream);

        await acme.RevokeKey(key);

        Assert.That(await stream.Ends());
        var again = await Answer.Of(await service.Http.GetAsync(url));
        Assert.That(again.Status, Is.EqualTo(HttpStatusCode.Unauthorized), again.ToString());
    }

    [Test]
    public async Task A_key_that_names_origins_opens_the_stream_for_their_pages_only()
    {
        var service = await Service.On(Engine.Sqlite);
        var acme = await service.Tenant("acme");
        var key = await acme.ClientKey(service.Http, "https://shop.example");
        var url = await UrlFor(key, ("Origin", "https://shop.example"));

        async Task<HttpResponseMessage> From(string origin)
        {
            var request = new HttpRequestMessage(HttpMethod.Get, url);
            request.Headers.Add("Origin", origin);
            return await service.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        }
        using var own = await From("https://shop.example");
        using var foreign = await From("https://other.example");

        Assert.That(own.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(own.Headers.GetValues("Access-Control-Allow-Origin").Single(), Is.EqualTo("*"));
        Assert.That(foreign.StatusCode, Is.EqualTo(HttpStatusCode.Forbidden));
    }

    [Test]
    public async Task What_is_answered_after_an_event_is_not_from_before_it_whichever_host_answers()
    {
        await using var installation = await Installation.On(Engine.Postgres);
        installation
            .With("JWT_SECRET", Service.JwtSecret)
            .With("Outbox__Notify", "false")
            .With("Outbox__RevisionPoll", "00:01:00");
        var writer = await installation.Run();
        var reader = await installation.Run(("DATA_DIR", $"{installation.Folder}-2"));
        var acme = new TenantClient(writer.Http, "acme", "production", await writer.Http.StubToken("tester"));
        await acme.PostFlag(Sample.Flag("f"));
        await acme.At(reader.Http).OfrepAll(Ada);
        await using var stream = await Listen(writer.Http, (await acme.OfrepAll(Ada)).At("eventStreams.0.url")!);
        await Event(stream);

        await acme.PatchFlag("f", new { state = "off" });
        var etag = Uri.EscapeDataString(ETag(await Event(stream)));

        var asking = acme.At(reader.Http);
        Assert.That((await asking.OfrepAll(Ada)).At("flags.0.reason"), Is.EqualTo("STATIC"), "It has not heard of it.");
        var told = await asking.Send(
            HttpMethod.Post,
            $"/ofrep/v1/evaluate/flags?flagConfigEtag={etag}",
            new { context = Ada }
        );
        Assert.That(told.At("flags.0.reason"), Is.EqualTo("DISABLED"), told.ToString());
    }

    [Test]
    public async Task Many_who_ask_for_what_a_host_has_not_heard_of_cost_the_database_a_look_or_two()
    {
        var deaf = new Dictionary<string, string> { ["Outbox:Notify"] = "false", ["Outbox:RevisionPoll"] = "01:00:00" };
        await using var one = await Service.Start(Engine.Postgres, deaf);
        await using var other = await Service.Start(Engine.Postgres, deaf, one.Dsn);
        var acme = await one.Tenant("acme");
        await acme.PostFlag(Sample.Flag("f"));
        await acme.At(other.Http).OfrepAll(Ada);
        await acme.PatchFlag("f", new { state = "off" });
        var etag = (await acme.SdkRules()).ETag!;

        using var loads = new LoadCount();
        var told = await Ask(200, etag);

        Assert.That(told.Select(answer => answer.At("flags.0.reason")), Is.All.EqualTo("DISABLED"));
        Assert.That(loads.Count, Is.InRange(1, 3));
        var begin = TimeProvider.System.GetTimestamp();
        var never = await Ask(100, "\"999999999.x\"");
        var took = TimeProvider.System.GetElapsedTime(begin);
        Assert.That(never.Select(answer => (int)answer.Status), Is.All.EqualTo(503));
        Assert.That(loads.Count, Is.LessThanOrEqualTo(5 + took.TotalMilliseconds / 100), "ten a second at most");

        Task<Answer[]> Ask(int count, string announced)
        {
            var path = $"/ofrep/v1/evaluate/flags?flagConfigEtag={Uri.EscapeDataString(announced)}";
            return Task.WhenAll(
                Enumerable
                    .Range(0, count)
                    .Select(_ => acme.At(other.Http).Send(HttpMethod.Post, path, new { context = Ada }))
            );
        }
    }

    [Test]
    public async Task After_a_restore_an_event_is_answered_from_the_history_it_is_of()
    {
        await using var service = await Service.Start(Engine.Sqlite, new() { ["Outbox:RevisionPoll"] = "01:00:00" });
        var acme = await service.Tenant("acme");
        await acme.PostFlag(Sample.Flag("f"));
        await acme.PatchFlag("f", new { state = "off" });
        await acme.PatchFlag("f", new { state = "on" });
        Assert.That((await acme.OfrepAll(Ada)).At("metadata.version"), Is.EqualTo("3"));
        await using (var connection = service.Connect())
        {
            await connection.OpenAsync();
            await using var restored = connection.CreateCommand();
            restored.CommandText = "UPDATE outbox_revisions SET revision = 2, head_event_id = 'another'";
            await restored.ExecuteNonQueryAsync();
        }

        var told = await acme.Send(
            HttpMethod.Post,
            "/ofrep/v1/evaluate/flags?flagConfigEtag=2.another",
            new { context = Ada }
        );

        Assert.That(told.At("metadata.version"), Is.EqualTo("2"), told.ToString());
    }

    [TestCase("flags?flagConfigEtag=")]
    [TestCase("flags/f?flagConfigEtag=")]
    public async Task A_revision_that_never_comes_is_a_503_after_a_while(string path)
    {
        var acme = await (await Service.On(Engine.Sqlite)).Tenant("acme");
        await acme.PostFlag(Sample.Flag("f"));
        Task<Answer> Ask(string etag) =>
            acme.Send(HttpMethod.Post, $"/ofrep/v1/evaluate/{path}{Uri.EscapeDataString(etag)}", new { context = Ada });

        var ahead = await Ask("\"7.of-another-history\"");

        Assert.That((int)ahead.Status, Is.EqualTo(503), ahead.ToString());
        Assert.That(ahead.Headers.RetryAfter?.Delta, Is.GreaterThan(TimeSpan.Zero));
        Assert.That(ahead.At("errorCode"), Is.EqualTo("GENERAL"));
        foreach (var known in new[] { "1.x", "\"1.x\"", "W/\"0.\"", "garbage", "" })
            Assert.That((await Ask(known)).Status, Is.EqualTo(HttpStatusCode.OK), known);
    }

    private static async Task<string> UrlFor(KeyHolder key, params (string, string)[] headers)
    {
        var all = await key.Send(
            HttpMethod.Post,
            "/ofrep/v1/evaluate/flags",
            new { context = Ada },
            [key.OwnHeader, .. headers]
        );
        return all.At("eventStreams.0.url") ?? throw new AssertionException(all.ToString());
    }

    private static async Task<Block> Event(EventReader stream) => (await stream.Events(1))[0];

    private static string ETag(Block told) => told.Envelope.GetProperty("etag").GetString()!;

    private static Task<EventReader> Listen(Service service, string url, string? cursor = null) =>
        Listen(service.Http, url, cursor);

    /// <summary>As a browser does: no header but the cursor.</summary>
    private static Task<EventReader> Listen(HttpClient http, string url, string? cursor = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, url);
        if (cursor is not null)
            request.Headers.Add("Last-Event-ID", cursor);
        return EventReader.Open(http, request);
    }
}
