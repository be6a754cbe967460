using System.Text.Json;
using BenchmarkDotNet.Attributes;
using FeatureFlags.Rules;

namespace FeatureFlags.Benchmarks.Rules.Scaling;

/// <summary>How many attributes the user comes with; the flag asks for the one in the middle.</summary>
public class AttributeCountBenchmarks
{
    private readonly CompiledFlag _flag = Sample.Compiled(Sample.When("""{ "attr": { "country": "CA" } }"""));
    private JsonElement _attributes;
    private EvaluationContext _user = null!;

    [Params(1, 5, 20, 100)]
    public int Attributes { get; set; }

    [GlobalSetup]
    public void Build()
    {
        var members = Enumerable
            .Range(0, Attributes)
            .Select(i => i == Attributes / 2 ? "\"country\": \"CA\"" : $"\"attribute-{i}\": {Value(i)}");
        _attributes = JsonElement.Parse($"{{{string.Join(", ", members)}}}");
        _user = BuildContext();
    }

    [Benchmark(Description = "evaluate")]
    public string Evaluate() => _flag.Evaluate(_user).Variant;

    [Benchmark(Description = "build the context from parsed JSON")]
    public EvaluationContext BuildContext() => EvaluationContext.FromJson("user-4713", _attributes);

    private static string Value(int i) =>
        (i % 3) switch
        {
            0 => $"\"value {i}\"",
            1 => $"{i}",
            _ => "true",
        };
}
