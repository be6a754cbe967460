using System.Text.RegularExpressions;
using System.Xml.Linq;

// ./build.sh [--target=NAME]; without a target everything that continuous integration checks.
var target = Argument("target", "Default");

const string Solution = "FeatureFlags.sln";
const string Configuration = "Release";
const int CoverageFloor = 90; // per cent of the lines of the rules and the modules' domains

// What the tests take from npm: Unleash's specification of its clients, the library that checks webhooks' signatures,
// OpenFeature's SDK for servers, what drives a browser, and the samples' packages.
DirectoryPath[] npmFolders =
[
    "tests/UnitTests/Unleash",
    "tests/UnitTests/ChangeFeed/StandardWebhooks",
    "tests/IntegrationTests/Ofrep/ServerSdk",
    "tests/IntegrationTests/Ofrep/WebSdk",
    "samples/node",
    "samples/web",
];

var artifacts = Directory("artifacts");
var results = artifacts + Directory("tests");
var coverage = artifacts + Directory("coverage");
var summary = artifacts + File("summary.txt"); // build.sh prints it last

// A failing check does not keep the others from running; the teardown fails the build.
var failures = new List<string>();
var otherSuites = new List<(string Suite, int Passed, int Failed, int Skipped)>(); // those that leave no .trx

Setup(_ => CleanDirectories([results, coverage]));

Task("Restore").Does(() => DotNetRestore(Solution));

Task("Build")
    .IsDependentOn("Restore")
    .Does(() =>
        DotNetBuild(
            Solution,
            new DotNetBuildSettings
            {
                Configuration = Configuration,
                NoRestore = true,
                NoLogo = true,
                Verbosity = DotNetVerbosity.Minimal,
                MSBuildSettings = new DotNetMSBuildSettings().TreatAllWarningsAs(MSBuildTreatAllWarningsAs.Error),
            }
        )
    );

Task("Format").Does(() => Check("Format", "csharpier check ."));

// Whether it may be missing is for the tests to say: without npm they leave it out, but not in continuous integration.
Task("Npm")
    .ContinueOnError()
    .DoesForEach(
        npmFolders.Where(IsStale),
        folder =>
            StartProcess(
                IsRunningOnWindows() ? "npm.cmd" : "npm",
                new ProcessSettings { Arguments = "ci", WorkingDirectory = folder }
            )
    );

Task("Unit").IsDependentOn("Build").IsDependentOn("Npm").Does(() => RunSuite("UnitTests"));

Task("Architecture").IsDependentOn("Build").Does(() => RunSuite("ArchitectureTests"));

Task("Client").IsDependentOn("Build").Does(() => RunSuite("ClientTests"));

Task("Integration").IsDependentOn("Build").IsDependentOn("Npm").Does(() => RunSuite("IntegrationTests"));

// Hosts are killed, stopped and starved of their database, a little of each.
Task("FaultsInShort").IsDependentOn("Build").IsDependentOn("Publish").Does(() => RunFaults("short", "Category=Short"));

// Not part of Default: all of them, as long as a release deserves. The results are in artifacts/faults/results.jsonl.
Task("Faults").IsDependentOn("Build").IsDependentOn("Publish").Does(() => RunFaults("full", filter: null));

// The SDK for Python, which needs nothing but Python: 3.9 or later, --python=COMMAND names which.
Task("Python").Does(() => RunPython("sdks/python"));

Task("Coverage")
    .IsDependentOn("Unit")
    .IsDependentOn("Integration")
    .Does(() =>
    {
        Check(
            $"Coverage (at least {CoverageFloor} %)",
            $"reportgenerator -reports:{results}/**/coverage.cobertura.xml -targetdir:{coverage} "
                + "-reporttypes:TextSummary;Html -verbosity:Warning "
                + $"minimumCoverageThresholds:lineCoverage={CoverageFloor}"
        );
        Console.WriteLine(System.IO.File.ReadAllText(coverage + File("Summary.txt")));
    });

Task("Test")
    .IsDependentOn("Format")
    .IsDependentOn("Unit")
    .IsDependentOn("Architecture")
    .IsDependentOn("Client")
    .IsDependentOn("Integration")
    .IsDependentOn("Python")
    .IsDependentOn("Coverage")
    .IsDependentOn("FaultsInShort");

Task("Default").IsDependentOn("Test");

