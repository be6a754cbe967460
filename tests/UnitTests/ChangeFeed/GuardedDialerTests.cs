using System.Net;
using System.Net.Sockets;
using FeatureFlags.ChangeFeed.Outbound;

namespace FeatureFlags.UnitTests.ChangeFeed;

/// <summary>Through the handler that webhooks use; a listener on the loopback address sees every connection.</summary>
internal sealed class GuardedDialerTests
{
    /// <summary>Global unicast that was never given to anyone.</summary>
    private static readonly IPAddress Public = IPAddress.Parse("2000::1");

    private TcpListener _listener = null!;

    [SetUp]
    public void Listen()
    {
        _listener = new TcpListener(IPAddress.Loopback, 0);
        _listener.Start();
    }

    [TearDown]
    public void Close() => _listener.Dispose();

    [TestCase("127.0.0.1")]
    [TestCase("127.1")]
    [TestCase("127.0.1", Description = "three parts")]
    [TestCase("2130706433", Description = "decimal")]
    [TestCase("0177.0.0.1", Description = "octal")]
    [TestCase("017700000001", Description = "octal in one")]
    [TestCase("0x7f.0.0.1", Description = "hexadecimal")]
    [TestCase("0x7f000001", Description = "hexadecimal in one")]
    [TestCase("0x7F.1", Description = "hexadecimal and short")]
    [TestCase("127。0。0。1", Description = "ideographic full stops")]
    [TestCase("0.0.0.0")]
    [TestCase("0")]
    [TestCase("[::1]")]
    [TestCase("[::]")]
    [TestCase("[::ffff:127.0.0.1]")]
    [TestCase("[::ffff:7f00:1]")]
    [TestCase("[0:0:0:0:0:ffff:7f00:1]")]
    [TestCase("[::127.0.0.1]")]
    [TestCase("[64:ff9b::7f00:1]")]
    [TestCase("[64:ff9b:1::127.0.0.1]")]
    [TestCase("[2002:7f00:1::]")]
    [TestCase("[fe80::1%251]", Description = "with a zone")]
    [TestCase("hooks.example@127.0.0.1", Description = "the name is the user")]
    [TestCase("hooks.example:80@127.0.0.1")]
    [TestCase("localhost")]
    [TestCase("LOCALHOST")]
    [TestCase("169.254.169.254")]
    [TestCase("[fd00:ec2::254]")]
    [TestCase("100.100.100.200")]
    public async Task However_a_private_address_is_written_it_is_not_dialled(string host)
    {
        Assert.That(await Failure(Guarded(Dns.GetHostAddressesAsync), host), Is.InstanceOf<AddressRefusedException>());
        Assert.That(_listener.Pending(), Is.False);
    }

    [TestCase("localhost.")]
    [TestCase("127.0.0.1.", Description = "a dot at the end")]
    [TestCase("①②⑦.0.0.1", Description = "digits in circles")]
    [TestCase("hooks.localhost")]
    [TestCase("hooks.localhost.")]
    [TestCase("localhost.localdomain")]
    [TestCase("ip6-localhost")]
    public async Task Nor_is_a_name_for_this_machine_whether_or_not_it_is_known_here(string host)
    {
        var failure = await Failure(Guarded(Dns.GetHostAddressesAsync), host);

        Assert.That(failure, Is.InstanceOf<AddressRefusedException>().Or.InstanceOf<SocketException>());
        Assert.That(_listener.Pending(), Is.False);
    }

    [Test]
    public async Task A_name_with_public_and_private_addresses_is_refused_whatever_their_order(
        [Values] bool publicFirst
    )
    {
        IPAddress[] mixed = publicFirst ? [Public, IPAddress.Loopback] : [IPAddress.Loopback, Public];

        Assert.That(await Failure(Guarded(Answers(mixed)), "hooks.example"), Is.InstanceOf<AddressRefusedException>());
        Assert.That(_listener.Pending(), Is.False);
    }

