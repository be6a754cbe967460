using FeatureFlags.Access;
using FeatureFlags.BuildingBlocks;
using Microsoft.Extensions.Configuration;
using NUnit.Framework.Constraints;

namespace FeatureFlags.UnitTests.Access;

internal sealed class AccessSettingsTests
{
    private const string GoodSecret = "not-a-secret-but-long-enough-for-a-test";

    [Test]
    public void Development_needs_no_secret_and_gives_tokens_for_the_asking()
    {
        var settings = Development();

        Assert.That(settings.Secret, Is.Null);
        Assert.That(settings.StubIssuer, Is.True);
    }

    [Test]
    public void Elsewhere_nothing_runs_without_a_secret([Values(null, "")] string? secret) =>
        Assert.That(() => Production(("JWT_SECRET", secret)), Refuses("JWT_SECRET is missing"));

    [Test]
    public void Elsewhere_tokens_are_not_given_for_the_asking_unless_it_is_said()
    {
        Assert.That(Production(("JWT_SECRET", GoodSecret)).StubIssuer, Is.False);
        Assert.That(Production(("JWT_SECRET", GoodSecret), ("AUTH_STUB_ISSUER", "true")).StubIssuer, Is.True);
        Assert.That(Development(("AUTH_STUB_ISSUER", "false")).StubIssuer, Is.False);
    }

    [Test]
    public void A_switch_is_true_or_false() =>
        Assert.That(() => Development(("AUTH_STUB_ISSUER", "maybe")), Refuses("true or false"));

    [Test]
    public void A_key_has_at_least_32_bytes(
        [Values("JWT_SECRET", "JWT_SECRET_PREVIOUS")] string name,
        [Values] bool development
    )
    {
        (string, string?)[] with31 = [("JWT_SECRET", GoodSecret), (name, GoodSecret[..31])];
        (string, string?)[] with32 = [("JWT_SECRET", GoodSecret), (name, GoodSecret[..32])];

        Assert.That(() => Read(development, with31), Refuses($"{name} is too short"));
        Assert.That(() => Read(development, with32), Throws.Nothing);
    }

    [Test]
    public void The_length_of_a_key_counts_bytes_not_characters() =>
        Assert.That(() => Production(("JWT_SECRET", "äöüéßçñøåæœłďšžřůő")), Throws.Nothing);

    [TestCase("00000000000000000000000000000000", TestName = "A_key_is_not_all_zero(hexadecimal)")]
    [TestCase("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", TestName = "A_key_is_not_all_zero(Base64)")]
    [TestCase(
        "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
        TestName = "A_key_is_not_all_zero(bytes)"
    )]
    public void A_key_is_not_all_zero(string secret) =>
        Assert.That(() => Production(("JWT_SECRET", secret)), Refuses("over and over"));

    [Test]
    public void A_refusal_never_repeats_the_secret()
    {
        var refusal = Assert.Throws<ConfigurationException>(() => Production(("JWT_SECRET", "short-secret")));

        Assert.That(refusal!.Message, Does.Not.Contain("short-secret"));
    }

    [TestCase("http://localhost:8080")]
    [TestCase("http://LOCALHOST:8080")]
    [TestCase("http://127.0.0.1:8080")]
    [TestCase("http://127.8.9.10")]
    [TestCase("https://[::1]:8443;http://localhost:8080")]
    [TestCase("http://unix:/run/featureflags.sock")]
    public void Development_runs_where_only_this_machine_reaches_it(string urls) =>
        Assert.That(() => Development(("urls", urls)), Throws.Nothing);

    [TestCase("http://0.0.0.0:8080")]
    [TestCase("http://*:8080")]
    [TestCase("http://+:8080")]
    [TestCase("http://[::]:8080")]
    [TestCase("http://10.0.0.7:8080")]
    [TestCase("http://flags.example.com")]
    [TestCase("http://localhost.example.com:8080")]
    [TestCase("http://localhost:8080; http://0.0.0.0:8081")]
    public void Development_does_not_run_where_others_reach_it(string urls)
    {
        Assert.That(() => Development(("urls", urls)), Refuses("AUTH_STUB_ISSUER"));
        Assert.That(() => Production(("urls", urls), ("JWT_SECRET", GoodSecret)), Throws.Nothing);
    }

    [Test]
    public void Saying_so_lets_Development_listen_everywhere([Values("true", "false")] string stub) =>
        Assert.That(() => Development(("urls", "http://0.0.0.0:8080"), ("AUTH_STUB_ISSUER", stub)), Throws.Nothing);

    [TestCase("http_ports")]
    [TestCase("https_ports")]
    public void Ports_alone_are_ports_of_every_address(string setting)
    {
        Assert.That(() => Development((setting, "8080")), Refuses("AUTH_STUB_ISSUER"));
        Assert.That(() => Development((setting, "8080"), ("urls", "http://localhost:8080")), Throws.Nothing);
    }

    [Test]
    public void Endpoints_of_the_server_count_besides_the_addresses() =>
        Assert.That(
            () => Development(("urls", "http://localhost:1"), ("Kestrel:Endpoints:Public:Url", "http://*:2")),
            Refuses("http://*:2")
        );

    [Test]
    public void The_first_client_comes_with_its_id_and_secret()
    {
        var settings = Development(("ADMIN_CLIENT_ID", "root"), ("ADMIN_CLIENT_SECRET", "0123456789abcdef"));

        Assert.That(settings.FirstClient!.Id, Is.EqualTo("root"));
        Assert.That(settings.FirstClient.Secret.Text, Is.EqualTo("0123456789abcdef"));
        Assert.That(Development().FirstClient, Is.Null);
    }

    [TestCase("root", null, "one is missing")]
    [TestCase("root", "", "one is missing")]
    [TestCase(null, "0123456789abcdef", "one is missing")]
    [TestCase("root", "0123456789abcde", "at least 16")]
    [TestCase("ro ot", "0123456789abcdef", "ADMIN_CLIENT_ID must be")]
    public void Half_a_first_client_is_refused(string? id, string? secret, string why) =>
        Assert.That(() => Development(("ADMIN_CLIENT_ID", id), ("ADMIN_CLIENT_SECRET", secret)), Refuses(why));

    private static AccessSettings Development(params (string, string?)[] settings) => Read(true, settings);

    private static AccessSettings Production(params (string, string?)[] settings) => Read(false, settings);

    private static AccessSettings Read(bool development, (string Name, string? Value)[] settings)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection().Build();
        foreach (var (name, value) in settings)
            configuration[name] = value;
        return AccessSettings.Read(configuration, development);
    }

    private static ContainsConstraint Refuses(string why) =>
        Throws.TypeOf<ConfigurationException>().With.Message.Contains(why);
}
