using System.Globalization;
using System.Text.Json;

namespace FeatureFlags.Benchmarks.Rules.Report;

/// <param name="Method">The benchmark's method.</param>
/// <param name="Title">Its description.</param>
/// <param name="Size">The value of its parameter; 0 when it has none.</param>
/// <param name="Nanoseconds">The median of its iterations.</param>
/// <param name="Spread">Half of what the middle half of the iterations lies apart, in nanoseconds.</param>
/// <param name="Bytes">Allocated per operation.</param>
internal sealed record Measurement(
    string Method,
    string Title,
    int Size,
    double Nanoseconds,
    double Spread,
    long Bytes
);

/// <summary>The last results of every class of benchmarks, as BenchmarkDotNet exported them.</summary>
internal sealed class Results(string folder)
{
    private readonly List<JsonElement> _read = [];

    /// <summary>The machine and the days of what was read so far.</summary>
    public string Conditions
    {
        get
        {
            var host = _read[0].GetProperty("HostEnvironmentInfo");
            var days = _read.Select(Day).Order().ToArray();
            return $"{Text("ProcessorName")}, {host.GetProperty("LogicalCoreCount").GetInt32()} cores, {Text("OsVersion")}, "
                + $"{Text("RuntimeVersion").Split(" (")[0]}, BenchmarkDotNet {Text("BenchmarkDotNetVersion")}; "
                + (days[0] == days[^1] ? Named(days[0]) : $"{Named(days[0])} to {Named(days[^1])}");

            string Text(string name) => host.GetProperty(name).GetString()!;
            static string Named(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        }
    }

    /// <exception cref="FileNotFoundException">These benchmarks have not been run.</exception>
    public IReadOnlyList<Measurement> Of(Type benchmarks)
    {
        var path = Path.Combine(folder, $"{benchmarks.FullName}-report-brief.json");
        if (!File.Exists(path))
            throw new FileNotFoundException($"{benchmarks.Name} have no results: run them first.", path);

        var results = JsonElement.Parse(File.ReadAllBytes(path));
        _read.Add(results);
        return [.. results.GetProperty("Benchmarks").EnumerateArray().Select(Read)];
    }

    private static Measurement Read(JsonElement benchmark)
    {
        var statistics = benchmark.GetProperty("Statistics");
        var parameters = benchmark.GetProperty("Parameters").GetString()!;
        return new Measurement(
            benchmark.GetProperty("Method").GetString()!,
            benchmark.GetProperty("MethodTitle").GetString()!.Trim('\''),
            parameters.Length == 0 ? 0 : int.Parse(parameters.Split('=')[1], CultureInfo.InvariantCulture),
            statistics.GetProperty("Median").GetDouble(),
            statistics.GetProperty("InterquartileRange").GetDouble() / 2,
            benchmark.GetProperty("Memory").GetProperty("BytesAllocatedPerOperation").GetInt64()
        );
    }

    // The title ends with day and time: …-20261123-154102.
    private static DateOnly Day(JsonElement results) =>
        DateOnly.ParseExact(
            results.GetProperty("Title").GetString()!.Split('-')[^2],
            "yyyyMMdd",
            CultureInfo.InvariantCulture
        );
}
