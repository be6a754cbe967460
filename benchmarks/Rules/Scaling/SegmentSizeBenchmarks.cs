using BenchmarkDotNet.Attributes;
using FeatureFlags.Rules;

namespace FeatureFlags.Benchmarks.Rules.Scaling;

/// <summary>How many ids the segment includes; another user is looked up each time, as a server would.</summary>
public class SegmentSizeBenchmarks
{
    private const int Users = 1 << 14;

    private CompiledFlag _flag = null!;
    private EvaluationContext[] _members = [];
    private EvaluationContext[] _others = [];
    private int _next;

    [Params(10, 1_000, 100_000, 1_000_000)]
    public int Members { get; set; }

    [GlobalSetup]
    public void Fill()
    {
        var random = new Random(1);
        var members = MemberSet.Of(Enumerable.Range(0, Members).Select(Sample.MemberId));
        _flag = Sample.Compiled(Sample.When("""{ "segment": "members" }"""), Sample.Segment("members", members));
        _members = [.. Enumerable.Range(0, Users).Select(_ => User(random.Next(Members)))];
        _others = [.. Enumerable.Range(0, Users).Select(_ => User(Members + random.Next(Members)))];
    }

    [Benchmark(Description = "a member")]
    public string Member() => _flag.Evaluate(_members[_next++ & (Users - 1)]).Variant;

    [Benchmark(Description = "not a member")]
    public string Other() => _flag.Evaluate(_others[_next++ & (Users - 1)]).Variant;

    private static EvaluationContext User(int number) => EvaluationContext.For(Sample.MemberId(number)).Build();
}
