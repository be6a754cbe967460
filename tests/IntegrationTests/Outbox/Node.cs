using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using FeatureFlags.Access;
using FeatureFlags.Audit;
using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Http;
using FeatureFlags.BuildingBlocks.Messaging;
using FeatureFlags.BuildingBlocks.Outbox;
using FeatureFlags.BuildingBlocks.Persistence;
using FeatureFlags.ChangeFeed;
using FeatureFlags.Host.Persistence;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.TestHost;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace FeatureFlags.IntegrationTests.Outbox;

/// <summary>
/// One replica of a service whose only modules are the outbox, the access, the audit, the change feed and the lamps. It
/// writes and reads from the moment it is built; its dispatcher runs from <see cref="Start"/> to <see cref="Stop"/>.
/// </summary>
internal sealed class Node : IAsyncDisposable
{
    public static readonly Scope Acme = new("acme", "production");

    private static readonly IReadOnlyList<IModule> Modules =
    [
        new OutboxModule(),
        new AccessModule(),
        new AuditModule(),
        new ChangeFeedModule(),
        new LampModule(),
    ];

    // Quick enough to wait for, slow enough to tell apart.
    private static readonly Dictionary<string, string?> Quick = new()
    {
        ["Outbox:Poll"] = "00:00:00.050",
        ["Outbox:RevisionPoll"] = "00:00:00.050",
        ["Outbox:FirstBackoff"] = "00:00:00.020",
        ["Outbox:MaxBackoff"] = "00:00:00.100",
        ["Outbox:MaxAttempts"] = "4",
        ["JWT_SECRET"] = Service.JwtSecret,
    };

    private readonly WebApplication _app;
    private readonly StrongBox<int> _keyUses;

    private Node(WebApplication app, ShiftedClock clock, CancellationTokenSource revocation, StrongBox<int> keyUses) =>
        (_app, Clock, Revocation, _keyUses) = (app, clock, revocation, keyUses);

    public ShiftedClock Clock { get; }

    /// <summary>Cancelled, it revokes the key of everyone who reads over HTTP.</summary>
    public CancellationTokenSource Revocation { get; }

    /// <summary>How often those who read over HTTP said that they still use their key.</summary>
    public int KeyUses => Volatile.Read(ref _keyUses.Value);

    public IServiceProvider Services => _app.Services;

    public Behaviors Subscribers => Services.GetRequiredService<Behaviors>();

    public static async Task<Node> Create(TestDatabase database, params (string Setting, string Value)[] settings)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Configuration.AddInMemoryCollection(Quick);
        builder.Configuration.AddInMemoryCollection(settings.ToDictionary(s => s.Setting, s => (string?)s.Value));
        var clock = new ShiftedClock();
        builder
            .Services.AddSingleton<TimeProvider>(clock)
            .AddLogging()
            .AddRouting()
            .AddAuthorization()
            .ConfigureHttpJsonOptions(json => ApiJson.Configure(json.SerializerOptions))
            .AddDatabase(database.Dsn)
            .AddSingleton(new QueryPlans(database.Dsn.IsSqlite))
            .AddSingleton<IInterceptor>(services => services.GetRequiredService<QueryPlans>())
            .AddModules(builder.Configuration, Modules)
            // EF keeps one model per type of context; this one has other modules than the service's.
            .ConfigureDbContext<SqliteAppDbContext>(OwnModel)
            .ConfigureDbContext<PostgresAppDbContext>(OwnModel)
            // There are no migrations for it either.
            .Remove(builder.Services.Single(s => s.ImplementationType == typeof(DatabaseStartup)));
        builder.WebHost.UseTestServer();

        var app = builder.Build();
        app.UseRouting();
        app.UseAuthorization();
        var routes = app.MapGroup("").AllowAnonymous();
        var revocation = new CancellationTokenSource();
        var keyUses = new StrongBox<int>();
        app.Use(
            (context, next) =>
            {
                var call = context.RequestServices.GetRequiredService<CallContext>();
                call.Enter(Acme, "reader");
                call.ComeByKey(_ => Interlocked.Increment(ref keyUses.Value), revocation.Token);
                return next(context);
            }
        );
        foreach (var module in Modules)
            module.MapEndpoints(routes);

