using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using FeatureFlags.Testing;

namespace FeatureFlags.FaultTests.Rig;

/// <summary>
/// One run of a case: its seed, its size and what came of it. <c>FAULTS_SEED</c> repeats a run's choices (not the
/// moments at which threads and processes meet), <c>FAULTS_SCALE=full</c> makes it as long as a release deserves.
/// </summary>
internal sealed class Run
{
    private static readonly JsonSerializerOptions Lines = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
    };

    private readonly Stopwatch _watch = Stopwatch.StartNew();

    private Run(int seed) => (Seed, Random) = (seed, new Random(seed));

    /// <summary>Whether cases run as long as a release deserves, not as short as each commit can bear.</summary>
    public static bool IsFull => Environment.GetEnvironmentVariable("FAULTS_SCALE") == "full";

    /// <summary>Where results and the logs of failed cases go.</summary>
    public static string Artifacts => Repository.File("artifacts/faults");

    public int Seed { get; }

    /// <summary>For the test's own thread: what runs beside it forks one of its own.</summary>
    public Random Random { get; }

    public static Run Begin()
    {
        var given = Environment.GetEnvironmentVariable("FAULTS_SEED");
        var seed = given is { Length: > 0 }
            ? int.Parse(given, CultureInfo.InvariantCulture)
            : Random.Shared.Next(1, 1_000_000);
        TestContext.Progress.WriteLine($"{TestContext.CurrentContext.Test.Name}: FAULTS_SEED={seed}");
        return new Run(seed);
    }

    /// <returns>How often to do it, by the scale of the run.</returns>
    public static int Times(int full, int brief) => IsFull ? full : brief;

    public Random Fork() => new(Random.Next());

    /// <summary>Adds a line to the results: the case, the seed, how long it took, and what was counted.</summary>
    /// <param name="counts">An object or dictionary whose members are numbers.</param>
    public void Report(object counts)
    {
        var line = new Dictionary<string, object?>
        {
            ["case"] = TestContext.CurrentContext.Test.Name,
            ["scale"] = IsFull ? "full" : "short",
            ["seed"] = Seed,
            ["seconds"] = Math.Round(_watch.Elapsed.TotalSeconds, 1),
        };
        foreach (var count in JsonSerializer.SerializeToElement(counts, Lines).EnumerateObject())
            line[count.Name] = count.Value;
        var text = JsonSerializer.Serialize(line, Lines);
        Directory.CreateDirectory(Artifacts);
        File.AppendAllText(Path.Combine(Artifacts, "results.jsonl"), $"{text}\n");
        TestContext.Progress.WriteLine(text);
    }
}
