using System.Net;
using FeatureFlags.ChangeFeed.Outbound;

namespace FeatureFlags.UnitTests.ChangeFeed;

internal sealed class PublicAddressTests
{
    [TestCase("0.0.0.0")]
    [TestCase("0.255.255.255")]
    [TestCase("10.0.0.0")]
    [TestCase("10.255.255.255")]
    [TestCase("100.64.0.0")]
    [TestCase("100.127.255.255")]
    [TestCase("127.0.0.1")]
    [TestCase("127.255.255.255")]
    [TestCase("169.254.0.0")]
    [TestCase("169.254.255.255")]
    [TestCase("172.16.0.0")]
    [TestCase("172.31.255.255")]
    [TestCase("192.0.0.0")]
    [TestCase("192.0.0.255")]
    [TestCase("192.0.2.1")]
    [TestCase("192.88.99.1")]
    [TestCase("192.168.0.0")]
    [TestCase("192.168.255.255")]
    [TestCase("198.18.0.0")]
    [TestCase("198.19.255.255")]
    [TestCase("198.51.100.1")]
    [TestCase("203.0.113.1")]
    [TestCase("224.0.0.1")]
    [TestCase("239.255.255.255")]
    [TestCase("240.0.0.1")]
    [TestCase("255.255.255.255")]
    public void An_IPv4_address_of_special_purpose_is_not_public(string address) =>
        Assert.That(PublicAddress.IsPublic(IPAddress.Parse(address)), Is.False);

    [TestCase("::")]
    [TestCase("::1")]
    [TestCase("::8.8.8.8", Description = "compatible, long given up")]
    [TestCase("::127.0.0.1")]
    [TestCase("::ffff:0:8.8.8.8", Description = "translated, not mapped")]
    [TestCase("64:ff9b:1::8.8.8.8", Description = "a network's own NAT64")]
    [TestCase("100::1", Description = "discarded")]
    [TestCase("100:0:0:1::1")]
    [TestCase("2001::1", Description = "Teredo")]
    [TestCase("2001:0:808:808::f7f7:f7f7")]
    [TestCase("2001:2::1", Description = "benchmarks")]
    [TestCase("2001:10::1", Description = "ORCHID")]
    [TestCase("2001:2f:ffff:ffff:ffff:ffff:ffff:ffff", Description = "ORCHIDv2")]
    [TestCase("2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff")]
    [TestCase("2001:db8::1")]
    [TestCase("2001:db8:ffff:ffff:ffff:ffff:ffff:ffff")]
    [TestCase("3fff::1")]
    [TestCase("3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff")]
    [TestCase("4000::1", Description = "not given to anyone")]
    [TestCase("5f00::1", Description = "segment routing")]
    [TestCase("fc00::1")]
    [TestCase("fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")]
    [TestCase("fe80::1")]
    [TestCase("fe80::1%1")]
    [TestCase("fec0::1", Description = "site-local, long given up")]
    [TestCase("ff02::1")]
    public void An_IPv6_address_that_is_not_global_unicast_is_not_public(string address) =>
        Assert.That(PublicAddress.IsPublic(IPAddress.Parse(address)), Is.False);

    [TestCase("169.254.169.254", Description = "most clouds")]
    [TestCase("fd00:ec2::254", Description = "AWS")]
    [TestCase("fd20:ce::254", Description = "Google")]
    [TestCase("100.100.100.200", Description = "Alibaba")]
    [TestCase("192.0.0.192", Description = "Oracle")]
    [TestCase("168.63.129.16", Description = "Azure's platform")]
    public void What_tells_a_cloud_machine_about_itself_is_not_public(string address) =>
        Assert.That(PublicAddress.IsPublic(IPAddress.Parse(address)), Is.False);

    [TestCase("1.1.1.1")]
    [TestCase("9.255.255.255")]
    [TestCase("11.0.0.0")]
    [TestCase("100.63.255.255")]
    [TestCase("100.128.0.0")]
    [TestCase("126.255.255.255")]
    [TestCase("128.0.0.0")]
    [TestCase("169.253.255.255")]
    [TestCase("172.15.255.255")]
    [TestCase("172.32.0.0")]
    [TestCase("192.0.1.0")]
    [TestCase("198.17.255.255")]
    [TestCase("198.20.0.0")]
    [TestCase("223.255.255.255")]
    [TestCase("2000::1")]
    [TestCase("2001:200::1")]
    [TestCase("2001:4860:4860::8888")]
    [TestCase("2606:4700:4700::1111")]
    [TestCase("2a00:1450:4001:80b::200e")]
    [TestCase("3ffe::1")]
    public void All_else_is_public(string address) =>
        Assert.That(PublicAddress.IsPublic(IPAddress.Parse(address)), Is.True);

    [TestCase("::ffff:8.8.8.8", "::ffff:10.0.0.1")]
    [TestCase("::ffff:808:808", "::ffff:7f00:1")]
    [TestCase("64:ff9b::8.8.8.8", "64:ff9b::169.254.169.254")]
    [TestCase("2002:808:808::1", "2002:7f00:1::1")]
    [TestCase("2002:808:808::7f00:1", "2002:a9fe:a9fe::808:808")]
    public void IPv4_within_IPv6_is_judged_as_IPv4(string open, string hidden) =>
        Assert.That(
            (PublicAddress.IsPublic(IPAddress.Parse(open)), PublicAddress.IsPublic(IPAddress.Parse(hidden))),
            Is.EqualTo((true, false))
        );
}