        var node = new Node(app, clock, revocation, keyUses);
        await node.InScope(db => db.Database.EnsureCreatedAsync());
        if (database.Dsn.IsSqlite)
            await node.InScope(db => db.Database.ExecuteSqlRawAsync("PRAGMA journal_mode = WAL"));
        return node;
    }

    public async Task<Node> Start()
    {
        Services.GetRequiredService<DatabaseStatus>().SetReady();
        await _app.StartAsync();
        return this;
    }

    public Task Stop() => _app.StopAsync();

    public Task Switch(bool on, params string[] lamps) => Switch(Acme, on, lamps);

    public Task Switch(Scope scope, bool on, params string[] lamps) => Send(new SwitchLamps.Command(on, lamps), scope);

    /// <summary>Switches the lamp on and off in turn, so that each is a change.</summary>
    public async Task Toggle(string lamp, int times)
    {
        for (var i = 0; i < times; i++)
            await Switch(i % 2 == 0, lamp);
    }

    public async Task<TResult> Send<TResult>(IMessage<TResult> message, Scope? scope = null, string actor = "alice")
    {
        await using var services = Services.CreateAsyncScope();
        services.ServiceProvider.GetRequiredService<CallContext>().Enter(scope ?? Acme, actor, "req-1");
        return await services
            .ServiceProvider.GetRequiredService<ISender>()
            .Send(message, TestContext.CurrentContext.CancellationToken);
    }

    public async Task<T> InScope<T>(Func<AppDbContext, Task<T>> work, Scope? scope = null)
    {
        await using var services = Services.CreateAsyncScope();
        services.ServiceProvider.GetRequiredService<CallContext>().Enter(scope ?? Acme, "test");
        return await work(services.ServiceProvider.GetRequiredService<AppDbContext>());
    }

    /// <summary>The revisions that a subscriber has noted, in the order it did.</summary>
    public Task<List<long>> NotedBy(string subscriber, string? lamp = null, Scope? scope = null) =>
        InScope(
            db =>
                db.Set<Note>()
                    .Where(n => n.Subscriber == subscriber && (lamp == null || n.Key == lamp))
                    .OrderBy(n => n.Id)
                    .Select(n => n.Revision)
                    .ToListAsync(),
            scope
        );

    /// <summary>Deliveries that are still to be made, in every scope.</summary>
    public Task<int> Open(string? subscriber = null) =>
        InScope(db =>
            db.Set<OutboxDelivery>()
                .IgnoreQueryFilters()
                .CountAsync(d => subscriber == null || d.Subscriber == subscriber)
        );

    public Task<List<DeadLetter>> DeadLetters() => InScope(db => db.Set<DeadLetter>().AsNoTracking().ToListAsync());

    public Task<ScopeRevision> Head() => InScope(db => db.Set<ScopeRevision>().AsNoTracking().Of(Acme).SingleAsync());

    public async Task WaitFor(string subscriber, TimeSpan atMost)
    {
        await using var services = Services.CreateAsyncScope();
        services.ServiceProvider.GetRequiredService<CallContext>().Enter(Acme, "test");
        await services
            .ServiceProvider.GetRequiredService<OutboxProgress>()
            .WaitFor(subscriber, atMost, CancellationToken.None);
    }

    /// <summary>How the database goes about what <paramref name="work"/> does with a table.</summary>
    public async Task<IReadOnlyList<string>> PlansFor<T>(string table, Func<AppDbContext, Task<T>> work)
    {
        var plans = Services.GetRequiredService<QueryPlans>();
        plans.Table = table;
        await InScope(work);
        plans.Table = null;
        return plans.Taken;
    }

    public T Hosted<T>()
        where T : IHostedService => Services.GetServices<IHostedService>().OfType<T>().Single();

    public HttpClient Http() => _app.GetTestClient();

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private static void OwnModel(IServiceProvider services, DbContextOptionsBuilder options) =>
        options.ReplaceService<IModelCacheKeyFactory, LampModelKey>();

    private sealed class LampModelKey : IModelCacheKeyFactory
    {
        public object Create(DbContext context, bool designTime) => (context.GetType(), nameof(LampModule), designTime);
    }
}

/// <summary>The real clock, moved ahead; its timers can be made to ring before their time, or not by themselves.</summary>
internal sealed class ShiftedClock : TimeProvider
{
    private readonly ConcurrentDictionary<Alarm, TimeSpan> _alarms = [];

    public TimeSpan Ahead { get; set; }

    /// <summary>Timers that are set to this time ring when it is made to <see cref="Pass"/>, and not before.</summary>
    public TimeSpan? Held { get; set; }

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Ahead;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var rings = dueTime == Held ? Timeout.InfiniteTimeSpan : dueTime;
        var alarm = new Alarm(() => callback(state), base.CreateTimer(callback, state, rings, period), _alarms);
        _alarms[alarm] = dueTime;
        return alarm;
    }

    /// <summary>How many timers are set to this time.</summary>
    public int Waiting(TimeSpan time) => _alarms.Count(alarm => alarm.Value == time);

    /// <summary>Rings every timer that was set to this time.</summary>
    /// <returns>How many there were.</returns>
    public int Pass(TimeSpan time)
    {
        var due = _alarms.Where(alarm => alarm.Value == time).Select(alarm => alarm.Key).ToList();
        due.ForEach(alarm => alarm.Ring());
        return due.Count;
    }

    private sealed class Alarm(Action ring, ITimer timer, ConcurrentDictionary<Alarm, TimeSpan> alarms) : ITimer
    {
        public void Ring() => ring();

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            alarms[this] = dueTime;
            return timer.Change(dueTime, period);
        }

        public void Dispose()
        {
            alarms.TryRemove(this, out _);
            timer.Dispose();
        }

        public ValueTask DisposeAsync()
        {
            alarms.TryRemove(this, out _);
            return timer.DisposeAsync();
        }
    }
}
