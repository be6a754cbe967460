using System.Text.Json;
using BenchmarkDotNet.Attributes;
using FeatureFlags.Rules;

namespace FeatureFlags.Benchmarks.Rules;

/// <summary>A tenant of 10,000 flags, a hundred of which use the segment <c>staff</c>: loaded, and changed.</summary>
public class CompileBenchmarks
{
    private const int Flags = 10_000;
    private const int UsingSegment = 100;

    private readonly string[] _bodies =
    [
        .. Enumerable
            .Range(0, Flags)
            .Select(i => i < UsingSegment ? Sample.When("""{ "segment": "staff" }""") : Sample.ThreeClauses),
    ];
    private readonly SegmentDefinition _segment = Sample.Segment("staff", MemberSet.Of(["ann"]));
    private RuleSet _rules = null!;
    private FlagDefinition[] _definitions = [];

    [GlobalSetup]
    public void Compile()
    {
        _definitions = Read();
        _rules = CompileAll();
    }

    [Benchmark(Description = "Load 10,000 flags: parse, read, compile")]
    public RuleSet Load() => Sample.RuleSet(Read(), _segment);

    [Benchmark(Description = "Compile 10,000 flags")]
    public RuleSet CompileAll() => Sample.RuleSet(_definitions, _segment);

    [Benchmark(Description = "Change one flag of 10,000: parse, read, compile")]
    public RuleSet ChangeFlag() => _rules.With(new RuleSetChange { Flags = [Read(Flags / 2)] });

    [Benchmark(Description = "Change a segment that 100 flags of 10,000 use")]
    public RuleSet ChangeSegment() => _rules.With(new RuleSetChange { Segments = [_segment] });

    private FlagDefinition[] Read() => [.. Enumerable.Range(0, Flags).Select(Read)];

    private FlagDefinition Read(int i) =>
        FlagDefinition.Restore(Sample.FlagKey(i), version: 1, JsonElement.Parse(_bodies[i]));
}
