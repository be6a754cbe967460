using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using FeatureFlags.ChangeFeed.Domain;

namespace FeatureFlags.UnitTests.ChangeFeed;

/// <summary>Signatures, checked by the library that receivers use: the npm package <c>standardwebhooks</c>.</summary>
internal sealed class SignatureTests
{
    private static readonly string Folder = Path.Combine(Here(), "StandardWebhooks");

    private static readonly string[] Bodies =
    [
        "{}",
        "",
        """{"note":"ünïcode 🎈 and \n"}""",
        $"\"{new string('x', 100_000)}\"",
    ];

    [OneTimeSetUp]
    public void NeedThePackage()
    {
        if (Directory.Exists(Path.Combine(Folder, "node_modules/standardwebhooks")))
            return;
        if (Environment.GetEnvironmentVariable("CI") == "true")
            Assert.Fail($"Run npm ci in {Folder}.");
        Assert.Ignore($"npm ci was not run in {Folder}.");
    }

    [Test]
    public void The_public_library_accepts_them()
    {
        var deliveries = Bodies.Select(body => Signed(WebhookSecret.New(), body)).ToList();

        Assert.That(Verify(deliveries), Has.Count.EqualTo(Bodies.Length).And.All.EqualTo("ok"));
    }

    [Test]
    public void While_a_secret_is_replaced_both_of_them_will_do()
    {
        var (former, present) = (WebhookSecret.New(), WebhookSecret.New());
        var both = Signed(former, "{}", present, former);

        Assert.That(Verify([both, both with { Secret = present.Text }]), Has.All.EqualTo("ok"));
    }

    [Test]
    public void Whatever_was_changed_on_the_way_it_refuses()
    {
        var delivery = Signed(WebhookSecret.New(), "{}");

        var verdicts = Verify([
            delivery with
            {
                Body = "{ }",
            },
            delivery with
            {
                Secret = WebhookSecret.New().Text,
            },
            delivery with
            {
                Headers = new(delivery.Headers) { ["webhook-id"] = "another" },
            },
            Signed(WebhookSecret.New(), "{}") with
            {
                Headers = delivery.Headers,
            },
        ]);

        Assert.That(verdicts, Has.Count.EqualTo(4).And.None.EqualTo("ok"));
    }

    [Test]
    public void A_secret_is_256_random_bits_and_is_not_printed()
    {
        var secret = WebhookSecret.New();

        Assert.That(secret.Text, Does.StartWith("whsec_"));
        Assert.That(Convert.FromBase64String(secret.Text["whsec_".Length..]), Has.Length.EqualTo(32));
        Assert.That(WebhookSecret.New(), Is.Not.EqualTo(secret));
        Assert.That($"{secret}", Is.EqualTo("***"));
    }

    private static DeliveredBody Signed(WebhookSecret secret, string body, params WebhookSecret[] secrets)
    {
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        var bytes = Encoding.UTF8.GetBytes(body);
        var signatures = secrets.DefaultIfEmpty(secret).Select(s => s.Sign("event-1", now, bytes));
        return new DeliveredBody(
            secret.Text,
            new()
            {
                ["webhook-id"] = "event-1",
                ["webhook-timestamp"] = now.ToString(CultureInfo.InvariantCulture),
                ["webhook-signature"] = string.Join(' ', signatures),
            },
            body
        );
    }

    private static List<string> Verify(IReadOnlyList<DeliveredBody> deliveries)
    {
        using var node = Process.Start(
            new ProcessStartInfo("node", "verify.mjs")
            {
                WorkingDirectory = Folder,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
            }
        )!;
        foreach (var delivery in deliveries)
            node.StandardInput.WriteLine(JsonSerializer.Serialize(delivery, JsonSerializerOptions.Web));
        node.StandardInput.Close();
        var said = node.StandardOutput.ReadToEnd();
        node.WaitForExit();
        return [.. said.Split('\n', StringSplitOptions.RemoveEmptyEntries)];
    }

    private static string Here([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;

    private sealed record DeliveredBody(string Secret, Dictionary<string, string> Headers, string Body);
}
