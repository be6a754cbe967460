using FluentValidation;

namespace FeatureFlags.BuildingBlocks.Messaging;

/// <summary>Refuses a message whose validator finds something wrong, before any lock is taken.</summary>
internal sealed class ValidationBehavior<TMessage, TResult>(IEnumerable<IValidator<TMessage>> validators)
    : Behavior<TMessage, TResult>
{
    protected override Task<TResult> Around(TMessage message, Func<Task<TResult>> next, CancellationToken ct)
    {
        Validation.Require([.. validators.SelectMany(v => v.Validate(message).Errors)]);
        return next();
    }
}
