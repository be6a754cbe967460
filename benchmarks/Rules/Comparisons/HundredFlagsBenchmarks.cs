using BenchmarkDotNet.Attributes;
using FeatureFlags.Rules;
using Microsoft.FeatureManagement;

namespace FeatureFlags.Benchmarks.Rules.Comparisons;

/// <summary>A hundred flags of three clauses, a percentage and a split, for one user: the start of an application.</summary>
public class HundredFlagsBenchmarks
{
    private const int Count = 100;

    private readonly string[] _keys = [.. Enumerable.Range(0, Count).Select(Sample.FlagKey)];
    private readonly InternedUser _interned = InternedUser.Named(Sample.User.Id!);
    private readonly RuleSet _rules;
    private readonly IVariantFeatureManager _manager;

    public HundredFlagsBenchmarks()
    {
        _rules = Sample.RuleSet([.. _keys.Select(key => Sample.Flag(key, Sample.ThreeClauses))]);
        _manager = FeatureManagement.With(_keys.Select(key => (key, true)));
    }

    [Benchmark(Baseline = true, Description = "Hand-written for one flag, a hundred times")]
    public int HandWritten()
    {
        var characters = 0;
        for (var i = 0; i < Count; i++)
            characters += Floor.Evaluate(_interned).Length;
        return characters;
    }

    [Benchmark(Description = "FeatureFlags")]
    public int Evaluate()
    {
        var characters = 0;
        foreach (var flag in _rules.Flags)
            characters += flag.Evaluate(Sample.User).Variant.Length;
        return characters;
    }

    [Benchmark(Description = "Microsoft.FeatureManagement")]
    public async Task<int> FeatureManagementVariants()
    {
        var characters = 0;
        foreach (var key in _keys)
            characters += (await _manager.GetVariantAsync(key, FeatureManagement.User))?.Name.Length ?? 0;
        return characters;
    }
}
