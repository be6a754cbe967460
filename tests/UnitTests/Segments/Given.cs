using System.Text.Json;
using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Domain;
using FeatureFlags.Segments.Domain;

namespace FeatureFlags.UnitTests.Segments;

/// <summary>Segments and what callers write about them, in few words.</summary>
internal static class Given
{
    public static readonly DateTimeOffset Noon = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);

    public static JsonElement Json(string json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }

    public static SegmentDraft Draft(string json, string? key = null) => SegmentDraft.Read(Json(json), key);

    public static MembersEdit Edit(string json) => MembersEdit.Read(Json(json));

    /// <summary>A segment as it is read from the database, with all of its lists.</summary>
    public static Segment Segment(string json)
    {
        var segment = FeatureFlags.Segments.Domain.Segment.Create(new Scope("acme", "production"), Draft(json), Noon);
        segment.Forget();
        return segment;
    }

    /// <summary>What was raised since the segment was read.</summary>
    public static IReadOnlyList<Change> Raised(this Segment segment) => segment.Changes;

    /// <summary>As a new request finds it: what happened is saved, and its lists are read again.</summary>
    public static void Forget(this Segment segment)
    {
        string[] included = [.. segment.List(ListName.Included).First];
        string[] excluded = [.. segment.List(ListName.Excluded).First];
        segment.ForgetChanges();
        segment.SetLists(included, excluded);
    }

    /// <summary>Changes members with the look-up that the database would answer; for segments that show their lists.</summary>
    public static void ChangeMembers(this Segment segment, string edit, DateTimeOffset? at = null)
    {
        var stored = segment
            .Lists.SelectMany(list => list.First.Select(id => (id, list.Name)))
            .ToDictionary(m => m.id, m => m.Name);
        segment.ChangeMembers(Edit(edit), stored, at ?? Noon);
    }

    public static string[] Ids(this JsonElement segment, string list) =>
        [.. segment.GetProperty(list).EnumerateArray().Select(id => id.GetString()!)];
}
