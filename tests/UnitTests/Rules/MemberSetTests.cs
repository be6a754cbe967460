using CsCheck;
using FeatureFlags.Rules;

namespace FeatureFlags.UnitTests.Rules;

public sealed class MemberSetTests
{
    [Test]
    public void It_holds_exactly_what_a_hash_set_holds() =>
        Gen.Select(
                Gen.String[Gen.Char["ab\ud800\udc00é\0"], 0, 4].Array[0, 60],
                Gen.String[Gen.Char["ab\ud800\udc00é\0"], 0, 4].Array[0, 60]
            )
            .Sample(
                (ids, others) =>
                {
                    var expected = new HashSet<string>(ids, StringComparer.Ordinal);
                    var set = MemberSet.Of(ids);
                    return set.Count == expected.Count
                        && ids.Concat(others).All(id => set.Contains(id) == expected.Contains(id));
                },
                iter: 3_000
            );

    [Test]
    public void Half_a_surrogate_pair_is_not_the_replacement_character()
    {
        var set = MemberSet.Of(["a\ud800", "b"]);

        Assert.That(set.Contains("a\ud800"), Is.True);
        Assert.That(set.Contains("a\ufffd"), Is.False);
        Assert.That(MemberSet.Of(["a\ufffd"]).Contains("a\ud800"), Is.False);
    }

    [Test]
    public void Long_ids_are_found()
    {
        var id = new string('é', 5_000);
        var set = MemberSet.Of([id]);

        Assert.That(set.Contains(id), Is.True);
        Assert.That(set.Contains(id + "é"), Is.False);
    }

    [Test]
    public void Many_ids_take_little_more_than_their_text_and_a_lookup_allocates_nothing()
    {
        const int Members = 200_000;
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var set = MemberSet.Of(Enumerable.Range(0, Members).Select(i => $"user-{i:D8}"));
        var bytes = GC.GetTotalMemory(forceFullCollection: true) - before;

        Assert.That(set.Count, Is.EqualTo(Members));
        Assert.That(bytes / Members, Is.LessThan(13 + 15));
        var (present, absent) = ("user-00177777", "user-01777777");
        Assert.That((set.Contains(present), set.Contains(absent)), Is.EqualTo((true, false)));
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000; i++)
            _ = set.Contains(present) == set.Contains(absent);
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - allocated, Is.Zero);
    }
}
