using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Text.Json;
using CsCheck;
using FeatureFlags.Rules;
using FeatureFlags.Rules.Engine;

namespace FeatureFlags.UnitTests.Rules;

public sealed class UnleashHashingTests
{
    private const string Halves =
        "'state': 'on', 'hashing': 'unleash', 'variants': [{'key': 'a', 'weight': 500}, {'key': 'b', 'weight': 500}]";

    [Test]
    public void The_hash_is_the_one_its_author_s_test_recognises()
    {
        // SMHasher's: hashes of 0, 1, … 255 growing bytes, each with another seed, hashed together.
        var bytes = Enumerable.Range(0, 256).Select(i => (byte)i).ToArray();
        var hashes = new byte[256 * sizeof(uint)];
        for (var i = 0; i < 256; i++)
            BinaryPrimitives.WriteUInt32LittleEndian(
                hashes.AsSpan(i * sizeof(uint)),
                MurmurHash3.Hash(bytes.AsSpan(0, i), (uint)(256 - i))
            );

        Assert.That(MurmurHash3.Hash(hashes, 0), Is.EqualTo(0xB0F57EE3));
    }

    [Test]
    public void Buckets_are_those_of_the_published_vectors()
    {
        var vectors = Vectors();
        foreach (var vector in vectors)
        {
            var total = vector.GetProperty("total").GetInt64();
            var flag = Flag(Text(vector, "group_id"), Math.Min(total, Limits.Weight), total);
            var evaluation = Given.RuleSet(flag).Evaluate("f", Given.User(Text(vector, "id")));

            Assert.That(
                (evaluation.GateBucket, evaluation.Bucket),
                Is.EqualTo(
                    (vector.GetProperty("gate_bucket").GetDouble(), vector.GetProperty("split_bucket").GetDouble())
                ),
                vector.ToString()
            );
        }
        Assert.That(vectors, Has.Length.GreaterThanOrEqualTo(300));
    }

    [Test]
    public void A_bucket_gives_the_variant_that_counting_whole_numbers_gives()
    {
        var flag = Given.RuleSet(Given.Flag("f", $"{{{Halves}}}")).Find("f")!;

        Gen.Select(Gen.Long[0, Limits.Weight].Array[2, Limits.Variants].Where(w => w.Sum() > 0), Gen.UInt)
            .Sample(
                (weights, hash) =>
                {
                    var total = weights.Sum();
                    var distribution = new Distribution([
                        .. weights.Select((weight, i) => (DecisionFor(flag, $"{i}"), (double)weight)),
                    ]);
                    // Wherever one variant ends and the next begins, and somewhere else.
                    var ends = weights.Select((_, i) => weights.Take(i + 1).Sum());
                    var hashes = ends.SelectMany(end => new[] { end - 1, end })
                        .Where(h => h is >= 0 and <= uint.MaxValue)
                        .Select(h => (uint)h)
                        .Append(hash);
                    return hashes.All(h =>
                        distribution.At(UnleashDraw.Place(h, total))!.Variant.Key
                        == $"{Counted(weights, (h % total) + 1)}"
                    );
                },
                iter: 2_000
            );
    }

    [Test]
    public void A_percentage_lets_through_whom_counting_whole_numbers_does()
    {
        for (var percentage = 0; percentage <= 100; percentage++)
        {
            var gate = new GateNode(percentage, BucketBy.Id, new UnleashDraw("f", 0, 100), isShared: false);
            for (var hash = 0u; hash < 100; hash++)
                Assert.That(gate.Admits(UnleashDraw.Place(hash, 100)), Is.EqualTo(hash + 1 <= percentage));
        }
    }

    [Test]
    public void Neither_tenant_nor_gate_and_split_parts_take_part_only_the_group_and_the_seed()
    {
        var flag = Given.Flag(
            "f",
            $$"""
            {{{Halves}}, 'salt': 'group', 'rules': [
             {'id': 'own', 'order': 1, 'when': {'percentage': 30, 'salt': 'other'}, 'rollout': {'variant': 'a'} },
             {'id': 'shared', 'order': 2, 'when': {'percentage': 30}, 'rollout': {'variant': 'a'} }]}
            """
        );
        var explanations = new[] { "acme", "other" }
            .Select(tenant => RuleSet.Empty(tenant).With(new RuleSetChange { Flags = [flag] }))
            .Select(rules => rules.Find("f")!.Explain(Given.User("user-1")))
            .ToArray();

        var own = Place("other:user-1", 0, 100);
        var shared = Place("group:user-1", 0, 100);
        var split = Place("group:user-1", 86_028_157, 1000);
        foreach (var explanation in explanations)
        {
            Assert.That(explanation.Rules.Select(r => r.Conditions[0].Bucket), Is.EqualTo(new[] { own, shared }));
            Assert.That((explanation.GateBucket, explanation.Bucket), Is.EqualTo((shared, split)));
        }
        static double? Place(string text, uint seed, long total) =>
            UnleashDraw.Place(MurmurHash3.Hash(System.Text.Encoding.UTF8.GetBytes(text), seed), total);
    }

