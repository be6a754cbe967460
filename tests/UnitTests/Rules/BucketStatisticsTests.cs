using FeatureFlags.Rules;

namespace FeatureFlags.UnitTests.Rules;

/// <summary>
/// Buckets as users get them, held to chance by Pearson's chi-square test. The ids are fixed, so a verdict never
/// changes from run to run; a fair draw would fail one bound in 10,000 times, for being too uneven as for being too even.
/// </summary>
public sealed class BucketStatisticsTests
{
    private const int Users = 1_000_000;

    // The quantiles 0.00005 and 0.99995 of the chi-square distribution: 0.01 % of fair draws are outside.
    private static readonly (double Low, double High) Within999 = (834.44, 1182.40); // 999 degrees of freedom
    private static readonly (double Low, double High) Within81 = (40.58, 140.18); // 81 degrees of freedom

    private static readonly string[] Draws =
    [
        "acme's checkout",
        "acme's checkout, gate",
        "acme's checkout-2",
        "acme's checkout-2, gate",
        "globex's checkout",
        "globex's checkout, gate",
    ];

    private static IEnumerable<TestCaseData> Ids =>
        [
            Form("numbers", i => i.ToString()),
            Form("numbers behind a prefix", i => $"customer-{i:D9}"),
            Form("e-mails", i => $"user{i}@mail.example.com"),
            Form(
                "guids",
                i =>
                    new Guid(Mixed(2 * i), (short)i, (short)(i >> 16), BitConverter.GetBytes((long)Mixed(i))).ToString()
            ),
            Form("consecutive guids", i => $"00000000-0000-4000-8000-{i:x12}"),
        ];

    [TestCaseSource(nameof(Ids))]
    public void A_million_users_are_spread_evenly_and_by_each_draw_anew(Func<int, string> id)
    {
        var flags = new[] { ("acme", "checkout"), ("acme", "checkout-2"), ("globex", "checkout") }
            .Select(flag => Gated(flag.Item1, flag.Item2))
            .ToArray();
        var permilles = new int[Draws.Length][];
        for (var draw = 0; draw < Draws.Length; draw++)
            permilles[draw] = new int[Users];

        for (var user = 0; user < Users; user++)
        {
            var context = EvaluationContext.For(id(user)).Build();
            for (var flag = 0; flag < flags.Length; flag++)
            {
                var evaluation = flags[flag].Evaluate(context);
                permilles[2 * flag][user] = (int)(evaluation.Bucket!.Value * 1000);
                permilles[(2 * flag) + 1][user] = (int)(evaluation.GateBucket!.Value * 1000);
            }
        }

        Assert.Multiple(() =>
        {
            for (var draw = 0; draw < Draws.Length; draw++)
            {
                Assert.That(Unevenness(permilles[draw]), Is.InRange(Within999.Low, Within999.High), Draws[draw]);
                for (var other = 0; other < draw; other++)
                    Assert.That(
                        Dependence(permilles[draw], permilles[other]),
                        Is.InRange(Within81.Low, Within81.High),
                        $"{Draws[draw]} against {Draws[other]}"
                    );
            }
        });
    }

    /// <summary>Of the counts in each thousandth of [0, 1) against the same everywhere.</summary>
    private static double Unevenness(int[] permilles)
    {
        var counts = new int[1000];
        foreach (var permille in permilles)
            counts[permille]++;
        var expected = permilles.Length / 1000.0;
        return counts.Sum(count => (count - expected) * (count - expected) / expected);
    }

    /// <summary>Of the counts in each pair of tenths against what each tenth of one and of the other makes likely.</summary>
    private static double Dependence(int[] left, int[] right)
    {
        var counts = new int[10, 10];
        for (var user = 0; user < left.Length; user++)
            counts[left[user] / 100, right[user] / 100]++;

        var tenths = Enumerable.Range(0, 10).ToArray();
        var rows = Array.ConvertAll(tenths, row => tenths.Sum(column => counts[row, column]));
        var columns = Array.ConvertAll(tenths, column => tenths.Sum(row => counts[row, column]));
        return (
            from row in tenths
            from column in tenths
            let expected = (double)rows[row] * columns[column] / left.Length
            select (counts[row, column] - expected) * (counts[row, column] - expected) / expected
        ).Sum();
    }

    private static CompiledFlag Gated(string tenant, string key)
    {
        var flag = Given.Flag(
            key,
            "{'state': 'on', 'variants': [{'key': 'a', 'weight': 1}, {'key': 'b', 'weight': 1}], 'rules': [{'id': 'r', 'order': 1, 'when': {'percentage': 20}, 'rollout': {'variant': 'a'}}]}"
        );
        return RuleSet.Empty(tenant).With(new RuleSetChange { Flags = [flag] }).Find(key)!;
    }

    // The finaliser of MurmurHash3: guids that look like random ones and are the same in each run.
    private static int Mixed(int i)
    {
        var bits = unchecked((uint)i * 0x9E3779B9 + 1);
        bits = unchecked((bits ^ (bits >> 16)) * 0x85EBCA6B);
        bits = unchecked((bits ^ (bits >> 13)) * 0xC2B2AE35);
        return unchecked((int)(bits ^ (bits >> 16)));
    }

    private static TestCaseData Form(string name, Func<int, string> id) =>
        new TestCaseData<Func<int, string>>(id).SetArgDisplayNames(name);
}
