using System.Text.Json;
using FeatureFlags.BuildingBlocks.Http;
using FeatureFlags.Rules.Json;

namespace FeatureFlags.ChangeFeed.Domain;

/// <summary>What a write sets of a webhook.</summary>
internal sealed record WebhookDraft(string Url, IReadOnlyList<string> EventTypes, bool Active, string Description)
{
    /// <summary>Stands for every type of event, those to come included.</summary>
    public const string EveryType = "*";

    public const int MaxUrlLength = 2_048;
    public const int MaxDescriptionLength = 1_000;

    // What a read shows beyond what a write sets: taken and ignored, so that what GET gave can be PUT back.
    private static readonly string[] ReadOnlyMembers = ["id", "disabled_reason", "version", "created_at", "updated_at"];

    public Problems Problems { get; private init; } = new();

    /// <summary>The types in one form, whatever the order they were named in.</summary>
    public string TypesText =>
        EventTypes.Contains(EveryType)
            ? EveryType
            : string.Join(' ', EventTypes.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));

    public static WebhookDraft Read(JsonElement body)
    {
        var problems = new Problems();
        if (JsonObjectReader.Over(body, "", problems) is not { } reader)
            return new WebhookDraft("", [], Active: false, "") { Problems = problems };

        var draft = new WebhookDraft(
            reader.RequiredText("url") ?? "",
            reader.Texts("event_types") ?? [EveryType],
            reader.Boolean("active") ?? true,
            reader.Text("description") ?? ""
        )
        {
            Problems = problems,
        };
        reader.RefuseOthers(ReadOnlyMembers);
        return draft;
    }

    public bool SameAs(WebhookDraft other) =>
        Url == other.Url && TypesText == other.TypesText && Active == other.Active && Description == other.Description;

    /// <summary>The draft with the members that a merge patch (RFC 7396) names.</summary>
    public WebhookDraft Patched(JsonElement patch) =>
        Read(
            MergePatch.Apply(
                ApiJson.ToElement(
                    new
                    {
                        Url,
                        EventTypes,
                        Active,
                        Description,
                    }
                ),
                patch
            )
        );
}
