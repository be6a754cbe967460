using CsCheck;
using FeatureFlags.Segments.Domain;

namespace FeatureFlags.UnitTests.Segments;

internal sealed class MemberListProperties
{
    private static readonly Gen<(int Size, int[] Removed, int Added, int Spare)> Changes = Gen.Select(
        Gen.Int[0, 2_500],
        Gen.Int[0, 2_499].Array[0, 1_500],
        Gen.Int[0, 1_500],
        Gen.Int[0, 50]
    );

    [Test]
    public void A_partly_read_list_shows_the_same_first_ids_and_count_as_one_read_whole() =>
        Changes.Sample(change =>
        {
            List<string> stored = [.. Enumerable.Range(0, change.Size).Select(i => $"u{i}")];
            List<string> removed = [.. change.Removed.Distinct().Where(i => i < change.Size).Select(i => $"u{i}")];
            List<string> added = [.. Enumerable.Range(0, change.Added).Select(i => $"new{i}")];
            List<string> expected = [.. stored.Except(removed), .. added];

            var read = stored.Take(MemberList.MaxShown + removed.Count + change.Spare).ToList();
            var list = new MemberList(ListName.Included, read, stored.Count);
            list.Change(added, removed);

            return list.Count == expected.Count
                && list.First.SequenceEqual(expected.Take(MemberList.MaxShown))
                && list.HasChanged == (added.Count + removed.Count > 0);
        });

    [Test]
    public void Replacing_notes_exactly_what_turns_the_stored_rows_into_the_new_list() =>
        Gen.Select(Gen.Int[0, 1_200], Gen.Int[0, 1_000], Gen.Bool)
            .Sample(
                (size, replaced, same) =>
                {
                    List<string> stored = [.. Enumerable.Range(0, size).Select(i => $"u{i}")];
                    List<string> wanted = [.. Enumerable.Range(same ? 0 : 1, replaced).Select(i => $"u{i}")];

                    var list = new MemberList(ListName.Included, stored.Take(MemberList.MaxShown).ToList(), size);
                    list.Replace(wanted);

                    List<string> rows = [.. list.Cleared ? [] : stored, .. list.Added];
                    return rows.SequenceEqual(wanted)
                        && list.Count == wanted.Count
                        && list.First.SequenceEqual(wanted)
                        && list.HasChanged == !stored.SequenceEqual(wanted);
                }
            );
}
