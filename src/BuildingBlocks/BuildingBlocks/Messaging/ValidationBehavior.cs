using FluentValidation;

namespace FeatureFlags.BuildingBlocks.Messaging;

/// <summary>Refuses a message whose validator finds something wrong, before any lock is taken.</summary>
internal sealed class ValidationBehavior<TMessage, TResult>(IEnumerable<IValidator<TMessage>> validators)
    : Behavior<TMessage, TResult>
{
    protected override Task<TResult> Around(TMessage message, Func<Task<TResult>> next, CancellationToken ct)
    {
        var failures = validators.SelectMany(v => v.Validate(message).Errors).ToList();
        if (failures.Count == 0)
            return next();

        throw new InvalidFieldsException(
            failures
                .GroupBy(f => f.PropertyName, StringComparer.Ordinal)
                .ToDictionary(
                    g => g.Key,
                    g => g.Select(f => f.ErrorMessage).Distinct().ToArray(),
                    StringComparer.Ordinal
                )
        );
    }
}
