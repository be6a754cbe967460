using BenchmarkDotNet.Attributes;
using FeatureFlags.Rules;

namespace FeatureFlags.Benchmarks.Rules.Scaling;

/// <summary>How many flags the tenant has, all of three clauses, a percentage and a split; one is found and evaluated.</summary>
public class FlagCountBenchmarks
{
    private const int Asked = 1 << 14;

    private RuleSet _rules = null!;
    private string[] _keys = [];
    private int _next;

    [Params(1, 100, 10_000)]
    public int Flags { get; set; }

    [GlobalSetup]
    public void Compile()
    {
        _rules = Sample.RuleSet([
            .. Enumerable.Range(0, Flags).Select(i => Sample.Flag(Sample.FlagKey(i), Sample.ThreeClauses)),
        ]);
        var random = new Random(1);
        _keys = [.. Enumerable.Range(0, Asked).Select(_ => Sample.FlagKey(random.Next(Flags)))];
    }

    [Benchmark(Description = "the same flag")]
    public string Same() => _rules.Find(_keys[0])!.Evaluate(Sample.User).Variant;

    /// <summary>Reads the flag from wherever in the machine's memory it has got to.</summary>
    [Benchmark(Description = "another flag each time")]
    public string Another() => _rules.Find(_keys[_next++ & (Asked - 1)])!.Evaluate(Sample.User).Variant;
}
