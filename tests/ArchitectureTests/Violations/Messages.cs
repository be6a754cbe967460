using FeatureFlags.BuildingBlocks.Messaging;
using FluentValidation;
using MediatR;

namespace FeatureFlags.ArchitectureTests.Violations;

/// <summary>As it should be.</summary>
internal static class Proper
{
    internal sealed record Command : ICommand;

    internal sealed class Validator : AbstractValidator<Command>;

    internal sealed class Handler : ICommandHandler<Command>
    {
        public Task Handle(Command command, CancellationToken ct) => Task.CompletedTask;
    }
}

/// <summary>A command without a validator.</summary>
internal static class Unvalidated
{
    internal sealed record Command : ICommand;

    internal sealed class Handler : ICommandHandler<Command>
    {
        public Task Handle(Command command, CancellationToken ct) => Task.CompletedTask;
    }
}

/// <summary>A question that nobody answers.</summary>
internal sealed record Unanswered : IQuery<int>;

/// <summary>A question with two answers.</summary>
internal static class AnsweredTwice
{
    internal sealed record Query : IQuery<int>;

    internal sealed class Handler : IQueryHandler<Query, int>
    {
        public Task<int> Handle(Query request, CancellationToken cancellationToken) => Task.FromResult(1);
    }

    internal sealed class OtherHandler : IQueryHandler<Query, int>
    {
        public Task<int> Handle(Query request, CancellationToken cancellationToken) => Task.FromResult(2);
    }
}

/// <summary>Tells everybody at once, past the outbox.</summary>
internal sealed class PastTheOutbox(IMediator mediator)
{
#pragma warning disable RS0030 // What it warns of is the violation.
    public Task Tell() => mediator.Publish(new Note());
#pragma warning restore RS0030

    private sealed record Note : INotification;
}
