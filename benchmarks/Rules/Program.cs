using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Exporters.Json;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using FeatureFlags.Benchmarks.Rules.Report;
using Perfolizer.Horology;

// Without an argument everything is measured and docs/performance.md written; `report` only writes it, from the last
// results; anything else goes to BenchmarkDotNet.
var root = AppContext.BaseDirectory;
while (!File.Exists(Path.Combine(root, "FeatureFlags.sln")))
    root = Path.GetDirectoryName(root) ?? throw new InvalidOperationException("Run it inside the repository.");
var artifacts = Path.Combine(root, "BenchmarkDotNet.Artifacts");

if (args is not ["report"])
{
    // Short: a result is the median of 8 iterations, and 50 benchmarks take minutes, not an hour.
    var job = Job
        .Default.WithWarmupCount(4)
        .WithIterationCount(8)
        .WithIterationTime(TimeInterval.FromMilliseconds(150))
        .AsDefault();
    var config = DefaultConfig
        .Instance.WithArtifactsPath(artifacts)
        .AddDiagnoser(MemoryDiagnoser.Default)
        .AddExporter(JsonExporter.Brief)
        .AddJob(job);
    BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args is [] ? ["--filter", "*"] : args, config);
}
if (args is [] or ["report"])
    new Page(root, new Results(Path.Combine(artifacts, "results"))).Write();
