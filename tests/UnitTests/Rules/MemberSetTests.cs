using CsCheck;
using FeatureFlags.Rules;

namespace FeatureFlags.UnitTests.Rules;

public sealed class MemberSetTests
{
    private static readonly Gen<string[]> Some = Gen.String[Gen.Char["ab\ud800\udc00é\0"], 0, 4].Array[0, 40];

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
    public async Task It_is_made_from_ids_that_come_one_by_one()
    {
        string[] ids = ["a", "b", "a", "c\ud800", ""];

        var set = await MemberSet.Of(OneByOne(), CancellationToken.None);

        Assert.That(set.Count, Is.EqualTo(4));
        foreach (var id in ids)
            Assert.That(set.Contains(id), Is.True);
        Assert.That(set.Contains("c"), Is.False);

        async IAsyncEnumerable<string> OneByOne()
        {
            foreach (var id in ids)
            {
                await Task.Yield();
                yield return id;
            }
        }
    }

    [Test]
    public void Through_any_changes_it_holds_exactly_what_a_hash_set_holds() =>
        Gen.Select(Some, Gen.Select(Some, Some).Array[1, 12])
            .Sample(
                (ids, changes) =>
                {
                    var expected = new HashSet<string>(ids, StringComparer.Ordinal);
                    var set = MemberSet.Of(ids);
                    var seen = new List<string>(ids);
                    foreach (var (added, removed) in changes)
                    {
                        expected.ExceptWith(removed);
                        expected.UnionWith(added);
                        var before = (Set: set, set.Count, Held: seen.Where(set.Contains).ToList());
                        set = set.With(added, removed);

                        seen.AddRange(added.Concat(removed));
                        if (set.Count != expected.Count || seen.Any(id => set.Contains(id) != expected.Contains(id)))
                            return false;
                        var listed = set.List().ToList();
                        if (listed.Count != expected.Count || !expected.SetEquals(listed))
                            return false;
                        if (before.Set.Count != before.Count || !before.Held.TrueForAll(before.Set.Contains))
                            return false;
                    }
                    return true;
                },
                iter: 3_000
            );

    [Test]
    public void A_change_shares_the_table_until_a_thirty_second_of_it_has_changed()
    {
        const int Members = 64_000;
        var first = MemberSet.Of(Enumerable.Range(0, Members).Select(i => $"user-{i}"));
        var expected = Enumerable.Range(0, Members).Select(i => $"user-{i}").ToHashSet();

        var set = first;
        for (var i = 0; i < Members / 32 / 2; i++)
            Change(i);
        Assert.That(set.SharesTableWith(first), Is.True);
        Change(Members / 2);
        Assert.That(set.SharesTableWith(first), Is.False);
        var folded = set;
        Change(Members / 2 + 1);
        Assert.That(set.SharesTableWith(folded), Is.True);

        Assert.That(set.Count, Is.EqualTo(expected.Count));
        Assert.That(expected.Where(id => !set.Contains(id)), Is.Empty);
        Assert.That(Enumerable.Range(0, Members).Count(i => set.Contains($"user-{i}")), Is.EqualTo(Members - 1_002));
        Assert.That(first.Contains("user-0"), Is.True);

        void Change(int i)
        {
            set = set.With([$"new-{i}"], [$"user-{i}"]);
            expected.Add($"new-{i}");
            expected.Remove($"user-{i}");
        }
    }

    [Test]
    public void A_change_may_be_bigger_than_the_set_and_its_ids_longer()
    {
        var added = Enumerable.Range(0, 2_000).Select(i => $"much-longer-than-the-others-{i}").ToArray();

        var set = MemberSet.Of(["a", "b"]).With(added, ["b"]);

        Assert.That(set.Count, Is.EqualTo(2_001));
        Assert.That(added.Append("a").Where(id => !set.Contains(id)), Is.Empty);
        Assert.That(set.Contains("b"), Is.False);
    }

    [Test]
    public void A_lookup_in_a_changed_set_allocates_nothing()
    {
        var set = MemberSet.Of(Enumerable.Range(0, 10_000).Select(i => $"user-{i}")).With(["new"], ["user-7"]);
        var found = 0;

        var allocated = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000; i++)
            found +=
                (set.Contains("new") ? 1 : 0) + (set.Contains("user-7") ? 1 : 0) + (set.Contains("user-8") ? 1 : 0);

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - allocated, Is.Zero);
        Assert.That(found, Is.EqualTo(2_000));
    }

    [Test]
    public void Half_a_surrogate_pair_is_not_the_replacement_character()
    {
        var set = MemberSet.Of(["a\ud800", "b"]);

        Assert.That(set.Contains("a\ud800"), Is.True);
        Assert.That(set.Contains("a\ufffd"), Is.False);
        Assert.That(MemberSet.Of(["a\ufffd"]).Contains("a\ud800"), Is.False);
    }

    [Test]
    public void Long_ids_are_found_without_an_allocation()
    {
        var (id, other) = (new string('é', 5_000), new string('é', 5_001));
        var set = MemberSet.Of([id]);

        Assert.That(set.Contains(id), Is.True);
        Assert.That(set.Contains(other), Is.False);
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 10; i++)
            _ = set.Contains(id) == set.Contains(other);
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - allocated, Is.Zero);
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
