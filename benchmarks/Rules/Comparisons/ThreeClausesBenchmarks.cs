using BenchmarkDotNet.Attributes;
using FeatureFlags.Rules;
using Microsoft.FeatureManagement;

namespace FeatureFlags.Benchmarks.Rules.Comparisons;

/// <summary>Three clauses, a percentage and a split over two variants, for a user for whom all of it holds.</summary>
public class ThreeClausesBenchmarks
{
    private const int UsersThatAgree = 1_000;

    private readonly RuleSet _rules = Sample.RuleSet([Sample.Flag(Sample.ThreeClausesKey, Sample.ThreeClauses)]);
    private readonly InternedUser _interned = InternedUser.Named(Sample.User.Id!);
    private readonly FloorValue[] _attributes = [new("CA", double.NaN), new("pro", double.NaN), new(null, 30)];
    private readonly IVariantFeatureManager _manager = FeatureManagement.With([(Sample.ThreeClausesKey, true)]);
    private readonly CompiledFlag _flag;

    public ThreeClausesBenchmarks() => _flag = _rules.Find(Sample.ThreeClausesKey)!;

    /// <summary>Code that gives other answers is no floor.</summary>
    [GlobalSetup]
    public async Task Check()
    {
        foreach (var id in Enumerable.Range(0, UsersThatAgree).Select(Sample.MemberId).Append(Sample.User.Id!))
        {
            var answer = _flag.Evaluate(Sample.UserNamed(id));
            if (
                Floor.Evaluate(InternedUser.Named(id)) != answer.Variant
                || FloorFromData.ThreeClauses.Evaluate(id, _attributes) != answer.Variant
            )
                throw new InvalidOperationException($"The floors do not agree with the rules on {id}.");
        }
        if (Evaluate() != "treatment" || await FeatureManagementVariant() is null)
            throw new InvalidOperationException("Not everything holds for the user.");
    }

    [Benchmark(Baseline = true, Description = "Hand-written for this flag, values interned")]
    public string HandWritten() => Floor.Evaluate(_interned);

    [Benchmark(Description = "Hand-written, clauses from data")]
    public string HandWrittenFromData() => FloorFromData.ThreeClauses.Evaluate(Sample.User.Id!, _attributes);

    [Benchmark(Description = "FeatureFlags")]
    public string Evaluate() => _flag.Evaluate(Sample.User).Variant;

    [Benchmark(Description = "FeatureFlags, found by its key first")]
    public string FindAndEvaluate() => _rules.Find(Sample.ThreeClausesKey)!.Evaluate(Sample.User).Variant;

    [Benchmark(Description = "Microsoft.FeatureManagement")]
    public ValueTask<Microsoft.FeatureManagement.Variant> FeatureManagementVariant() =>
        _manager.GetVariantAsync(Sample.ThreeClausesKey, FeatureManagement.User);
}
