using System.Net.Http.Json;
using System.Text.Json;
using FeatureFlags.IntegrationTests.Ofrep;
using FeatureFlags.IntegrationTests.Operations;
using FeatureFlags.Testing;

namespace FeatureFlags.IntegrationTests.Samples;

/// <summary>The samples do what they show; the page of samples/web is in WebSdkTests.</summary>
internal sealed class SampleTests
{
#if DEBUG
    private const string AsBuilt = "--no-build --configuration Debug";
#else
    private const string AsBuilt = "--no-build --configuration Release";
#endif

    private Installation _installation;
    private HostProcess _service;

    [SetUp]
    public async Task StartTheServiceAsDotnetRunDoes()
    {
        _installation = await Installation.On(Engine.Sqlite);
        _service = await _installation.Run(("DEMO_SEED", "true"));
    }

    [TearDown]
    public async Task End() => await _installation.DisposeAsync();

    [Test]
    public async Task The_shop_in_ASP_NET_Core_answers_by_the_flag_says_why_and_follows_it()
    {
        await using var shop = SampleProgram.Start(
            "dotnet run --project samples/aspnet",
            _service,
            AsBuilt,
            ("ASPNETCORE_URLS", "http://127.0.0.1:0")
        );
        using var visitor = new HttpClient { BaseAddress = new Uri(await shop.Says("Now listening on: ")) };

        var insider = await Visit("user=ada");
        Assert.Multiple(() =>
        {
            Assert.That(insider.GetProperty("checkout").GetString(), Is.EqualTo("one page"));
            Assert.That(insider.GetProperty("why").GetProperty("ruleId").GetString(), Is.EqualTo("insiders"));
        });
        Assert.That(await Checkout("user=linus"), Is.EqualTo("three steps"));
        Assert.That(await visitor.GetStringAsync("/healthz"), Is.EqualTo("Healthy"));

        await Switch("off");
        await Eventually.Holds(async () => await Checkout("user=ada") == "three steps");

        async Task<JsonElement> Visit(string who) => await visitor.GetFromJsonAsync<JsonElement>($"/checkout?{who}");
        async Task<string?> Checkout(string who) => (await Visit(who)).GetProperty("checkout").GetString();
    }

    [Test]
    public Task The_script_in_Python_says_what_the_flag_gives_and_follows_it()
    {
        Tool.Require("python3", "python3");
        return Follows("python3 samples/python/app.py");
    }

    [Test]
    public Task The_script_in_Node_says_what_the_flag_gives_and_follows_it()
    {
        NodeScript.NeedsPackages(Repository.File("samples/node"));
        return Follows("npm start --prefix samples/node");
    }

    private async Task Follows(string command)
    {
        await using var script = SampleProgram.Start(command, _service);

        await script.Says("new-checkout is on for ada");
        await Switch("off");
        await script.Says("new-checkout is off for ada");
    }

    private async Task Switch(string state) =>
        await (await _service.Tenant("acme")).PatchFlag("new-checkout", new { state });
}
