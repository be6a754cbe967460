using CsCheck;
using FeatureFlags.Rules;
using FeatureFlags.Rules.Engine;

namespace FeatureFlags.UnitTests.Rules;

public sealed class DistributionTests
{
    private static readonly Gen<double[]> Weights = Gen.OneOf(
            Gen.Const(0.0),
            Gen.Double[0, 100],
            Gen.Double[0, 1e9],
            Gen.Double[0, 1e-300]
        )
        .Array[1, 8]
        .Where(weights => weights.Any(weight => weight > 0));

    [Test]
    public void Ranges_lie_end_to_end_from_0_to_1() =>
        Weights.Sample(
            weights =>
            {
                var ranges = Distributed(weights).Ranges.ToArray();
                var joints = ranges.Zip(ranges[1..], (left, right) => left.To == right.From).All(joined => joined);
                return ranges[0].From == 0 && ranges[^1].To == 1 && joints;
            },
            iter: 10_000
        );

    [Test]
    public void Weights_normalise_to_their_share() =>
        Weights.Sample(
            weights =>
            {
                var total = weights.Sum();
                return Distributed(weights)
                    .Ranges.All(range =>
                        Math.Abs(
                            range.To
                                - range.From
                                - (
                                    weights[
                                        int.Parse(range.Variant.Key, System.Globalization.CultureInfo.InvariantCulture)
                                    ] / total
                                )
                        ) < 1e-12
                    );
            },
            iter: 10_000
        );

    [Test]
    public void Every_bucket_falls_into_the_range_of_its_variant() =>
        Gen.Select(Weights, Gen.Double[0, 1].Where(bucket => bucket < 1))
            .Sample(
                (weights, bucket) =>
                {
                    var distribution = Distributed(weights);
                    var (_, from, to) = distribution.Ranges.Single(range =>
                        range.Variant == distribution.At(bucket)!.Variant
                    );
                    return from <= bucket && bucket < to;
                },
                iter: 10_000
            );

    [Test]
    public void The_last_variant_with_a_weight_takes_the_rounding()
    {
        var distribution = Distributed(1, 1, 1, 0);

        Assert.That(distribution.At(Math.BitDecrement(1))!.Variant.Key, Is.EqualTo("2"));
        Assert.That(distribution.Ranges.Select(range => range.Variant.Key), Is.EqualTo(new[] { "0", "1", "2" }));
    }

    [Test]
    public void A_boundary_belongs_to_the_range_above_it()
    {
        var distribution = Distributed(50, 50);

        Assert.That(distribution.At(0.5)!.Variant.Key, Is.EqualTo("1"));
        Assert.That(distribution.At(Math.BitDecrement(0.5))!.Variant.Key, Is.EqualTo("0"));
    }

    [Test]
    public void One_weight_above_0_takes_no_draw()
    {
        Assert.That(Distributed(0, 3, 0).Only!.Variant.Key, Is.EqualTo("1"));
        Assert.That(Distributed(1, 3).Only, Is.Null);
    }

    [Test]
    public void Without_a_bucket_there_is_nothing_to_give() => Assert.That(Distributed(1, 3).At(double.NaN), Is.Null);

    private static Distribution Distributed(params double[] weights)
    {
        var flag = Given.RuleSet(Given.Flag("f", "{'variants': [{'key': 'on', 'weight': 1}]}")).Find("f")!;
        return new([.. weights.Select((weight, i) => (DecisionFor($"{i}"), weight))]);

        Decision DecisionFor(string key) => new(flag, new CompiledVariant(key, null), Reason.DefaultDistribution);
    }
}
