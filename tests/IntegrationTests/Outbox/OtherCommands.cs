using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Messaging;
using FeatureFlags.BuildingBlocks.Persistence;

namespace FeatureFlags.IntegrationTests.Outbox;

internal static class DoNothing
{
    internal sealed record Command : ICommand;

    internal sealed class Handler : ICommandHandler<Command>
    {
        public Task Handle(Command command, CancellationToken ct) => Task.CompletedTask;
    }
}

internal static class Fail
{
    internal sealed record Command : ICommand;

    internal sealed class Handler : ICommandHandler<Command>
    {
        public Task Handle(Command command, CancellationToken ct) => throw new ConflictException("No.");
    }
}

internal static class RaiseUndeclared
{
    internal sealed record Command : ICommand;

    internal sealed class Handler(AppDbContext db, CallContext call) : ICommandHandler<Command>
    {
        public Task Handle(Command command, CancellationToken ct)
        {
            var lamp = Lamp.Of(call.Scope, "desk");
            db.Add(lamp);
            lamp.Explode();
            return Task.CompletedTask;
        }
    }
}
