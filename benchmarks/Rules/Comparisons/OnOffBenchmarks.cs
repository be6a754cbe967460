using BenchmarkDotNet.Attributes;
using FeatureFlags.Rules;
using Microsoft.FeatureManagement;

namespace FeatureFlags.Benchmarks.Rules.Comparisons;

/// <summary>A flag without rules. By hand it is reading a field, which has no time that could be measured.</summary>
public class OnOffBenchmarks
{
    private const string Key = "dark-mode";

    private readonly CompiledFlag _on = Sample.Compiled(Sample.On);
    private readonly CompiledFlag _off = Sample.Compiled(Sample.Off);
    private readonly IVariantFeatureManager _manager = FeatureManagement.With([(Key, false)]);

    [Benchmark(Baseline = true, Description = "FeatureFlags, on")]
    public string On() => _on.Evaluate(Sample.User).Variant;

    [Benchmark(Description = "FeatureFlags, off")]
    public string Off() => _off.Evaluate(Sample.User).Variant;

    [Benchmark(Description = "Microsoft.FeatureManagement")]
    public ValueTask<bool> FeatureManagementEnabled() => _manager.IsEnabledAsync(Key);
}
