using System.Text.RegularExpressions;
using FeatureFlags.Testing;

namespace FeatureFlags.IntegrationTests.Operations;

/// <summary>Several hosts behind a load balancer, as the repository has them for production and for trying out.</summary>
[Parallelizable]
internal sealed class ClusterTests
{
    [Test]
    public async Task Behind_the_balancer_the_service_goes_on_when_a_host_is_killed()
    {
        Tool.Require("haproxy", package: "haproxy");
        if (!PostgresCluster.CanLaunch)
            Assert.Ignore("The cluster makes a PostgreSQL server of its own, for which there are no binaries here.");

        var (exitCode, output) = await Tool.Run(
            Repository.File("deploy/cluster.sh"),
            AppContext.BaseDirectory,
            "--smoke"
        );

        Assert.That(exitCode, Is.Zero, output);
        Assert.That(output, Does.Contain("one host was killed"));
    }

    [TestCase("docker-compose.yml", @"^ +{0}: ")]
    [TestCase("deploy/cluster.sh", @"\b{0}=")]
    public void Whatever_the_balancer_wants_to_be_told_it_is_told(string where, string form)
    {
        var wanted = Regex
            .Matches(
                File.ReadAllText(Repository.File("deploy/haproxy.cfg")),
                @"\$\{(\w+)\}",
                RegexOptions.NonBacktracking
            )
            .Select(m => m.Groups[1].Value)
            .ToList();
        var text = File.ReadAllText(Repository.File(where));

        Assert.That(wanted, Is.Not.Empty);
        Assert.That(
            wanted.Where(name =>
                !Regex.IsMatch(
                    text,
                    form.Replace("{0}", name, StringComparison.Ordinal),
                    RegexOptions.NonBacktracking | RegexOptions.Multiline
                )
            ),
            Is.Empty
        );
    }
}
