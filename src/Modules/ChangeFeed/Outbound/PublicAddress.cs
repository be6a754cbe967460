using System.Net;
using System.Net.Sockets;

namespace FeatureFlags.ChangeFeed.Outbound;

/// <summary>
/// Which addresses are on the public internet. IPv4: all but those that IANA's registries of special-purpose and of
/// multicast addresses list as not globally reachable. IPv6: only what IANA has given to global unicast, 2000::/3, and of
/// that not what the IPv6 special-purpose registry takes out again; so a use of the address space not yet thought of is
/// refused. An IPv4 address in an IPv6 one (mapped, NAT64, 6to4) counts as the IPv4 address.
/// </summary>
/// <remarks>
/// The source: https://www.iana.org/assignments/iana-ipv4-special-registry, …/iana-ipv6-special-registry,
/// …/ipv6-address-space and …/multicast-addresses. A network may translate to IPv4 by a prefix of its own (RFC 6052),
/// and public addresses may lead to machines of the operator's: that only its firewall can know.
/// </remarks>
internal static class PublicAddress
{
    private static readonly IPNetwork GlobalUnicast = IPNetwork.Parse("2000::/3");

    private static readonly IPNetwork[] RefusedV4 =
    [
        IPNetwork.Parse("0.0.0.0/8"), // this network; Linux takes 0.0.0.0 for itself
        IPNetwork.Parse("10.0.0.0/8"),
        IPNetwork.Parse("100.64.0.0/10"), // behind a carrier's NAT; some clouds' metadata
        IPNetwork.Parse("127.0.0.0/8"),
        IPNetwork.Parse("168.63.129.16/32"), // not in a registry: Azure's machines reach their own platform here
        IPNetwork.Parse("169.254.0.0/16"), // link-local; most clouds' metadata
        IPNetwork.Parse("172.16.0.0/12"),
        IPNetwork.Parse("192.0.0.0/24"), // protocol assignments
        IPNetwork.Parse("192.0.2.0/24"), // documentation
        IPNetwork.Parse("192.88.99.0/24"), // 6to4's former relays
        IPNetwork.Parse("192.168.0.0/16"),
        IPNetwork.Parse("198.18.0.0/15"), // benchmarks
        IPNetwork.Parse("198.51.100.0/24"), // documentation
        IPNetwork.Parse("203.0.113.0/24"), // documentation
        IPNetwork.Parse("224.0.0.0/4"), // multicast
        IPNetwork.Parse("240.0.0.0/4"), // reserved, and broadcast
    ];

    private static readonly IPNetwork[] RefusedV6 =
    [
        IPNetwork.Parse("2001::/23"), // protocol assignments: Teredo, benchmarks, ORCHID
        IPNetwork.Parse("2001:db8::/32"), // documentation
        IPNetwork.Parse("3fff::/20"), // documentation
    ];

    /// <summary>Where public IPv6 carries an IPv4 address: the prefix, and the byte at which the address begins.</summary>
    private static readonly (IPNetwork Prefix, int At)[] Embedded =
    [
        (IPNetwork.Parse("64:ff9b::/96"), 12), // NAT64 (RFC 6052)
        (IPNetwork.Parse("2002::/16"), 2), // 6to4 (RFC 3056)
    ];

    public static bool IsPublic(IPAddress address)
    {
        // First: IPNetwork takes the IPv4 address out of a mapped one, and then finds 10.0.0.1 within 2000::/3.
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        if (address.AddressFamily == AddressFamily.InterNetwork)
            return !RefusedV4.Any(network => network.Contains(address));
        if (EmbeddedV4(address) is { } inner)
            return IsPublic(inner);
        return GlobalUnicast.Contains(address) && !RefusedV6.Any(network => network.Contains(address));
    }

    private static IPAddress? EmbeddedV4(IPAddress address)
    {
        foreach (var (prefix, at) in Embedded)
            if (prefix.Contains(address))
                return new IPAddress(address.GetAddressBytes().AsSpan(at, 4));
        return null;
    }
}
