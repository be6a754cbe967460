using BenchmarkDotNet.Attributes;
using FeatureFlags.Rules;

namespace FeatureFlags.Benchmarks.Rules.Scaling;

/// <summary>How many rules are looked at: the last one holds.</summary>
public class RuleCountBenchmarks
{
    private CompiledFlag _flag = null!;

    [Params(1, 5, 10, 50, 100, 500)]
    public int Rules { get; set; }

    [GlobalSetup]
    public void Compile() => _flag = Sample.Compiled(Sample.RulesOfWhichTheLastHolds(Rules));

    [Benchmark(Description = "the last rule holds")]
    public string Evaluate() => _flag.Evaluate(Sample.User).Variant;
}
