using FluentValidation;
using MediatR;
using Microsoft.Extensions.DependencyInjection;

// The only file that names MediatR: moving to another version or library is a change of this one (adr/0006).
namespace FeatureFlags.BuildingBlocks.Messaging;

/// <summary>A message with one handler and an answer.</summary>
public interface IMessage<out TResult> : IRequest<TResult>;

/// <summary>A question: changes nothing.</summary>
public interface IQuery<out TResult> : IMessage<TResult>;

/// <summary>An order. Its handler runs in one transaction that ends in a commit when an aggregate raised a change.</summary>
public interface ICommand<out TResult> : IMessage<TResult>;

/// <inheritdoc cref="ICommand{TResult}"/>
public interface ICommand : ICommand<Unit>;

public interface IQueryHandler<in TQuery, TResult> : IRequestHandler<TQuery, TResult>
    where TQuery : IQuery<TResult>;

public interface ICommandHandler<in TCommand, TResult> : IRequestHandler<TCommand, TResult>
    where TCommand : ICommand<TResult>;

public interface ICommandHandler<in TCommand> : ICommandHandler<TCommand, Unit>
    where TCommand : ICommand
{
    new Task Handle(TCommand command, CancellationToken ct);

    async Task<Unit> IRequestHandler<TCommand, Unit>.Handle(TCommand request, CancellationToken cancellationToken)
    {
        await Handle(request, cancellationToken);
        return Unit.Value;
    }
}

/// <summary>Sends a message to its handler, through validation and, for commands, the unit of work.</summary>
public interface ISender
{
    Task<TResult> Send<TResult>(IMessage<TResult> message, CancellationToken ct);
}

/// <summary>A step around every handler, in order of registration.</summary>
public abstract class Behavior<TMessage, TResult> : IPipelineBehavior<TMessage, TResult>
{
    public Task<TResult> Handle(
        TMessage request,
        CancellationToken cancellationToken,
        RequestHandlerDelegate<TResult> next
    ) => Around(request, () => next(), cancellationToken);

    protected abstract Task<TResult> Around(TMessage message, Func<Task<TResult>> next, CancellationToken ct);
}

public static class MessagingRegistration
{
    /// <summary>Finds handlers and validators in the modules' assemblies and puts the behaviours around them.</summary>
    internal static IServiceCollection AddMessaging(this IServiceCollection services, IEnumerable<IModule> modules)
    {
        var assemblies = modules.Select(m => m.GetType().Assembly).Append(typeof(ISender).Assembly).Distinct().ToList();

        Validation.NameFieldsAsTheApiDoes();
        services.AddTransient<ServiceFactory>(provider => provider.GetRequiredService);
        services.AddScoped<IMediator, Mediator>();
        services.AddScoped<ISender, MediatorSender>();
        services.Scan(scan =>
            scan.FromAssemblies(assemblies)
                .AddClasses(c => c.AssignableTo(typeof(IRequestHandler<,>)), publicOnly: false)
                .As(handler => handler.GetInterfaces().Where(IsHandlerInterface))
                .WithScopedLifetime()
        );
        services.AddValidatorsFromAssemblies(assemblies, ServiceLifetime.Singleton, includeInternalTypes: true);

        services.AddScoped(typeof(IPipelineBehavior<,>), typeof(ObservationBehavior<,>));
        services.AddScoped(typeof(IPipelineBehavior<,>), typeof(ValidationBehavior<,>));
        services.AddScoped(typeof(IPipelineBehavior<,>), typeof(UnitOfWorkBehavior<,>));
        return services;
    }

    private static bool IsHandlerInterface(Type type) =>
        type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IRequestHandler<,>);

    private sealed class MediatorSender(IMediator mediator) : ISender
    {
        public Task<TResult> Send<TResult>(IMessage<TResult> message, CancellationToken ct) =>
            mediator.Send(message, ct);
    }
}
