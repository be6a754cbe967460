using System.Text.Json;
using FluentValidation;
using FluentValidation.Results;

namespace FeatureFlags.BuildingBlocks.Messaging;

public static class Validation
{
    /// <summary>Fails with what a reader found wrong, each problem under its own path.</summary>
    public static void MustBeReadable<T>(this IRuleBuilder<T, IReadOnlyList<(string Path, string Message)>> problems) =>
        problems.Custom(
            (found, context) =>
            {
                foreach (var (path, message) in found)
                    context.AddFailure(new ValidationFailure(path, message));
            }
        );

    /// <summary>Fails with what is wrong with a part, under the part's own paths: the message around it is not the caller's.</summary>
    public static void MustPass<T, TPart>(this IRuleBuilder<T, TPart> part, IValidator<TPart> validator) =>
        part.Custom(
            (value, context) =>
            {
                foreach (var failure in validator.Validate(value).Errors)
                    context.AddFailure(failure);
            }
        );

    /// <exception cref="InvalidFieldsException">Something is wrong with it.</exception>
    public static void Require<T>(this IValidator<T> validator, T value) => Require(validator.Validate(value).Errors);

    /// <summary>For what a reader found wrong, where there is no message to validate.</summary>
    /// <exception cref="InvalidFieldsException">It found something.</exception>
    public static void Require(IReadOnlyList<(string Path, string Message)> problems) =>
        Require([.. problems.Select(problem => new ValidationFailure(problem.Path, problem.Message))]);

    internal static void Require(IReadOnlyCollection<ValidationFailure> failures)
    {
        if (failures.Count == 0)
            return;

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

    /// <summary>Fields are named as the API names them: <c>off_variant</c>, not <c>OffVariant</c>.</summary>
    internal static void NameFieldsAsTheApiDoes() =>
        ValidatorOptions.Global.PropertyNameResolver = (_, member, _) =>
            member is null ? null : JsonNamingPolicy.SnakeCaseLower.ConvertName(member.Name);
}
