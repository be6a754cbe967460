using System.Net;
using System.Text.Json;

namespace FeatureFlags.IntegrationTests.Security;

/// <summary>
/// Everything that one tenant, or one environment, has is put beside a stranger who tries every route of the running
/// service with the owner's own keys.
/// </summary>
internal sealed class TenantIsolationTests
{
    // Stands in every text of the owner's, and in nothing a stranger sends.
    private const string Mark = "for-the-owners-eyes";

    // Clients and the list of environments belong to a tenant, whichever of its environments is asked.
    private static readonly string[] TenantWide = ["/v1/admin/clients", "/v1/environments"];

    [Test]
    public async Task Another_tenant_finds_nothing_and_changes_nothing([Values] Engine engine)
    {
        var service = await Service.On(engine);
        var owner = await service.Tenant("acme");
        var stranger = await service.Tenant("globex");

        await NothingPasses(service, owner, stranger, Route.ProtectedOf(service));
    }

    [Test]
    public async Task Another_environment_of_the_same_tenant_finds_nothing_and_changes_nothing([Values] Engine engine)
    {
        var service = await Service.On(engine);
        var owner = await service.Tenant("acme");
        var stranger = owner.In("staging");

        await NothingPasses(
            service,
            owner,
            stranger,
            [.. Route.ProtectedOf(service).Where(route => !TenantWide.Contains(route.Collection))]
        );
    }

    [Test]
    public async Task The_same_key_is_another_flag_in_every_tenant_and_environment([Values] Engine engine)
    {
        var service = await Service.On(engine);
        var acme = await service.Tenant("acme");
        var globex = await service.Tenant("globex");
        (TenantClient Client, string Own)[] scopes =
        [
            (acme, "acme production"),
            (acme.In("staging"), "acme staging"),
            (globex, "globex production"),
        ];

        foreach (var (client, own) in scopes)
            await client.PostFlag(Answering(own));

        // Twice: the second time from what the first left in memory.
        foreach (var (client, own) in scopes.Concat(scopes))
        {
            Assert.That((await client.Evaluate("shared", "u")).At("value"), Is.EqualTo(own));
            Assert.That((await client.Batch(new { user = new { id = "u" } })).At("items.0.value"), Is.EqualTo(own));
        }
        await globex.DeleteFlag("shared");
        Assert.That((await globex.Evaluate("shared", "u")).Status, Is.EqualTo(HttpStatusCode.NotFound));
        Assert.That((await acme.Evaluate("shared", "u")).At("value"), Is.EqualTo("acme production"));
    }

    [Test]
    public async Task A_segment_of_another_tenant_or_environment_can_not_be_named([Values] Engine engine)
    {
        var service = await Service.On(engine);
        var acme = await service.Tenant("acme");
        await acme.PostSegment(new { key = "staff", included = new[] { "u" } });

        foreach (var stranger in new[] { await service.Tenant("globex"), acme.In("staging") })
        {
            var answer = await stranger.PostFlag(Sample.Flag("f", Sample.Rule("r", new { segment = "staff" })));
            Assert.That(answer.WrongFields, Is.EqualTo(new[] { "rules[0].when.segment" }), answer.ToString());
        }
    }

