using System.IO.Hashing;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using CsCheck;
using FeatureFlags.Rules;
using FeatureFlags.Rules.Engine;

namespace FeatureFlags.UnitTests.Rules;

public sealed class BucketingTests
{
    [Test]
    public void Buckets_are_those_of_the_published_vectors()
    {
        var vectors = Vectors("vectors");
        foreach (var vector in vectors)
        {
            var parts = vector.GetProperty("parts").EnumerateArray().Select(part => part.GetString()!).ToArray();
            Assert.That(
                Bucketing.Bucket(parts),
                Is.EqualTo(vector.GetProperty("bucket").GetDouble()),
                vector.ToString()
            );
        }
        Assert.That(vectors, Has.Length.GreaterThanOrEqualTo(1_000));
    }

    [Test]
    public void Half_a_surrogate_pair_counts_as_the_replacement_character()
    {
        foreach (var vector in Vectors("lone_surrogates"))
        {
            var text = string.Concat(
                vector.GetProperty("utf16").EnumerateArray().Select(unit => (char)unit.GetUInt16())
            );
            Assert.That(
                Bucketing.Bucket("acme", "checkout", text),
                Is.EqualTo(vector.GetProperty("bucket").GetDouble())
            );
        }
    }

    [Test]
    public void A_draw_is_the_bucket_of_its_parts_and_the_key() =>
        Gen.Select(Gen.String, Gen.String, Gen.String)
            .Sample(
                (tenant, salt, key) =>
                    new XxHash64Draw(tenant, salt).For(new BucketKey(key)) == Bucketing.Bucket(tenant, salt, key)
            );

    [Test]
    public void A_prefix_and_a_key_hash_as_if_they_stood_side_by_side()
    {
        var text = new byte[2 * 80];
        new Random(1).NextBytes(text);
        for (var prefix = 0; prefix < 80; prefix++)
        {
            var hash = new PrefixedXxHash64(text.AsSpan(0, prefix));
            for (var end = prefix; end < text.Length; end++)
                Assert.That(
                    hash.Hash(text.AsSpan(prefix, end - prefix)),
                    Is.EqualTo(XxHash64.HashToUInt64(text.AsSpan(0, end)))
                );
        }
    }

    [TestCase("")]
    [TestCase("ann")]
    [TestCase("žluťoučký-kůň")]
    [TestCase("half a pair: \ud800")]
    public void A_user_falls_where_the_id_does(string id)
    {
        var flag = Given
            .RuleSet(Given.Flag("f", "{'state': 'on', 'variants': [{'key': 'a', 'weight': 1}]}"))
            .Find("f")!;
        Assert.That(flag.Evaluate(Given.User(id)).Bucket, Is.EqualTo(Bucketing.Bucket(Given.Tenant, "f", id)));
    }

    [Test]
    public void A_long_key_is_drawn_by_as_a_short_one_is()
    {
        var key = new string('é', 2_000);

        Assert.That(
            new XxHash64Draw("acme", "f").For(new BucketKey(key)),
            Is.EqualTo(Bucketing.Bucket("acme", "f", key))
        );
    }

    [Test]
    public void A_draw_allocates_nothing_however_long_its_key()
    {
        var key = new string('é', 2_000);
        var utf8 = Encoding.UTF8.GetBytes(key);
        var (ours, theirs) = (new XxHash64Draw("acme", "f"), new UnleashDraw("f", seed: 0, total: 100));
        var sum = Drawn();

        var allocated = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 10; i++)
            sum += Drawn();

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - allocated, Is.Zero);
        Assert.That(sum, Is.Positive);

        double Drawn() => Bucketing.Bucket("acme", key) + ours.For(new BucketKey(key)) + theirs.For(utf8);
    }

    [TestCase("7", 7)]
    [TestCase("-9007199254740992", -(1L << 53))]
    public void A_number_counts_as_its_decimal_digits(string text, long number) =>
        Assert.That(
            new XxHash64Draw("acme", "f").For(new BucketKey(number)),
            Is.EqualTo(Bucketing.Bucket("acme", "f", text))
        );

    [Test]
    public void Buckets_fall_evenly_and_stay_below_one() =>
        Gen.String.Array[1, 4].Sample(parts => Bucketing.Bucket(parts) is >= 0 and < 1);

    [Test]
    public void Splits_and_gates_are_independent()
    {
        // A fifth of users is let through a gate of 20 %; with one draw for both, all of these would get one half.
        var first = 0;
        var admitted = 0;
        for (var user = 0; user < 20_000; user++)
        {
            if (Bucketing.Bucket("acme", "checkout", "gate", $"user-{user}") >= 0.2)
                continue;
            admitted++;
            first += Bucketing.Bucket("acme", "checkout", $"user-{user}") < 0.5 ? 1 : 0;
        }
        Assert.That(admitted, Is.EqualTo(4_000).Within(250));
        Assert.That((double)first / admitted, Is.EqualTo(0.5).Within(0.04));
    }

    private static JsonElement[] Vectors(string name, [CallerFilePath] string here = "")
    {
        var path = Path.Combine(Path.GetDirectoryName(here)!, "../../../docs/bucketing-vectors.json");
        return [.. JsonElement.Parse(File.ReadAllBytes(path)).GetProperty(name).EnumerateArray()];
    }
}
