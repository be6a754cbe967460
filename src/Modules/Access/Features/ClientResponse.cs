using System.Text.Json.Serialization;
using FeatureFlags.Access.Domain;
using FeatureFlags.BuildingBlocks.Http;
using Microsoft.AspNetCore.Http;

namespace FeatureFlags.Access.Features;

/// <summary>An API client as the API shows it.</summary>
/// <param name="Secret">Only in the answer that made it: it is not kept.</param>
internal sealed record ClientResponse(
    string Id,
    string Name,
    IReadOnlyList<string> Scopes,
    IReadOnlyList<string> Tenants,
    bool Active,
    long Version,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Secret = null
)
{
    public static ClientResponse Example { get; } =
        new(
            "client_0f3a9c51d27e48b6a1c4",
            "Deployment pipeline",
            [BuildingBlocks.Http.Scopes.FlagsWrite, BuildingBlocks.Http.Scopes.SegmentsRead],
            ["acme"],
            Active: true,
            Version: 1,
            new DateTimeOffset(2026, 1, 31, 12, 0, 0, TimeSpan.Zero),
            new DateTimeOffset(2026, 1, 31, 12, 0, 0, TimeSpan.Zero)
        );

    public static ClientResponse ExampleWithSecret { get; } =
        Example with
        {
            Secret = "ffsecret_Zm9yIHRoZSBkb2N1bWVudCBvbmx5LCBubyBzZWNyZXQ",
        };

    public static ClientResponse Of(ApiClient client, Secret? secret = null) =>
        new(
            client.Id,
            client.Name,
            client.Grant.Scopes,
            client.Grant.Tenants,
            client.Active,
            client.Version,
            client.CreatedAt,
            client.UpdatedAt,
            secret?.Text
        );

    /// <summary>Nothing that prints an answer prints a secret.</summary>
    public override string ToString() => Id;

    public IResult ToHttp(HttpContext context)
    {
        SetHeaders(context.Response.Headers);
        return Results.Ok(this);
    }

    public IResult ToHttpCreated(HttpContext context)
    {
        SetHeaders(context.Response.Headers);
        return Results.Created($"/v1/admin/clients/{Id}", this);
    }

    private void SetHeaders(IHeaderDictionary headers)
    {
        headers.ETag = Preconditions.Tag(Version);
        if (Secret is not null)
            headers.CacheControl = "no-store";
    }
}
