using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;

namespace FeatureFlags.BuildingBlocks.Http;

/// <summary>One page of a list.</summary>
/// <param name="NextPageToken">Asks for the next page when sent back as <c>page_token</c>; null on the last.</param>
public sealed record Page<T>(IReadOnlyList<T> Items, string? NextPageToken)
{
    public Page<TOther> Select<TOther>(Func<T, TOther> map) => new([.. Items.Select(map)], NextPageToken);
}

/// <summary>
/// Where a page starts: after the row with these values, under these filters. As text it is URL-safe and opaque; it
/// holds positions, not rights, so it is bound to its filters by a digest but not signed.
/// </summary>
public static class PageToken
{
    public static string Encode(string filters, params string[] position) =>
        Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes<string[]>([Digest(filters), .. position]));

    /// <returns>The position, or null without a token.</returns>
    /// <exception cref="BadRequestException">Garbage, or a token that was given for other filters.</exception>
    public static string[]? Decode(string? token, string filters, int length)
    {
        if (token is null)
            return null;

        string?[]? parts = null;
        try
        {
            parts = JsonSerializer.Deserialize<string?[]>(Base64Url.DecodeFromChars(token));
        }
        catch (Exception error) when (error is FormatException or JsonException) { }

        // U+0000 has no place in a PostgreSQL text, so no position holds it.
        if (parts is null || parts.Length != length + 1 || parts.Any(p => p is null || p.Contains('\0')))
            throw Wrong(NotGivenOut);
        if (parts[0] != Digest(filters))
            throw Wrong("belongs to a list with other filters; start again without it");
        return parts[1..]!;
    }

    public static string Part(long number) => number.ToString(CultureInfo.InvariantCulture);

    public static string Part(DateTimeOffset time) => Part(time.ToUnixTimeMilliseconds());

    /// <summary>Reads a part of a position that was a number.</summary>
    /// <exception cref="BadRequestException">It was none.</exception>
    public static long Number(string part) =>
        long.TryParse(part, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw Wrong(NotGivenOut);

    /// <summary>Reads a part of a position that was a time.</summary>
    /// <exception cref="BadRequestException">It was none.</exception>
    public static DateTimeOffset Time(string part)
    {
        var milliseconds = Number(part);
        return milliseconds >= Earliest && milliseconds <= Latest
            ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds)
            : throw Wrong(NotGivenOut);
    }

    private const string NotGivenOut = "is not a token that a list gave out";

    private static readonly long Earliest = DateTimeOffset.MinValue.ToUnixTimeMilliseconds();
    private static readonly long Latest = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    private static BadRequestException Wrong(string message) =>
        new($"page_token {message}.", new Dictionary<string, string[]> { ["page_token"] = [message] });

    private static string Digest(string filters) =>
        Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(filters)).AsSpan(0, 6));
}

public static class PageLinks
{
    /// <summary>Adds RFC 8288's <c>Link: …; rel="next"</c>, relative to this request, where there is a next page.</summary>
    public static Page<T> WithLink<T>(this Page<T> page, HttpContext context)
    {
        if (page.NextPageToken is not null)
        {
            var request = context.Request;
            var query = new QueryBuilder(
                request
                    .Query.Where(q => q.Key != "page_token")
                    .SelectMany(q => q.Value, (q, value) => KeyValuePair.Create(q.Key, value ?? ""))
            )
            {
                { "page_token", page.NextPageToken },
            };
            context.Response.Headers.Link = $"<{request.PathBase}{request.Path}{query}>; rel=\"next\"";
        }
        return page;
    }
}
