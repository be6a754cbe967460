using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Http;
using FluentValidation;

namespace FeatureFlags.Access.Domain;

/// <summary>What bodies that name scopes and tenants have to keep to.</summary>
internal static class GrantRules
{
    /// <summary>So many tenants' names a token can hold and still be carried in a header.</summary>
    public const int MaxTenants = 100;

    public static IRuleBuilderOptions<T, string> MustBeScope<T>(this IRuleBuilder<T, string> scope) =>
        scope.Must(Scopes.All.Contains).WithMessage($"must be one of: {string.Join(", ", Scopes.All)}");

    public static IRuleBuilderOptions<T, string> MustBeTenant<T>(this IRuleBuilder<T, string> tenant) =>
        tenant.Must(Grant.IsTenant).WithMessage($"must be '*' or a tenant's name: {Scope.NameForm}");

    public static IRuleBuilderOptions<T, IReadOnlyList<string>> MustFitAToken<T>(
        this IRuleBuilder<T, IReadOnlyList<string>> tenants
    ) =>
        tenants
            .Must(names => names.Count <= MaxTenants)
            .WithMessage($"must be at most {MaxTenants}; '*' stands for every tenant");
}
