using System.Text.Json.Serialization;
using FeatureFlags.Access.Domain;
using FeatureFlags.BuildingBlocks.Http;
using Microsoft.AspNetCore.Http;

namespace FeatureFlags.Access.Features;

/// <summary>An API key as the API shows it.</summary>
/// <param name="LastUsedAt">Some minutes late at most; it changes without the version.</param>
/// <param name="PreviousValidUntil">When the last text from before a rotation ends, or ended.</param>
/// <param name="Key">Only in the answer that made it: it is not kept.</param>
internal sealed record ApiKeyResponse(
    string Id,
    string Name,
    KeyKind Kind,
    IReadOnlyList<string> Scopes,
    IReadOnlyList<string> AllowedOrigins,
    DateTimeOffset? ExpiresAt,
    DateTimeOffset? LastUsedAt,
    DateTimeOffset? PreviousValidUntil,
    long Version,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Key = null
)
{
    public static ApiKeyResponse Example { get; } =
        new(
            "key_0f3a9c51d27e48b6a1c4",
            "Shop",
            KeyKind.Client,
            KeyDraft.ClientScopes,
            ["https://shop.example"],
            ExpiresAt: null,
            LastUsedAt: null,
            PreviousValidUntil: null,
            Version: 1,
            new DateTimeOffset(2026, 1, 31, 12, 0, 0, TimeSpan.Zero),
            new DateTimeOffset(2026, 1, 31, 12, 0, 0, TimeSpan.Zero)
        );

    public static ApiKeyResponse ExampleWithKey { get; } =
        Example with
        {
            Key = "ff_client_Zm9yIHRoZSBkb2N1bWVudCBvbmx5LCBubyBrZXkgYXQgYWw",
        };

    public static ApiKeyResponse Of(ApiKey key, Secret? secret = null) =>
        new(
            key.Id,
            key.Name,
            key.Kind,
            key.Scopes,
            key.Origins,
            key.ExpiresAt,
            key.LastUsedAt,
            key.PreviousValidUntil,
            key.Version,
            key.CreatedAt,
            key.UpdatedAt,
            secret?.Text
        );

    /// <summary>Nothing that prints an answer prints a key.</summary>
    public override string ToString() => Id;

    public IResult ToHttp(HttpContext context)
    {
        SetHeaders(context.Response.Headers);
        return Results.Ok(this);
    }

    public IResult ToHttpCreated(HttpContext context)
    {
        SetHeaders(context.Response.Headers);
        return Results.Created($"/v1/admin/api-keys/{Id}", this);
    }

    private void SetHeaders(IHeaderDictionary headers)
    {
        headers.ETag = Preconditions.Tag(Version);
        if (Key is not null)
            headers.CacheControl = "no-store";
    }
}
