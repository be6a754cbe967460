using ArchUnitNET.Domain;
using ArchUnitNET.Domain.Dependencies;
using FeatureFlags.BuildingBlocks.Messaging;
using FluentValidation;
using Microsoft.Extensions.DependencyInjection;

namespace FeatureFlags.ArchitectureTests;

/// <summary>Commands and queries against what is registered for them.</summary>
internal static class MessageRules
{
    // The interface under which MediatR finds a handler.
    private static readonly Type Handler = typeof(IQueryHandler<,>).GetInterfaces().Single().GetGenericTypeDefinition();

    public static IReadOnlyList<Type> MessagesIn(IEnumerable<Type> types) =>
        [.. types.Where(t => t is { IsClass: true, IsAbstract: false } && AnswerOf(t) is not null)];

    public static IReadOnlyList<Type> CommandsIn(IEnumerable<Type> types) =>
        [.. MessagesIn(types).Where(t => t.GetInterfaces().Any(i => IsClosed(i, typeof(ICommand<>))))];

    public static IReadOnlyList<string> NotHandledOnce(
        IReadOnlyCollection<Type> messages,
        IReadOnlyCollection<ServiceDescriptor> services
    ) =>
        Findings.In(
            messages,
            message =>
            {
                var handler = Handler.MakeGenericType(message, AnswerOf(message)!);
                var handlers = services.Count(s => s.ServiceType == handler);
                return handlers == 1 ? [] : [$"{message} has {handlers} handlers"];
            }
        );

    public static IReadOnlyList<string> NotValidated(
        IReadOnlyCollection<Type> commands,
        IReadOnlyCollection<ServiceDescriptor> services
    ) =>
        Findings.In(
            commands,
            command =>
            {
                var validator = typeof(IValidator<>).MakeGenericType(command);
                return services.Any(s => s.ServiceType == validator) ? [] : [$"{command} has no validator"];
            }
        );

    /// <summary>Calls of MediatR's <c>Publish</c>, in whatever file.</summary>
    public static IReadOnlyList<string> Publications(Architecture architecture) =>
        Findings.In(
            [.. architecture.Types],
            type =>
                type.Dependencies.OfType<MethodCallDependency>()
                    .Where(call =>
                        call.Target.FullName.StartsWith("MediatR.", StringComparison.Ordinal)
                        && call.TargetMember.Name.StartsWith("Publish", StringComparison.Ordinal)
                    )
                    .Select(_ => $"{type.FullName} publishes")
        );

    private static Type? AnswerOf(Type message) =>
        message.GetInterfaces().FirstOrDefault(i => IsClosed(i, typeof(IMessage<>)))?.GetGenericArguments()[0];

    private static bool IsClosed(Type type, Type definition) =>
        type.IsGenericType && type.GetGenericTypeDefinition() == definition;
}
