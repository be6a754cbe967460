using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Http;
using FluentValidation;

namespace FeatureFlags.Access.Domain;

/// <summary>What bodies that name scopes, tenants and the things themselves have to keep to.</summary>
internal static class DraftRules
{
    public const int MaxNameLength = 200;

    /// <summary>So many tenants' names a token can hold and still be carried in a header.</summary>
    public const int MaxTenants = 100;

    public static IRuleBuilderOptions<T, string> MustBeName<T>(this IRuleBuilder<T, string> name) =>
        name.Must(text => text.Length is > 0 and <= MaxNameLength && !text.Any(char.IsControl))
            .WithMessage($"must be 1 to {MaxNameLength} characters, none of them a control character");

    public static IRuleBuilderOptions<T, IReadOnlyList<string>> MustNameOne<T>(
        this IRuleBuilder<T, IReadOnlyList<string>> names
    ) => names.NotEmpty().WithMessage("must name at least one");

    public static IRuleBuilderOptions<T, string> MustBeScope<T>(this IRuleBuilder<T, string> scope) =>
        scope.MustBeOneOf(Scopes.All);

    public static IRuleBuilderOptions<T, string> MustBeOneOf<T>(
        this IRuleBuilder<T, string> scope,
        IReadOnlyList<string> known
    ) => scope.Must(known.Contains).WithMessage($"must be one of: {string.Join(", ", known)}");

    public static IRuleBuilderOptions<T, string> MustBeTenant<T>(this IRuleBuilder<T, string> tenant) =>
        tenant.Must(Grant.IsTenant).WithMessage($"must be '*' or a tenant's name: {Scope.NameForm}");

    public static IRuleBuilderOptions<T, IReadOnlyList<string>> MustFitAToken<T>(
        this IRuleBuilder<T, IReadOnlyList<string>> tenants
    ) =>
        tenants
            .Must(names => names.Count <= MaxTenants)
            .WithMessage($"must be at most {MaxTenants}; '*' stands for every tenant");
}