    private static async Task NothingPasses(
        Service service,
        TenantClient owner,
        TenantClient stranger,
        IReadOnlyList<Route> routes
    )
    {
        var belongings = await Belongings.Of(service, owner);
        var before = await EverythingSeenBy(owner, belongings, routes);
        Assert.That(before, Does.Contain(Mark), "The owner sees nothing: the test proves nothing.");

        var mine = await EverythingSeenBy(stranger, belongings, routes);
        Assert.That(mine, Does.Not.Contain(Mark));
        foreach (var id in belongings.Made)
            Assert.That(mine, Does.Not.Contain(id));

        foreach (var route in routes.Where(route => route.IsAboutOne))
        {
            var id = belongings.IdFor(route);
            var answer = await stranger.Send(route.Method, route.PathTo(id), ValidBody.For(route, id));
            Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.NotFound), $"{route}: {answer}");
        }
        foreach (var search in belongings.Searches)
        {
            var answer = await stranger.Get(search);
            Assert.That(answer["items"].GetArrayLength(), Is.Zero, $"{search}: {answer}");
        }

        // With the owner's keys a stranger may create; what it creates is its own.
        foreach (var route in routes.Where(route => route.TakesJson && !route.IsAboutOne))
        {
            var answer = await stranger.Send(route.Method, route.Template, ValidBody.For(route, belongings.FlagKey));
            Assert.That(answer.Text, Does.Not.Contain(Mark), route.Name);
        }
        Assert.That(await EverythingSeenBy(owner, belongings, routes), Is.EqualTo(before));
    }

    private static async Task<string> EverythingSeenBy(
        TenantClient tenant,
        Belongings belongings,
        IReadOnlyList<Route> routes
    )
    {
        var seen = new List<string>();
        foreach (var route in routes.Where(route => route.Method == HttpMethod.Get))
        {
            if (route.Name == "GET /v1/events")
            {
                await using var stream = await tenant.Events("?after=0");
                seen.AddRange((await stream.UpToHeartbeat()).Select(block => $"{route}: {block.Event} {block.Data}"));
                continue;
            }
            if (route.Name == "GET /v1/sdk/stream")
            {
                await using var stream = await tenant.SdkStream();
                seen.Add($"{route}: {(await stream.Next())?.Data}");
                continue;
            }
            var answer = await tenant.Get(route.PathTo(belongings.IdFor(route)));
            // A refusal repeats the key that was asked for.
            if (answer.Status == HttpStatusCode.OK)
                seen.Add($"{route}: {answer.Text}");
            else
                Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.NotFound), $"{route}: {answer}");
        }
        return string.Join('\n', seen);
    }

    private static object Answering(string value) =>
        new
        {
            key = "shared",
            state = "on",
            variants = new[]
            {
                new
                {
                    key = "v",
                    weight = 1,
                    value,
                },
            },
        };

    /// <summary>One of everything, and how it is found.</summary>
    /// <param name="ByCollection">The id of the owner's thing in each collection.</param>
    private sealed record Belongings(Dictionary<string, string> ByCollection, IReadOnlyList<string> Searches)
    {
        public string FlagKey => ByCollection["/v1/flags"];

        /// <summary>The ids that the service made up: a stranger can have them from nowhere else.</summary>
        public IReadOnlyList<string> Made =>
            [
                ByCollection["/v1/admin/clients"],
                ByCollection["/v1/admin/api-keys"],
                ByCollection["/v1/admin/outbox/dead-letters"],
                ByCollection["/v1/webhooks"],
            ];

        public string IdFor(Route route)
        {
            if (!route.IsAboutOne)
                return "";
            return ByCollection.TryGetValue(route.Collection, out var id)
                ? id
                : throw new AssertionException($"{route} is new: create here what it is about.");
        }

        public static async Task<Belongings> Of(Service service, TenantClient owner)
        {
            var flag = Sample.Flag("the-flag", Sample.Rule(Mark, new { segment = "the-segment" }));
            flag["description"] = Mark;
            flag["tags"] = new[] { Mark };
            var segment = new
            {
                key = "the-segment",
                name = Mark,
                included = new[] { Mark },
            };
            var actor = await owner.As(Mark);
            await Created(actor.PostSegment(segment));
            await Created(actor.PostFlag(flag));
            var client = await Created(
                actor.Send(HttpMethod.Post, "/v1/admin/clients", new { name = Mark, scopes = new[] { "evaluate" } })
            );
            var key = await Created(actor.PostKey(new { name = Mark, kind = "client" }));
            var webhook = await Created(
                actor.Send(
                    HttpMethod.Post,
                    "/v1/webhooks",
                    new
                    {
                        url = "https://example.invalid",
                        description = Mark,
                        active = false,
                    }
                )
            );
            await Created(actor.PostFlag(Sample.Flag("a-flag-before")));
            var nextPage = (await owner.Get("/v1/flags?limit=1")).At("next_page_token");

            return new Belongings(
                new()
                {
                    ["/v1/flags"] = "the-flag",
                    ["/v1/segments"] = "the-segment",
                    ["/v1/admin/clients"] = client.At("id")!,
                    ["/v1/admin/api-keys"] = key.At("id")!,
                    ["/v1/webhooks"] = webhook.At("id")!,
                    ["/ofrep/v1/evaluate/flags"] = "the-flag",
                    ["/v1/admin/outbox/dead-letters"] = await DeadLetters.Leave(service, owner, Mark),
                },
                [
                    $"/v1/flags?q={Mark}",
                    $"/v1/flags?tag={Mark}",
                    $"/v1/flags?limit=1&page_token={nextPage}",
                    $"/v1/segments?q={Mark}",
                    $"/v1/audit?actor={Mark}",
                    "/v1/audit?entity_key=the-flag",
                    "/v1/audit?entity=flag&action=create",
                ]
            );
        }

        private static async Task<Answer> Created(Task<Answer> writing)
        {
            var answer = await writing;
            Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.Created), answer.ToString());
            return answer;
        }
    }
}
