using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.FeatureManagement;
using Microsoft.FeatureManagement.FeatureFilters;

namespace FeatureFlags.Benchmarks.Rules;

/// <summary>
/// The nearest that Microsoft.FeatureManagement has to the flags of <see cref="Sample"/>. It knows no clauses about
/// attributes, so they are a filter written for it; the percentage is its targeting filter, the split its variants'
/// allocation by percentile. Parameters are bound once, as its documentation asks of a filter.
/// </summary>
internal static class FeatureManagement
{
    private static readonly string[] Variants = ["control", "treatment"];

    public static readonly Visitor User = new()
    {
        UserId = "user-4713",
        Attributes = new(StringComparer.Ordinal)
        {
            ["country"] = "CA",
            ["plan"] = "pro",
            ["age"] = 30.0,
            ["email"] = "ann@acme.com",
            ["beta"] = true,
        },
    };

    public static IVariantFeatureManager With(IEnumerable<(string Key, bool HasClauses)> flags)
    {
        var settings = flags.SelectMany(
            (flag, i) =>
            {
                var of = $"feature_management:feature_flags:{i}";
                Dictionary<string, string?> members = new() { [$"{of}:id"] = flag.Key, [$"{of}:enabled"] = "true" };
                if (flag.HasClauses)
                    AddClauses(members, of);
                return members;
            }
        );
        return new ServiceCollection()
            .AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(settings).Build())
            .AddLogging()
            .AddFeatureManagement()
            .AddFeatureFilter<ClauseFilter>()
            .AddFeatureFilter<ContextualTargetingFilter>()
            .Services.BuildServiceProvider()
            .GetRequiredService<IVariantFeatureManager>();
    }

    private static void AddClauses(Dictionary<string, string?> members, string of)
    {
        members[$"{of}:conditions:requirement_type"] = "All";
        AddFilter(0, "Clause", ("attribute", "country"), ("any_of", "CA,US,GB,DE"));
        AddFilter(1, "Clause", ("attribute", "plan"), ("any_of", "pro"));
        AddFilter(2, "Clause", ("attribute", "age"), ("at_least", "18"));
        // Not 50 as in the sample: its hash is another one, and the user must get through. At 100 it would not hash.
        AddFilter(3, "Microsoft.Targeting", ("Audience:DefaultRolloutPercentage", "99.999"));
        foreach (var (i, variant) in Variants.Index())
        {
            members[$"{of}:variants:{i}:name"] = variant;
            members[$"{of}:variants:{i}:configuration_value"] = variant;
            members[$"{of}:allocation:percentile:{i}:variant"] = variant;
            members[$"{of}:allocation:percentile:{i}:from"] = i == 0 ? "0" : "50";
            members[$"{of}:allocation:percentile:{i}:to"] = i == 0 ? "50" : "100";
        }

        void AddFilter(int i, string name, params (string Name, string Value)[] parameters)
        {
            members[$"{of}:conditions:client_filters:{i}:name"] = name;
            foreach (var parameter in parameters)
                members[$"{of}:conditions:client_filters:{i}:parameters:{parameter.Name}"] = parameter.Value;
        }
    }

    internal sealed class Visitor : TargetingContext
    {
        public required Dictionary<string, object> Attributes { get; init; }
    }

    [FilterAlias("Clause")]
    internal sealed class ClauseFilter : IContextualFeatureFilter<ITargetingContext>, IFilterParametersBinder
    {
        public object BindParameters(IConfiguration parameters) =>
            new Clause(
                parameters["attribute"]!,
                parameters["any_of"]?.Split(','),
                parameters.GetValue("at_least", double.NaN)
            );

        public Task<bool> EvaluateAsync(FeatureFilterEvaluationContext context, ITargetingContext user) =>
            Task.FromResult(((Clause)context.Settings).Holds(((Visitor)user).Attributes));
    }

    private sealed record Clause(string Attribute, string[]? AnyOf, double AtLeast)
    {
        public bool Holds(Dictionary<string, object> attributes) =>
            attributes.TryGetValue(Attribute, out var value)
            && (AnyOf is null ? value is double number && number >= AtLeast : AnyOf.Contains(value as string));
    }
}
