using FeatureFlags.Access.Domain;
using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Http;
using FeatureFlags.Rules.Json;
using FluentValidation;

namespace FeatureFlags.Access.Http;

/// <summary>Checks that several bodies of this module share.</summary>
internal static class FieldChecks
{
    /// <summary>As many tenants as one token can name and still be carried in a header.</summary>
    public const int MaxTenants = 100;

    public static void KnownScopes<T>(this AbstractValidator<T> validator, Func<T, IReadOnlyList<string>> scopes) =>
        validator
            .RuleForEach(message => scopes(message))
            .Must(Scopes.All.Contains)
            .WithMessage($"must be one of: {string.Join(", ", Scopes.All)}")
            .OverridePropertyName("scopes");

    public static void TenantNames<T>(this AbstractValidator<T> validator, Func<T, IReadOnlyList<string>> tenants)
    {
        validator
            .RuleFor(message => tenants(message).Count)
            .LessThanOrEqualTo(MaxTenants)
            .WithMessage($"must be at most {MaxTenants} tenants; '*' is every tenant")
            .OverridePropertyName("tenants");
        validator
            .RuleForEach(message => tenants(message))
            .Must(Grant.IsTenant)
            .WithMessage($"must be '*' or a tenant's name: {Scope.NameForm}")
            .OverridePropertyName("tenants");
    }

    /// <exception cref="InvalidFieldsException">There are problems.</exception>
    public static void ThrowIfAny(this Problems problems)
    {
        if (problems.Any)
            throw new InvalidFieldsException(
                problems
                    .Items.GroupBy(p => p.Path, StringComparer.Ordinal)
                    .ToDictionary(
                        g => g.Key,
                        g => g.Select(p => p.Message).Distinct().ToArray(),
                        StringComparer.Ordinal
                    )
            );
    }
}