    [Test]
    public async Task A_name_that_was_public_before_is_refused_once_it_is_not()
    {
        var dns = Answers([Public], [IPAddress.Loopback]);
        await dns("hooks.example", CancellationToken.None);

        Assert.That(await Failure(Guarded(dns), "hooks.example"), Is.InstanceOf<AddressRefusedException>());
        Assert.That(_listener.Pending(), Is.False);
    }

    [Test]
    public async Task A_name_that_changes_after_the_check_is_not_asked_again()
    {
        var asked = 0;
        var dns = Answers([Public], [IPAddress.Loopback]);

        var failure = await Failure(
            Guarded(
                (host, ct) =>
                {
                    asked++;
                    return dns(host, ct);
                }
            ),
            "hooks.example"
        );

        // Nobody answers there: it fails at once without IPv6, or is given up.
        Assert.That(failure, Is.InstanceOf<SocketException>().Or.InstanceOf<OperationCanceledException>());
        Assert.That((asked, _listener.Pending()), Is.EqualTo((1, false)));
    }

    [Test]
    public async Task The_refusal_does_not_tell_what_the_name_resolved_to()
    {
        var failure = await Failure(Guarded(Answers([IPAddress.Parse("10.20.30.40")])), "hooks.example");

        Assert.That(
            failure.Message,
            Is.EqualTo("The host resolves to an address that webhooks may not reach.").And.Not.Contains("10.20")
        );
    }

    [Test]
    public async Task Where_private_addresses_are_allowed_they_are_dialled()
    {
        using var http = Client(new GuardedDialer(allowPrivate: true));

        var answer = http.GetStringAsync($"http://localhost:{Port}/hook");

        Assert.That(await Answered(answer), Is.EqualTo("ok"));
    }

    [Test]
    public async Task An_address_that_does_not_answer_leaves_it_to_the_next()
    {
        var dns = Answers([IPAddress.IPv6Loopback, IPAddress.Loopback]);
        using var http = Client(new GuardedDialer(allowPrivate: true, dns));

        var answer = http.GetStringAsync($"http://hooks.example:{Port}/hook");

        Assert.That(await Answered(answer), Is.EqualTo("ok"));
    }

    [Test]
    public async Task A_name_without_addresses_is_an_unknown_host()
    {
        var failure = await Failure(
            Guarded(
                Answers([
                    [],
                ])
            ),
            "hooks.example"
        );

        Assert.That(
            failure,
            Is.InstanceOf<SocketException>().With.Property("SocketErrorCode").EqualTo(SocketError.HostNotFound)
        );
    }

    private int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    private static GuardedDialer Guarded(Func<string, CancellationToken, Task<IPAddress[]>> dns) =>
        new(allowPrivate: false, dns);

    /// <summary>A name server whose answers follow one another; the last one stays.</summary>
    private static Func<string, CancellationToken, Task<IPAddress[]>> Answers(params IPAddress[][] answers)
    {
        var next = 0;
        return (_, _) => Task.FromResult(answers[Math.Min(next++, answers.Length - 1)]);
    }

    private static HttpClient Client(GuardedDialer dialer) =>
        new(new SocketsHttpHandler { UseProxy = false, ConnectCallback = dialer.Connect })
        {
            Timeout = TimeSpan.FromSeconds(2),
        };

    private async Task<Exception> Failure(GuardedDialer dialer, string host)
    {
        using var http = Client(dialer);
        try
        {
            await http.GetStringAsync($"http://{host}:{Port}/hook");
        }
        catch (HttpRequestException e) when (e.InnerException is { } inner)
        {
            return inner;
        }
        catch (OperationCanceledException e)
        {
            return e;
        }
        throw new AssertionException($"{host} was reached");
    }

    private async Task<string> Answered(Task<string> request)
    {
        var accepting = _listener.AcceptTcpClientAsync();
        // A request that fails has no connection to wait for.
        if (await Task.WhenAny(accepting, request) == request)
            return await request;
        using var connection = await accepting;
        await connection.GetStream().WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"u8.ToArray());
        return await request;
    }
}
