using System.Globalization;
#if !NET9_0_OR_GREATER
using FeatureFlags.Rules.Net8;
#endif

namespace FeatureFlags.Rules.Operands;

/// <summary>
/// An IPv4 or IPv6 address. An IPv4 address written as IPv6 (<c>::ffff:10.0.0.1</c>, as dual-stack servers report it)
/// is the IPv4 address. Read without allocating, unlike <see cref="System.Net.IPAddress"/>, and strictly: four decimal
/// numbers, no zone, no brackets.
/// </summary>
internal readonly record struct IpAddress(bool IsV4, UInt128 Bits)
{
    private const int Groups = 8;

    private static readonly UInt128 MappedPrefix = 0xFFFF;

    public int Length => IsV4 ? 32 : 128;

    public static bool TryParse(ReadOnlySpan<char> text, out IpAddress address)
    {
        if (TryParseV4(text, out var v4))
        {
            address = new IpAddress(true, v4);
            return true;
        }
        if (TryParseV6(text, out var bits))
        {
            address = bits >> 32 == MappedPrefix ? new IpAddress(true, (uint)bits) : new IpAddress(false, bits);
            return true;
        }
        address = default;
        return false;
    }

    private static bool TryParseV4(ReadOnlySpan<char> text, out uint bits)
    {
        bits = 0;
        if (text.Length > "255.255.255.255".Length)
            return false;

        var parts = 0;
        foreach (var part in text.Split('.'))
        {
            var digits = text[part];
            if (++parts > 4 || digits.Length is 0 or > 3 || (digits[0] == '0' && digits.Length > 1))
                return false;
            if (!byte.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var value))
                return false;
            bits = (bits << 8) | value;
        }
        return parts == 4;
    }

    private static bool TryParseV6(ReadOnlySpan<char> text, out UInt128 bits)
    {
        bits = 0;
        var gap = text.IndexOf("::");
        if (gap < 0)
            return TryParseGroups(text, out bits, out var all) && all == Groups;

        // "::" stands for at least one group of zeros. A second one leaves an empty group on its side, which is refused.
        if (
            !TryParseGroups(text[..gap], out var head, out var before)
            || !TryParseGroups(text[(gap + 2)..], out var tail, out var after)
        )
            return false;
        if (before + after >= Groups || text[..gap].Contains('.'))
            return false;

        bits = (head << (16 * (Groups - before))) | tail;
        return true;
    }

    private static bool TryParseGroups(ReadOnlySpan<char> text, out UInt128 bits, out int count)
    {
        bits = 0;
        count = 0;
        if (text.IsEmpty)
            return true;

        foreach (var part in text.Split(':'))
        {
            var group = text[part];
            if (count > Groups)
                return false;
            if (part.End.Value == text.Length && TryParseV4(group, out var v4))
            {
                bits = (bits << 32) | v4;
                count += 2;
                return true;
            }
            if (group.Length is 0 or > 4)
                return false;
            if (!ushort.TryParse(group, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value))
                return false;
            bits = (bits << 16) | value;
            count++;
        }
        return true;
    }
}

/// <summary>A CIDR block; bits behind the prefix don't count.</summary>
internal readonly struct IpNetwork
{
    private readonly bool _isV4;
    private readonly UInt128 _network;
    private readonly int _shift;

    private IpNetwork(in IpAddress address, int prefix)
    {
        _isV4 = address.IsV4;
        _shift = address.Length - prefix;
        _network = Shifted(address.Bits);
    }

    public static bool TryParse(ReadOnlySpan<char> text, out IpNetwork network)
    {
        network = default;
        var slash = text.IndexOf('/');
        if (slash < 0 || !IpAddress.TryParse(text[..slash], out var address))
            return false;

        var digits = text[(slash + 1)..];
        if (
            !int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var prefix)
            || digits is ['0', _, ..]
        )
            return false;
        if (address.IsV4 && text[..slash].Contains(':'))
            prefix -= 96;
        if (prefix < 0 || prefix > address.Length)
            return false;

        network = new IpNetwork(address, prefix);
        return true;
    }

    public bool Contains(in IpAddress address) => address.IsV4 == _isV4 && Shifted(address.Bits) == _network;

    // Shifting by the whole width shifts by nothing.
    private UInt128 Shifted(UInt128 bits) => _shift == 128 ? 0 : bits >> _shift;
}
