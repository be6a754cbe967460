using System.Collections.Concurrent;
using System.Text.Json;
using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Domain;
using FeatureFlags.BuildingBlocks.Messaging;
using FeatureFlags.BuildingBlocks.Outbox;
using FeatureFlags.BuildingBlocks.Persistence;
using FeatureFlags.BuildingBlocks.Work;
using FluentValidation;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace FeatureFlags.IntegrationTests.Outbox;

/// <summary>The smallest module there is: lamps that are switched, and two subscribers that note what they hear, and who polishes them.</summary>
internal sealed class LampModule : IModule
{
    public IReadOnlyCollection<string> EventTypes => ["lamp.switched"];

    public void AddServices(IServiceCollection services, IConfiguration configuration) =>
        services
            .AddSingleton<Behaviors>()
            .AddOutboxSubscriber<Ledger>(Ledger.Name)
            .AddOutboxSubscriber<Mailer>(Mailer.Name)
            .AddWorker<Polisher>(Polisher.Kind, atOnce: 4)
            .AddSingleton<Onlooker>()
            .AddScopeFollower<Onlooker>();

    public void MapEntities(ModelBuilder model)
    {
        model.Entity<Lamp>(lamp =>
        {
            lamp.ToTable("lamps_lamps");
            lamp.HasKey(l => new
            {
                l.Tenant,
                l.Environment,
                l.Key,
            });
        });
        model.Entity<Note>(note =>
        {
            // Nothing here is unique: what is handled twice shows.
            note.ToTable("lamps_notes");
            note.HasKey(n => n.Id);
            note.Property(n => n.Id).ValueGeneratedOnAdd();
        });
    }
}

internal sealed class Lamp : AggregateRoot, IScoped
{
    public required string Tenant { get; init; }
    public required string Environment { get; init; }
    public required string Key { get; init; }
    public bool On { get; private set; }
    public long Version { get; private set; }

    public static Lamp Of(Scope scope, string key) =>
        new()
        {
            Tenant = scope.Tenant,
            Environment = scope.Environment,
            Key = key,
        };

    public void Switch(bool on)
    {
        if (on == On && Version > 0)
            return;
        var before = Version > 0 ? Shown() : (JsonElement?)null;
        On = on;
        Version++;
        Raise(new Change("lamp", "switched", Key, Version, before, Shown()));
    }

    /// <summary>The module does not declare this event.</summary>
    public void Explode() => Raise(new Change("lamp", "exploded", Key, Version, null, null));

    private JsonElement Shown() => JsonSerializer.SerializeToElement(new { key = Key, on = On });
}

/// <summary>What a subscriber did with a message.</summary>
internal sealed class Note : IScoped
{
    public long Id { get; init; }
    public required string Subscriber { get; init; }
    public required string Tenant { get; init; }
    public required string Environment { get; init; }
    public required string Key { get; init; }
    public required long Revision { get; init; }
}

internal static class SwitchLamps
{
    internal sealed record Command(bool On, params string[] Keys) : ICommand;

    internal sealed class Validator : AbstractValidator<Command>
    {
        public Validator() => RuleFor(c => c.Keys).NotEmpty();
    }

    internal sealed class Handler(AppDbContext db, CallContext call) : ICommandHandler<Command>
    {
        public async Task Handle(Command command, CancellationToken ct)
        {
            foreach (var key in command.Keys)
            {
                var lamp = await db.Set<Lamp>().SingleOrDefaultAsync(l => l.Key == key, ct);
                if (lamp is null)
                {
                    lamp = Lamp.Of(call.Scope, key);
                    db.Add(lamp);
                }
                lamp.Switch(command.On);
            }
        }
    }
}

/// <summary>What a test wants a subscriber to do before it notes a message: fail, wait, count.</summary>
internal sealed class Behaviors
{
    private readonly ConcurrentDictionary<string, Func<OutboxMessage, CancellationToken, Task>> _set = [];

    /// <summary>Where notes are written, unless to where the message is from.</summary>
    public Scope? NotesGoTo { get; set; }

    /// <summary>What polishing a lamp comes to.</summary>
    public Func<WorkLease, CancellationToken, Task<Rest>> Polishing { get; set; } =
        (_, _) => Task.FromResult(Rest.UntilSignal);

    /// <summary>What it takes to follow a scope.</summary>
    public Func<ScopeHead, CancellationToken, Task> Following { get; set; } = (_, _) => Task.CompletedTask;

    public Func<OutboxMessage, CancellationToken, Task> this[string subscriber]
    {
        get => _set.GetValueOrDefault(subscriber, (_, _) => Task.CompletedTask);
        set => _set[subscriber] = value;
    }
}

internal sealed class Ledger(AppDbContext db, Behaviors behaviors) : IOutboxSubscriber
{
    public const string Name = "ledger";

    public Task Handle(OutboxMessage message, CancellationToken ct) => Noting.Note(Name, db, behaviors, message, ct);
}

internal sealed class Mailer(AppDbContext db, Behaviors behaviors) : IOutboxSubscriber
{
    public const string Name = "mailer";

    public Task Handle(OutboxMessage message, CancellationToken ct) => Noting.Note(Name, db, behaviors, message, ct);
}

internal sealed class Polisher(Behaviors behaviors) : IWorker
{
    public const string Kind = "polish";

    public Task<Rest> Work(WorkLease lease, CancellationToken stopping) => behaviors.Polishing(lease, stopping);
}

internal sealed class Onlooker(Behaviors behaviors) : IScopeFollower
{
    public Task Follow(ScopeHead head, CancellationToken ct) => behaviors.Following(head, ct);
}

file static class Noting
{
    public static async Task Note(
        string subscriber,
        AppDbContext db,
        Behaviors behaviors,
        OutboxMessage message,
        CancellationToken ct
    )
    {
        db.Add(
            new Note
            {
                Subscriber = subscriber,
                Tenant = behaviors.NotesGoTo?.Tenant ?? message.Tenant,
                Environment = behaviors.NotesGoTo?.Environment ?? message.Environment,
                Key = message.EntityKey,
                Revision = message.Revision,
            }
        );
        await behaviors[subscriber](message, ct);
    }
}