    [Test]
    public void A_segment_draws_as_segments_do_whoever_asks()
    {
        var segment = Given.Segment("beta", "{'percentage': 12.5}");
        var flag = Given.Flag(
            "f",
            $"{{{Halves}, 'rules': [{{'id': 'r', 'order': 1, 'when': {{'segment': 'beta'}}, 'rollout': {{'variant': 'a'}}}}]}}"
        );

        var explanation = Given.RuleSet([flag], segment).Find("f")!.Explain(Given.User("user-1"));

        Assert.That(
            explanation.Rules[0].Conditions[0].Conditions![0].Bucket,
            Is.EqualTo(Bucketing.Bucket(Given.Tenant, "segment:beta", "gate", "user-1"))
        );
    }

    [TestCase("7", 7)]
    [TestCase("-9007199254740992", -(1L << 53))]
    public void A_number_counts_as_its_decimal_digits(string text, long number)
    {
        var draw = new UnleashDraw("f", 0, 100);

        Assert.That(draw.For(new BucketKey(number)), Is.EqualTo(draw.For(new BucketKey(text))));
    }

    [Test]
    public void An_evaluation_allocates_nothing()
    {
        var flag = Given
            .RuleSet(
                Given.Flag(
                    "f",
                    $$"""
                    {{{Halves}}, 'rules': [{'id': 'r', 'order': 1, 'when': {'percentage': 100, 'salt': 'group'},
                     'rollout': {'distribution': [{'variant': 'a', 'weight': 1}, {'variant': 'b', 'weight': 999}]} }]}
                    """
                )
            )
            .Find("f")!;
        var users = new[] { Given.User("user-1"), Given.User(new string('é', 1000)) };
        foreach (var user in users)
            Assert.That(flag.Evaluate(user).Reason, Is.EqualTo(Reason.RuleMatch));

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
        {
            foreach (var user in users)
                flag.Evaluate(user);
        }

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    private static Decision DecisionFor(CompiledFlag flag, string variant) =>
        new(flag, new CompiledVariant(variant, null), Reason.DefaultDistribution);

    /// <summary>Unleash's way to a variant: the first whose weight, added to those before it, reaches the target.</summary>
    private static int Counted(long[] weights, long target)
    {
        var counter = 0L;
        for (var i = 0; ; i++)
        {
            counter += weights[i];
            if (counter >= target)
                return i;
        }
    }

    /// <summary>A flag whose weights have this sum, none of them above the greatest.</summary>
    private static FlagDefinition Flag(string salt, long greatest, long total)
    {
        var weights = Enumerable
            .Range(0, Limits.Variants)
            .Select(i => Math.Clamp(total - (i * greatest), 0, greatest))
            .TakeWhile(weight => weight > 0)
            .ToArray();
        var variants = weights.Select((weight, i) => $"{{'key': 'v{i}', 'weight': {weight}}}");
        return Given.Flag(
            "f",
            $$"""
            {'state': 'on', 'hashing': 'unleash', 'salt': '{{salt}}', 'variants': [{{string.Join(", ", variants)}}],
             'rules': [{'id': 'r', 'order': 1, 'when': {'percentage': 0}, 'rollout': {'variant': 'v0'} }]}
            """
        );
    }

    private static string Text(JsonElement vector, string name) => vector.GetProperty(name).GetString()!;

    private static JsonElement[] Vectors([CallerFilePath] string here = "")
    {
        var path = Path.Combine(Path.GetDirectoryName(here)!, "../../../docs/bucketing-vectors.json");
        return [.. JsonElement.Parse(File.ReadAllBytes(path)).GetProperty("unleash").EnumerateArray()];
    }
}
