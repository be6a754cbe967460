using System.Net;
using System.Net.Sockets;
using FeatureFlags.IntegrationTests.Operations;
using FeatureFlags.IntegrationTests.Security;
using FeatureFlags.Testing;

namespace FeatureFlags.IntegrationTests.Ofrep;

/// <summary>
/// OpenFeature's SDK for browsers with its OFREP provider, both from npm, in Chromium on a page of another origin: what
/// its visitor sees. The provider does not poll: what changes on the page, a change stream has brought about.
/// </summary>
internal sealed class WebSdkTests
{
    private static readonly string[] Browsers =
    [
        "/usr/bin/chromium",
        "/usr/bin/chromium-browser",
        "/usr/bin/google-chrome",
    ];

    private static readonly TimeSpan WithinABackoff = TimeSpan.FromSeconds(90);

    private static string Browser => Browsers.First(File.Exists);

    [OneTimeSetUp]
    public void NeedThePackagesAndABrowser()
    {
        NodeScript.NeedsPackages("WebSdk");
        if (Browsers.Any(File.Exists))
            return;
        if (Environment.GetEnvironmentVariable("CI") == "true")
            Assert.Fail("Install Chromium.");
        Assert.Ignore("There is no Chromium here.");
    }

    [Test]
    public async Task The_page_changes_by_itself_when_a_flag_is_switched_after_a_restart_of_the_host_too(
        [Values] Engine engine
    )
    {
        await using var installation = await Installation.On(engine);
        installation.With("ASPNETCORE_URLS", $"http://127.0.0.1:{FreePort()}");
        var host = await installation.Run();
        var acme = new TenantClient(host.Http, "acme", "production", await host.Http.StubToken("tester"));
        await acme.PostFlag(Sample.Flag("banner"));
        var key = await acme.ClientKey(host.Http);
        await using var page = NodeScript.Run(
            "WebSdk",
            "watch.mjs",
            new
            {
                ExecutablePath = Browser,
                BaseUrl = host.Http.BaseAddress!.ToString().TrimEnd('/'),
                Headers = new[] { new[] { key.OwnHeader.Name, key.OwnHeader.Value } },
                Context = new { targetingKey = "ada", country = "CA" },
            }
        );

        Assert.That(await Shown(page), Is.EqualTo("hidden"));
        await acme.PostFlag(Sample.Flag("banner", Sample.Rule("ca", new { attr = new { country = "CA" } })));
        Assert.That(await Shown(page), Is.EqualTo("shown"));
        await acme.PatchFlag("banner", new { state = "off" });
        Assert.That(await Shown(page), Is.EqualTo("hidden"));

        host.Terminate();
        Assert.That(await host.ExitCode(), Is.Zero);
        host = await installation.Run();
        // The provider tells its page of nothing that it finds out when a restart takes longer than it has patience.
        await Eventually.Holds(() => HasAListener(host), WithinABackoff);
        await acme.At(host.Http).PatchFlag("banner", new { state = "on" });
        Assert.That(await Shown(page), Is.EqualTo("shown"));
    }

    private static async Task<string?> Shown(NodeScript page) => (await page.Hear()).GetProperty("banner").GetString();

    private static async Task<bool> HasAListener(HostProcess host) =>
        (await host.Http.GetStringAsync("/metrics")).Contains(
            "event_streams_open{stream=\"ofrep\"} 1",
            StringComparison.Ordinal
        );

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
