using System.Buffers;
using System.Text;

namespace FeatureFlags.Rules.Engine;

/// <summary>
/// The draws of Unleash's clients, so that a flag can come from there without moving its users. A percentage is
/// MurmurHash3 modulo 100 with seed 0, a split modulo the sum of the weights with a seed of its own, both over
/// <c>groupId:id</c>, where the tenant has no part. Source: github.com/Unleash/client-specification,
/// scripts/generate-wanted-hash.ts; there the remainder counts from 1.
/// </summary>
internal sealed class UnleashDraws(FlagDefinition flag) : Draws
{
    private const uint GateSeed = 0;
    private const uint SplitSeed = 86_028_157;

    public override Draw Split() => new UnleashDraw(flag.Salt, SplitSeed, TotalOf(flag));

    public override Draw Gate(string? salt) => new UnleashDraw(salt ?? flag.Salt, GateSeed, total: 100);

    /// <summary>The sum that all splits of the flag have in common, which reading it has seen to.</summary>
    private static long TotalOf(FlagDefinition flag)
    {
        var byDefault = flag.Variants.Select(variant => variant.Weight);
        return (long)
            flag
                .Rules.Select(rule => rule.Rollout.Select(share => share.Weight))
                .Prepend(byDefault)
                .FirstOrDefault(weights => weights.Count(weight => weight > 0) > 1, byDefault)
                .Sum();
    }
}

/// <param name="groupId">What stands before the key.</param>
/// <param name="seed">The hash's seed.</param>
/// <param name="total">How many places there are: 100, or the sum of a split's weights.</param>
internal sealed class UnleashDraw(string groupId, uint seed, long total) : Draw
{
    private readonly byte[] _prefix = Encoding.UTF8.GetBytes(groupId + ':');

    public override double For(ReadOnlySpan<byte> key)
    {
        var length = _prefix.Length + key.Length;
        byte[]? rented = null;
        Span<byte> buffer = length <= OnStack ? stackalloc byte[OnStack] : rented = ArrayPool<byte>.Shared.Rent(length);
        _prefix.CopyTo(buffer);
        key.CopyTo(buffer[_prefix.Length..]);
        var hash = MurmurHash3.Hash(buffer[..length], seed);
        if (rented is not null)
            ArrayPool<byte>.Shared.Return(rented);
        return Place(hash, total);
    }

    /// <summary>
    /// The hash's place among so many, as a part of 1. Comparing it compares the integers: whole numbers of at most
    /// 2^37 divided by the same one are 2^-37 apart or equal, and a double there is exact to 2^-54. What it is compared
    /// with has to be the same quotient, <c>n / total</c>; a product with <c>1 / total</c> would not do.
    /// </summary>
    internal static double Place(uint hash, long total) => (double)(hash % total) / total;
}
