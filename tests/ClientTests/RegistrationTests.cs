using FeatureFlags.Client;
using FeatureFlags.Client.Testing;
using FeatureFlags.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using static FeatureFlags.ClientTests.Setup;

namespace FeatureFlags.ClientTests;

internal sealed class RegistrationTests
{
    private FakeService _service = null!;

    [SetUp]
    public async Task Start()
    {
        _service = await FakeService.Started();
        _service.Put("a", true);
    }

    [TearDown]
    public async Task Stop() => await _service.DisposeAsync();

    [Test]
    public async Task The_application_starts_with_rules_and_takes_the_client_along_when_it_ends()
    {
        using (var app = await Run())
        {
            Assert.That(app.Services.GetRequiredService<FlagClient>().IsOn("a"), Is.True);
            await app.StopAsync();
        }

        await Eventually.Holds(() => _service.OpenStreams == 0);
    }

    [Test]
    public async Task It_starts_without_the_service_too()
    {
        await _service.Stop();

        using var app = await Run(options => options.StartTimeout = TimeSpan.FromMilliseconds(50));

        Assert.That(app.Services.GetRequiredService<FlagClient>().IsOn("a"), Is.False);
        Assert.That((await Health(app)).Status, Is.EqualTo(HealthStatus.Unhealthy));
        var soft = await Health(app, "soft");
        Assert.That(soft.Status, Is.EqualTo(HealthStatus.Degraded));
        Assert.That(soft.Tags, Is.EqualTo(new[] { "ready" }));
    }

    [Test]
    public async Task Health_follows_how_the_client_does()
    {
        using var app = await Run();
        Assert.That((await Health(app)).Status, Is.EqualTo(HealthStatus.Healthy));

        _service.Instead = context =>
        {
            context.Response.StatusCode = StatusCodes.Status403Forbidden;
            return Task.CompletedTask;
        };
        _service.Cut();
        await Eventually.Holds(async () => (await Health(app)).Description?.Contains("refuses the key (403)") == true);
        var report = await Health(app);
        Assert.That(report.Status, Is.EqualTo(HealthStatus.Degraded));
        Assert.That(report.Data.Keys, Is.SupersetOf(new[] { "revision", "stale_since", "last_error", "source" }));
    }

    [Test]
    public async Task A_cache_file_of_no_use_is_visible()
    {
        using var app = await Run(options => options.CacheFile = Path.GetTempPath());

        await Eventually.Holds(async () => (await Health(app)).Status == HealthStatus.Degraded);
        Assert.That((await Health(app)).Data, Contains.Key("file_error"));
    }

    [Test]
    public async Task A_test_puts_its_own_client_in_place_and_needs_no_settings([Values] bool isFirst)
    {
        var flags = new TestFlags().Set("a", false);
        using var app = new HostBuilder()
            .ConfigureServices(services =>
            {
                if (isFirst)
                    services.AddSingleton(flags.Client);
                services.AddFeatureFlags(options => options.BaseAddress = new Uri(null!));
                if (!isFirst)
                    services.AddSingleton(flags.Client);
            })
            .Build();
        await app.StartAsync();

        Assert.That(app.Services.GetRequiredService<FlagClient>(), Is.SameAs(flags.Client));
    }

    [Test]
    public async Task Nothing_of_the_caller_lives_as_long_as_the_client([Values] bool isAlone)
    {
        var local = new AsyncLocal<string> { Value = "the caller's" };
        var options = Options(_service);
        var handler = new Witness(() => local.Value);
        options.HttpHandler = handler;

        await using var client = isAlone ? Alone(() => new FlagClient(options)) : new FlagClient(options);

        Assert.That(await handler.Seen, Is.Null);

        static FlagClient Alone(Func<FlagClient> create)
        {
            using var alone = ExecutionContext.SuppressFlow();
            return create();
        }
    }

    private async Task<IHost> Run(Action<FlagClientOptions>? more = null)
    {
        var app = new HostBuilder()
            .ConfigureServices(services =>
            {
                services.AddFeatureFlags(options =>
                {
                    (options.BaseAddress, options.ApiKey) = (_service.Address, GoodKey);
                    more?.Invoke(options);
                });
                services.AddHealthChecks().AddFeatureFlags().AddFeatureFlags("soft", HealthStatus.Degraded, ["ready"]);
            })
            .Build();
        await app.StartAsync();
        return app;
    }

    private static async Task<HealthReportEntry> Health(IHost app, string name = "feature_flags")
    {
        var report = await app.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync();
        return report.Entries[name];
    }

    /// <summary>Looks at something when the client sends a request.</summary>
    private sealed class Witness(Func<string?> look) : HttpMessageHandler
    {
        private readonly TaskCompletionSource<string?> _seen = new();

        public Task<string?> Seen => _seen.Task;

        protected override Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request,
            CancellationToken cancellationToken
        )
        {
            _seen.TrySetResult(look());
            throw new HttpRequestException("No network.");
        }
    }
}
