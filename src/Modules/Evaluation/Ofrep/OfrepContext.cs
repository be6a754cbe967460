using System.Buffers;
using System.Text.Json;
using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Http;
using FeatureFlags.Rules;
using FeatureFlags.Rules.Json;

namespace FeatureFlags.Evaluation.Ofrep;

/// <summary>Reads the context out of <c>{"context": {…}}</c>; members that the protocol may add later are ignored.</summary>
internal static class OfrepContext
{
    private static readonly JsonElement Empty = JsonElement.Parse("{}");

    /// <exception cref="OfrepException">It is no context.</exception>
    public static EvaluationContext Read(ReadOnlySequence<byte> body) =>
        QuickJson.Read(body, Quick) ?? Typed(Given(body));

    /// <summary>The context as it was sent; empty where none was.</summary>
    /// <exception cref="OfrepException">It is no object.</exception>
    public static JsonElement Given(ReadOnlySequence<byte> body)
    {
        var root = Parsed(body);
        if (root.ValueKind != JsonValueKind.Object)
            throw new OfrepException(ErrorCode.ParseError, "The body must be a JSON object with the member 'context'.");
        if (!root.TryGetProperty("context"u8, out var context) || context.ValueKind == JsonValueKind.Null)
            return Empty;
        return context.ValueKind == JsonValueKind.Object
            ? context
            : throw new OfrepException(ErrorCode.InvalidContext, "The context must be a JSON object.");
    }

    /// <exception cref="OfrepException">Its targeting key is none.</exception>
    public static EvaluationContext Typed(JsonElement given)
    {
        var context = EvaluationContext.FromOpenFeature(given, out var isValid);
        return isValid
            ? context
            : throw new OfrepException(
                ErrorCode.InvalidContext,
                $"{EvaluationContext.TargetingKey} must be a text without U+0000 and halves of surrogate pairs."
            );
    }

    internal static EvaluationContext? Quick(ref Utf8JsonReader json)
    {
        EvaluationContext? context = null;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (context is not null || !json.ValueTextEquals("context"u8))
                return null;
            if ((context = EvaluationContext.TryReadOpenFeature(ref json)) is null)
                return null;
        }
        return context;
    }

    private static JsonElement Parsed(ReadOnlySequence<byte> body)
    {
        try
        {
            return JsonBody.Parse(body).Root;
        }
        catch (BadRequestException error)
        {
            throw new OfrepException(ErrorCode.ParseError, error.Message);
        }
    }
}