// Not part of Default: it takes hours. --mutate=GLOB takes some of the files.
Task("Mutation")
    .Does(() =>
    {
        var settings = new ProcessSettings
        {
            Arguments = $"stryker --mutate \"{Argument("mutate", "**/*.cs")}\"",
            WorkingDirectory = "tests/Mutation",
            // Few random cases, and always the same: each mutant meets them.
            EnvironmentVariables = new Dictionary<string, string> { ["RULE_SEED"] = "1", ["RULE_SETS"] = "40" },
        };
        Passed("Mutation", StartProcess("dotnet", settings));
    });

Task("Publish")
    .IsDependentOn("Restore")
    .Does(() =>
        DotNetPublish(
            "src/Host",
            new DotNetPublishSettings
            {
                Configuration = Configuration,
                NoRestore = true,
                OutputDirectory = artifacts + Directory("publish"),
            }
        )
    );

// PostgreSQL, two hosts and a load balancer on this machine, until interrupted; --smoke tries them and ends.
Task("Cluster")
    .IsDependentOn("Publish")
    .Does(() =>
    {
        var smoke = HasArgument("smoke") ? " --smoke" : "";
        Passed("Cluster", StartProcess("deploy/cluster.sh", $"{artifacts}/publish{smoke}"));
    });

Teardown(_ =>
{
    var suites = GetFiles($"{results}/*.trx").Select(Counts).Concat(otherSuites).ToList();
    if (suites.Count > 0)
    {
        foreach (var (suite, passed, failed, skipped) in suites)
            Console.WriteLine($"{suite, -20} {passed, 6} passed {failed, 6} failed {skipped, 6} skipped");
        System.IO.File.WriteAllText(
            summary,
            $"{suites.Sum(s => s.Passed)} passed, {suites.Sum(s => s.Failed)} failed, {suites.Sum(s => s.Skipped)} skipped\n"
        );
    }
    if (failures.Count > 0)
        throw new CakeException($"Failed: {string.Join(", ", failures)}");
});

RunTarget(target);

void RunSuite(string suite)
{
    // Measured in the same run: the tests run once.
    DotNetTest(
        $"tests/{suite}",
        new DotNetTestSettings
        {
            Configuration = Configuration,
            NoBuild = true,
            NoLogo = true,
            Settings = "tests/coverage.runsettings",
            Collectors = ["XPlat Code Coverage"],
            Loggers = [$"trx;LogFileName={suite}.trx"],
            ResultsDirectory = results,
            HandleExitCode = code => Passed(suite, code),
        }
    );
}

void RunFaults(string scale, string filter) =>
    DotNetTest(
        "tests/FaultTests",
        new DotNetTestSettings
        {
            Configuration = Configuration,
            NoBuild = true,
            NoLogo = true,
            Filter = filter,
            Loggers = ["trx;LogFileName=FaultTests.trx"],
            ResultsDirectory = results,
            EnvironmentVariables = new Dictionary<string, string>
            {
                ["FAULTS_HOST"] = MakeAbsolute(artifacts + Directory("publish")).FullPath,
                ["FAULTS_SCALE"] = scale,
            },
            HandleExitCode = code => Passed("FaultTests", code),
        }
    );

void RunPython(DirectoryPath folder)
{
    var settings = new ProcessSettings
    {
        Arguments = "-m unittest",
        WorkingDirectory = folder,
        RedirectStandardError = true,
    };
    var code = StartProcess(Argument("python", "python3"), settings, out _, out var told);
    var said = told.ToList();
    foreach (var line in said)
        Console.WriteLine(line);

    // "Ran 42 tests in 20.1s", and then "OK (skipped=1)" or "FAILED (failures=1, errors=2, skipped=1)".
    var result = string.Join('\n', said.TakeLast(5));
    int Count(string pattern) =>
        Regex.Match(result, pattern) is { Success: true } match ? int.Parse(match.Groups[1].Value) : 0;
    var failed = Count(@"failures=(\d+)") + Count(@"errors=(\d+)");
    var skipped = Count(@"skipped=(\d+)");
    otherSuites.Add(("Python", Count(@"Ran (\d+) test") - failed - skipped, failed, skipped));
    Passed("Python", code);
}

// npm leaves a lock file of its own where it has installed.
bool IsStale(DirectoryPath folder)
{
    var installed = folder.CombineWithFilePath("node_modules/.package-lock.json");
    var wanted = folder.CombineWithFilePath("package-lock.json");
    return !FileExists(installed)
        || System.IO.File.GetLastWriteTimeUtc(installed.FullPath)
            < System.IO.File.GetLastWriteTimeUtc(wanted.FullPath);
}

void Check(string name, string tool) => Passed(name, StartProcess("dotnet", tool));

bool Passed(string name, int exitCode)
{
    if (exitCode != 0)
        failures.Add(name);
    return true;
}

// The logger's own notExecuted stays 0 for skipped tests: they are what is in total but was not executed.
(string Suite, int Passed, int Failed, int Skipped) Counts(FilePath trx)
{
    var counters = XDocument.Load(trx.FullPath).Descendants().Single(e => e.Name.LocalName == "Counters");
    int Count(string name) => (int)counters.Attribute(name);
    return (
        trx.GetFilenameWithoutExtension().ToString(),
        Count("passed"),
        Count("executed") - Count("passed"),
        Count("total") - Count("executed")
    );
}
