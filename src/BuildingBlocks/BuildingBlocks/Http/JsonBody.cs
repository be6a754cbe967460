using System.Buffers;
using System.Text.Json;
using System.Text.Unicode;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace FeatureFlags.BuildingBlocks.Http;

/// <summary>
/// A request's JSON body, read whole and strictly: UTF-8, no duplicate members, no comments, bounded in size and depth.
/// What it should contain is the use case's to say.
/// </summary>
public sealed class JsonBody
{
    /// <summary>The largest body, in bytes (1 MiB).</summary>
    public const int MaxBytes = 1024 * 1024;

    /// <summary>The deepest nesting of arrays and objects.</summary>
    public const int MaxDepth = 64;

    private static readonly JsonDocumentOptions Strict = new()
    {
        MaxDepth = MaxDepth,
        AllowDuplicateProperties = false,
        CommentHandling = JsonCommentHandling.Disallow,
    };

    private JsonBody(JsonElement root) => Root = root;

    public JsonElement Root { get; }

    /// <summary>Called by the framework to bind a handler's parameter.</summary>
    /// <exception cref="UnsupportedMediaTypeException">Neither application/json nor a +json type.</exception>
    /// <exception cref="BodyTooLargeException">Larger than <see cref="MaxBytes"/>.</exception>
    /// <exception cref="BadRequestException">No JSON, or JSON that is read in more than one way.</exception>
    public static async ValueTask<JsonBody> BindAsync(HttpContext context) =>
        await Read(context.Request, context.RequestAborted);

    public static ValueTask<JsonBody> Read(HttpRequest request, CancellationToken ct) => Read(request, Parse, ct);

    /// <summary>Reads a body that may be left out; null where it is.</summary>
    /// <inheritdoc cref="BindAsync" path="/exception"/>
    public static async ValueTask<JsonBody?> ReadIfSent(HttpContext context) =>
        context.Request.ContentLength != 0
        && context.Features.Get<IHttpRequestBodyDetectionFeature>() is not { CanHaveBody: false }
            ? await BindAsync(context)
            : null;

    /// <summary>Reads the body from the bytes as they were received.</summary>
    /// <param name="parse">Must be done with the bytes when it returns.</param>
    /// <inheritdoc cref="BindAsync" path="/exception"/>
    public static async ValueTask<T> Read<T>(
        HttpRequest request,
        Func<ReadOnlySequence<byte>, T> parse,
        CancellationToken ct
    )
    {
        if (!IsJson(request.ContentType))
            throw new UnsupportedMediaTypeException("The body must be JSON: send Content-Type: application/json.");
        if (request.ContentLength > MaxBytes)
            throw TooLarge();

        var received = request.BodyReader;
        while (true)
        {
            var read = await received.ReadAsync(ct);
            var bytes = read.Buffer;
            if (!read.IsCompleted && bytes.Length <= MaxBytes)
            {
                received.AdvanceTo(bytes.Start, bytes.End);
                continue;
            }
            try
            {
                return bytes.Length <= MaxBytes ? parse(bytes) : throw TooLarge();
            }
            finally
            {
                received.AdvanceTo(bytes.End);
            }
        }
    }

    /// <exception cref="BadRequestException">No JSON, or JSON that is read in more than one way.</exception>
    public static JsonBody Parse(ReadOnlySequence<byte> received)
    {
        var bytes = received.IsSingleSegment ? received.First : received.ToArray();
        if (bytes.IsEmpty)
            throw new BadRequestException("The body is empty; a JSON object is needed.");
        // The parser looks into no text, and would put U+FFFD in the place of what it can't read.
        if (!Utf8.IsValid(bytes.Span))
            throw new BadRequestException("The body is not valid UTF-8.");
        try
        {
            using var document = JsonDocument.Parse(bytes, Strict);
            return new JsonBody(document.RootElement.Clone());
        }
        catch (JsonException error)
        {
            throw new BadRequestException($"The body is not valid JSON: {error.Message}");
        }
        catch (InvalidOperationException)
        {
            // Only names are read here, to find duplicates.
            throw new BadRequestException("The body has a member whose name holds half of a surrogate pair.");
        }
    }

    internal static bool IsJson(string? contentType) =>
        // What nearly everyone sends.
        contentType is "application/json"
        || MediaTypeHeaderValue.TryParse(contentType, out var type)
            && (type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase) || type.Suffix == "json")
            && (!type.Charset.HasValue || type.Charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase));

    private static BodyTooLargeException TooLarge() => new($"The body is larger than {MaxBytes} bytes.");
}
