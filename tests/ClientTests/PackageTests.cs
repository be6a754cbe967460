using System.Diagnostics;
using System.IO.Compression;
using System.Xml.Linq;
using FeatureFlags.Testing;

namespace FeatureFlags.ClientTests;

/// <summary>The packages as others get them: packed, restored from a folder, built against and run.</summary>
[CancelAfter(1_200_000)]
internal sealed class PackageTests
{
    private const string Version = "0.0.1-test";

    private static readonly string[] Packages =
    [
        "FeatureFlags.Rules",
        "FeatureFlags.Client",
        "FeatureFlags.Client.Testing",
    ];

    private string _folder = null!;

    [SetUp]
    public void Create() => _folder = Directory.CreateTempSubdirectory("featureflags-packages-").FullName;

    [TearDown]
    public void Clear() => Directory.Delete(_folder, recursive: true);

    [Test]
    public async Task They_say_what_they_are_are_restored_from_a_folder_and_work()
    {
        await Dotnet(
            "pack",
            Repository.File("sdks/dotnet/Packages.slnf"),
            "--output",
            Path.Combine(_folder, "feed"),
            // Beside what the build makes, which tests run from meanwhile.
            "--artifacts-path",
            Path.Combine(_folder, "build"),
            $"-p:Version={Version}",
            // They have run when these tests were built.
            "-p:RunAnalyzers=false"
        );
        Assert.Multiple(() =>
        {
            foreach (var package in Packages)
                Look(package);
        });
        await Application();

        await Dotnet("build", Path.Combine(_folder, "app"));
        var said = await Dotnet("exec", Path.Combine(_folder, "app/bin/Debug/net10.0/app.dll"));

        Assert.That(said.Trim(), Is.EqualTo("True blue NotFound"));
    }

    private void Look(string package)
    {
        using var archive = ZipFile.OpenRead(Path.Combine(_folder, "feed", $"{package}.{Version}.nupkg"));
        using var nuspec = archive.GetEntry($"{package}.nuspec")!.Open();
        var said = XDocument
            .Load(nuspec)
            .Root!.Elements()
            .Single()
            .Elements()
            .ToDictionary(element => element.Name.LocalName);

        Assert.That(said["version"].Value, Is.EqualTo(Version));
        Assert.That(said["description"].Value, Does.Contain("FeatureFlags").Or.Contain("feature flags"));
        Assert.That(said["readme"].Value, Is.EqualTo("README.md"));
        Assert.That(archive.GetEntry("README.md"), Is.Not.Null);
        Assert.That(
            said["dependencies"].Elements().Select(group => group.Attribute("targetFramework")!.Value),
            Is.EquivalentTo(new[] { "net8.0", "net10.0" })
        );
        using var symbols = ZipFile.OpenRead(Path.Combine(_folder, "feed", $"{package}.{Version}.snupkg"));
        Assert.That(symbols.GetEntry($"lib/net8.0/{package}.pdb"), Is.Not.Null);
    }

    private async Task Application()
    {
        var app = Directory.CreateDirectory(Path.Combine(_folder, "app")).FullName;
        await File.WriteAllTextAsync(
            Path.Combine(app, "nuget.config"),
            """<configuration><packageSources><add key="feed" value="../feed" /></packageSources></configuration>"""
        );
        // Ours stay out of the packages of this machine; all others are found there.
        var known =
            Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        await File.WriteAllTextAsync(
            Path.Combine(app, "app.csproj"),
            $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFrameworks>net10.0;net8.0</TargetFrameworks>
                <ImplicitUsings>enable</ImplicitUsings>
                <UseAppHost>false</UseAppHost>
                <RestorePackagesPath>../packages</RestorePackagesPath>
                <RestoreFallbackFolders>{known}</RestoreFallbackFolders>
                <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
              </PropertyGroup>
              <ItemGroup>
                <PackageReference Include="FeatureFlags.Client" Version="{Version}" />
                <PackageReference Include="FeatureFlags.Client.Testing" Version="{Version}" />
              </ItemGroup>
            </Project>
            """
        );
        await File.WriteAllTextAsync(
            Path.Combine(app, "Program.cs"),
            """
            using FeatureFlags.Client;
            using FeatureFlags.Client.Testing;
            using FeatureFlags.Rules;

            var flags = new TestFlags().Set("checkout", false).SetFor("alice", "checkout", true).Set("colour", "blue");
            var alice = EvaluationContext.For("alice").Build();
            var missing = flags.Client.GetBooleanDetails("missing", alice, false).ErrorCode == FlagErrors.FlagNotFound;
            Console.WriteLine(
                $"{flags.Client.GetBoolean("checkout", alice, false)} {flags.Client.GetString("colour", alice, "")} "
                    + (missing ? "NotFound" : "?")
            );
            """
        );
    }

    private static async Task<string> Dotnet(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // What a build server of the tests' own build would hold on to.
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.That(process.ExitCode, Is.Zero, $"dotnet {string.Join(' ', arguments)}\n{output}{await errors}");
        return output;
    }
}
