using System.Diagnostics;
using FeatureFlags.Testing;

namespace FeatureFlags.ClientTests;

/// <summary>The packages as others get them: packed, restored from a folder, built against and run.</summary>
[CancelAfter(1_200_000)]
internal sealed class PackageTests
{
    private static readonly string[] Projects =
    [
        "src/BuildingBlocks/Rules",
        "sdks/dotnet/FeatureFlags.Client",
        "sdks/dotnet/FeatureFlags.Client.Testing",
    ];

    private string _folder = null!;

    [SetUp]
    public void Create() => _folder = Directory.CreateTempSubdirectory("featureflags-packages-").FullName;

    [TearDown]
    public void Clear() => Directory.Delete(_folder, recursive: true);

    [Test]
    public async Task They_are_restored_from_a_folder_and_work()
    {
        foreach (var project in Projects)
            await Dotnet(
                "pack",
                Repository.File(project),
                "--output",
                Path.Combine(_folder, "feed"),
                // Beside what the build makes, which tests run from meanwhile.
                "--artifacts-path",
                Path.Combine(_folder, "build"),
                "-p:Version=0.0.1-test"
            );
        await Application();

        await Dotnet("build", Path.Combine(_folder, "app"));
        var said = await Dotnet("exec", Path.Combine(_folder, "app/bin/Debug/net10.0/app.dll"));

        Assert.That(said.Trim(), Is.EqualTo("True blue NotFound"));
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
                <PackageReference Include="FeatureFlags.Client" Version="0.0.1-test" />
                <PackageReference Include="FeatureFlags.Client.Testing" Version="0.0.1-test" />
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
