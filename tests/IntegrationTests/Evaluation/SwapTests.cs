using System.Net;
using System.Text.Json;

namespace FeatureFlags.IntegrationTests.Evaluation;

internal sealed class SwapTests
{
    private const int Readers = 16;
    private const int Writes = 60;
    private const int Turns = 4;

    /// <summary>
    /// Each write turns everyone's variant by one: at the flag that the others follow, through rules and segments. So
    /// a batch's items and its revision tell the same turn, or were torn.
    /// </summary>
    [Test]
    public async Task While_rules_are_swapped_every_batch_is_of_one_revision_and_no_reader_goes_back(
        [Values] Engine engine
    )
    {
        var acme = await (await Service.On(engine)).Tenant("acme");
        await Write(acme);
        var first = (await Batch(acme)).Revision;
        using var written = new CancellationTokenSource();

        var readers = Enumerable
            .Range(0, Readers)
            .Select(_ => Task.Run(() => Read(acme, first, written.Token)))
            .ToArray();
        try
        {
            for (var turn = 1; turn <= Writes; turn++)
            {
                var answer = await acme.PatchFlag("base", new { variants = Variants($"v{turn % Turns}") });
                Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.OK), answer.ToString());
                Assert.That((await Batch(acme)).Revision, Is.EqualTo(first + turn), "what is written is read next");
            }
        }
        finally
        {
            await written.CancelAsync();
        }

        var seen = await Task.WhenAll(readers);
        Assert.That(seen.Max(), Is.GreaterThan(2), "the rules were swapped while they were read");
    }

    /// <returns>How many revisions were seen.</returns>
    private static async Task<int> Read(TenantClient acme, long first, CancellationToken written)
    {
        var last = 0L;
        var seen = 0;
        while (!written.IsCancellationRequested)
        {
            var (revision, variants) = await Batch(acme);
            Assert.That(revision, Is.GreaterThanOrEqualTo(last));
            Assert.That(variants, Is.All.EqualTo($"v{(revision - first) % Turns}"), $"at revision {revision}");
            seen += revision == last ? 0 : 1;
            last = revision;
        }
        return seen;
    }

    private static async Task<(long Revision, string?[] Variants)> Batch(TenantClient acme)
    {
        var answer = await acme.Batch(new { user = new { id = "u" } });
        var items = answer["items"].EnumerateArray().ToArray();
        Assert.That(items, Has.Length.EqualTo(4), answer.ToString());
        return (
            answer["revision"].GetInt64(),
            Array.ConvertAll(items, item => item.GetProperty("variant").GetString())
        );
    }

    private static async Task Write(TenantClient acme)
    {
        await acme.PostFlag(Flag("base", "v0"));
        for (var turn = 0; turn < Turns; turn++)
            await acme.PostSegment(
                new { key = $"s{turn}", criteria = new { flag = new { key = "base", variant = $"v{turn}" } } }
            );
        await acme.PostFlag(Flag("by-rule", "none", turn => new { flag = new { key = "base", variant = $"v{turn}" } }));
        await acme.PostFlag(Flag("by-segment", "none", turn => new { segment = $"s{turn}" }));
        var last = await acme.PostFlag(
            Flag("follower", "none", turn => new { flag = new { key = "by-segment", variant = $"v{turn}" } })
        );
        Assert.That(last.Status, Is.EqualTo(HttpStatusCode.Created), last.ToString());
    }

    private static object Flag(string key, string variant, Func<int, object>? when = null) =>
        new
        {
            key,
            state = "on",
            variants = Variants(variant),
            rules = when is null
                ? []
                : Enumerable
                    .Range(0, Turns)
                    .Select(turn => Sample.Rule($"r{turn}", when(turn), $"v{turn}", order: turn))
                    .ToArray(),
        };

    private static object[] Variants(string only) =>
        [
            .. Enumerable
                .Range(0, Turns)
                .Select(turn => $"v{turn}")
                .Append("none")
                .Select(key => new { key, weight = key == only ? 1 : 0 }),
        ];
}
