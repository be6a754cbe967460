using System.Net;
using System.Net.Sockets;
using FeatureFlags.IntegrationTests.Operations;
using FeatureFlags.IntegrationTests.Samples;
using FeatureFlags.Testing;

namespace FeatureFlags.IntegrationTests.Ofrep;

/// <summary>
/// OpenFeature's SDK for browsers with its OFREP provider, both from npm, in Chromium on the page of samples/web, which
/// is of another origin: what its visitor sees. The provider does not poll: what changes on the page, a change stream has
/// brought about.
/// </summary>
internal sealed class WebSdkTests
{
    private static readonly string[] Browsers =
    [
        "/usr/bin/chromium",
        "/usr/bin/chromium-browser",
        "/usr/bin/google-chrome",
    ];

    private const string OnePage = "Checkout on one page";
    private const string ThreeSteps = "Checkout in three steps";
    private static readonly TimeSpan WithinABackoff = TimeSpan.FromSeconds(90);

    private static string Browser => Browsers.First(File.Exists);

    [OneTimeSetUp]
    public void NeedThePackagesAndABrowser()
    {
        NodeScript.NeedsPackages("WebSdk");
        NodeScript.NeedsPackages(Repository.File("samples/web"));
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
        installation
            .With("DEMO_SEED", "true")
            .With("ASPNETCORE_URLS", $"http://127.0.0.1:{FreePort()}")
            .With("JWT_SECRET", Service.JwtSecret);
        var host = await installation.Run();
        await using var sample = SampleProgram.Start("npm start --prefix samples/web", host, settings: ("PORT", "0"));
        await using var page = NodeScript.Run(
            "WebSdk",
            "watch.mjs",
            new
            {
                ExecutablePath = Browser,
                Address = await sample.Says("Web: "),
                Element = "checkout",
            }
        );

        Assert.That(await Shown(page), Is.EqualTo(OnePage));
        await Switch(host, "off");
        var change = await page.Hear();
        Assert.That(change.GetProperty("shown").GetString(), Is.EqualTo(ThreeSteps));
        Assert.That(change.GetProperty("streams").GetInt32(), Is.EqualTo(1), "streams that were opened so far");
        await Switch(host, "on");
        Assert.That(await Shown(page), Is.EqualTo(OnePage));

        host.Terminate();
        Assert.That(await host.ExitCode(), Is.Zero);
        host = await installation.Run();
        // The provider tells its page of nothing that it finds out when a restart takes longer than it has patience.
        await Eventually.Holds(() => HasAListener(host), WithinABackoff);
        await Switch(host, "off");
        Assert.That(await Shown(page), Is.EqualTo(ThreeSteps));
    }

    private static async Task<string?> Shown(NodeScript page) => (await page.Hear()).GetProperty("shown").GetString();

    private static async Task Switch(HostProcess host, string state) =>
        await (await host.Tenant("acme")).PatchFlag("new-checkout", new { state });

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
