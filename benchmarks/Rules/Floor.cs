using System.IO.Hashing;
using System.Text;

namespace FeatureFlags.Benchmarks.Rules;

/// <summary>
/// What <see cref="Sample.ThreeClauses"/> costs when it is written by hand for this one flag: values are small numbers,
/// the user's id is UTF-8 already, and nothing is left of the work but comparisons and the two hashes that the answer
/// is defined by.
/// </summary>
internal static class Floor
{
    private const int Pro = 1;
    private const ulong Countries = 0b1111;
    private const double TwoToMinus53 = 1.0 / (1L << 53);
    private const int LongestInput = 128;

    public static string Evaluate(InternedUser user)
    {
        if ((Countries >> user.Country & 1) == 0 || user.Plan != Pro || !(user.Age >= 18))
            return "control";
        if (!(Bucket("acme\0checkout\0gate\0"u8, user.Id) < 0.5))
            return "control";
        return Bucket("acme\0checkout\0"u8, user.Id) < 0.5 ? "control" : "treatment";
    }

    public static double Bucket(ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> id)
    {
        Span<byte> buffer = stackalloc byte[LongestInput];
        prefix.CopyTo(buffer);
        id.CopyTo(buffer[prefix.Length..]);
        return (long)(XxHash64.HashToUInt64(buffer[..(prefix.Length + id.Length)]) >> 11) * TwoToMinus53;
    }
}

/// <param name="Country">Its number, 0 to 63; 0 is Canada.</param>
/// <param name="Plan">Its number; 1 is pro.</param>
internal sealed record InternedUser(byte[] Id, int Country, int Plan, double Age)
{
    public static InternedUser Named(string id) => new(Encoding.UTF8.GetBytes(id), Country: 0, Plan: 1, Age: 30);
}

/// <summary>
/// The same flag when its clauses are data, which a rule that people write has to be: attributes are found by number,
/// texts are compared, the id is encoded. Still for this shape of flag only, and without a reason or an error.
/// </summary>
internal sealed class FloorFromData(FloorClause[] clauses, double share, (double End, string Variant)[] split)
{
    private const int LongestId = 64;

    private readonly byte[] _gate = "acme\0checkout\0gate\0"u8.ToArray();
    private readonly byte[] _draw = "acme\0checkout\0"u8.ToArray();

    public static FloorFromData ThreeClauses { get; } =
        new(
            [
                new FloorClause(0, ["CA", "US", "GB", "DE"], double.NaN),
                new FloorClause(1, ["pro"], double.NaN),
                new FloorClause(2, null, 18),
            ],
            0.5,
            [(0.5, "control"), (1, "treatment")]
        );

    public string Evaluate(string id, FloorValue[] attributes)
    {
        foreach (ref readonly var clause in clauses.AsSpan())
        {
            if (!clause.Holds(attributes[clause.Attribute]))
                return "control";
        }

        Span<byte> key = stackalloc byte[LongestId];
        key = key[..Encoding.UTF8.GetBytes(id, key)];
        if (!(Floor.Bucket(_gate, key) < share))
            return "control";
        var bucket = Floor.Bucket(_draw, key);
        foreach (var (end, variant) in split)
        {
            if (bucket < end)
                return variant;
        }
        return "control";
    }
}

internal readonly record struct FloorValue(string? Text, double Number);

internal readonly record struct FloorClause(int Attribute, string[]? AnyOf, double AtLeast)
{
    public bool Holds(in FloorValue value)
    {
        if (AnyOf is null)
            return value.Number >= AtLeast;
        foreach (var text in AnyOf)
        {
            if (string.Equals(text, value.Text))
                return true;
        }
        return false;
    }
}
