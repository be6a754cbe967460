using System.Security.Cryptography;

namespace FeatureFlags.BuildingBlocks.Outbox;

/// <summary>
/// Event ids are ULIDs (https://github.com/ulid/spec): 48 bits of Unix milliseconds and 80 random bits in 26
/// characters of Crockford's base 32. Unique without coordination; order comes from the revision, never from the id.
/// </summary>
public static class EventId
{
    private const string Alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

    public static string New(DateTimeOffset now)
    {
        Span<byte> random = stackalloc byte[10];
        RandomNumberGenerator.Fill(random);

        Span<char> text = stackalloc char[26];
        var time = now.ToUnixTimeMilliseconds();
        for (var i = 9; i >= 0; i--, time >>= 5)
            text[i] = Alphabet[(int)(time & 31)];

        ulong bits = 0;
        for (int i = 0, held = 0, at = 10; i < random.Length; i++)
        {
            bits = (bits << 8) | random[i];
            held += 8;
            for (; held >= 5; held -= 5)
                text[at++] = Alphabet[(int)((bits >> (held - 5)) & 31)];
        }
        return new string(text);
    }
}
