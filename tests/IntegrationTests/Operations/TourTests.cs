using System.Diagnostics;
using FeatureFlags.Testing;

namespace FeatureFlags.IntegrationTests.Operations;

internal sealed class TourTests
{
    [Test]
    public async Task The_tour_can_be_taken_as_written_and_again()
    {
        await using var installation = await Installation.On(Engine.Sqlite);
        // As `dotnet run` starts it: Development, with the demo tenant.
        var host = await installation.Run(("DEMO_SEED", "true"));

        foreach (var time in new[] { "first", "second" })
        {
            var (exitCode, output) = await Take(host.Http.BaseAddress!);

            Assert.That(exitCode, Is.Zero, () => $"the {time} time:\n{output}");
            Assert.That(output, Does.Contain(""" "reason":"rule_match","rule_id":"canada" """.Trim()));
            Assert.That(output, Does.Contain(""" "reason":"flag_off" """.Trim()));
            Assert.That(output, Does.Contain(""" "actor":"ada","entity":"flag","entity_key":"dark-mode" """.Trim()));
            Assert.That(output, Does.Contain(""" evaluations_total{reason="rule_match"} """.Trim()));
            Assert.That(output, Does.Contain("new-checkout"));
        }
    }

    private static async Task<(int ExitCode, string Output)> Take(Uri host)
    {
        var start = new ProcessStartInfo("bash", ["-c", "exec 2>&1; exec bash \"$0\"", Repository.File("docs/curl.sh")])
        {
            RedirectStandardOutput = true,
            Environment = { ["HOST"] = host.GetLeftPart(UriPartial.Authority) },
        };
        using var tour = Process.Start(start)!;
        var output = await tour.StandardOutput.ReadToEndAsync();
        await tour.WaitForExitAsync();
        return (tour.ExitCode, output);
    }
}
