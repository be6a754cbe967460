using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Json;
using FeatureFlags.BuildingBlocks.Http;
using FeatureFlags.Rules;
using Microsoft.AspNetCore.Http;

namespace FeatureFlags.Evaluation.Features;

/// <summary>
/// Writes evaluations as JSON, as the serializer would write an <see cref="EvaluationResponse"/>: the same bytes, from
/// parts most of which are ready made. Dispose of it when they are sent.
/// </summary>
internal struct AnswerWriter(int expectedBytes) : IDisposable
{
    /// <summary>An evaluation seldom needs more.</summary>
    public const int UsualBytes = 256;

    // The longest of numbers, and the fixed parts around them.
    private const int Room = 128;

    private static readonly SearchValues<char> Plain = SearchValues.Create(
        [.. Enumerable.Range(' ', '~' - ' ' + 1).Select(c => (char)c).Except(['"', '\\'])]
    );

    private static readonly byte[][] Reasons =
    [
        .. Enum.GetValues<Reason>()
            .Select(reason => Encoding.UTF8.GetBytes($",\"reason\":{JsonSerializer.Serialize(reason, ApiJson.Options)}")),
    ];

    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(expectedBytes);
    private int _length;

    public readonly ReadOnlySpan<byte> Written => _bytes.AsSpan(0, _length);

    /// <param name="version">The flag's version that was evaluated.</param>
    /// <param name="stale">Whether the rules in memory may be behind the database.</param>
    public void Evaluated(in Rules.Evaluation evaluation, long version, bool stale)
    {
        Raw("{"u8);
        Raw(evaluation.Members);
        Raw(Reasons[(int)evaluation.Reason]);
        if (evaluation.RuleId is { } rule)
        {
            Raw(",\"rule_id\":"u8);
            Text(rule);
        }
        Raw(",\"details\":{"u8);
        var isFirst = true;
        if (evaluation.Bucket is { } bucket)
            Detail("\"bucket\":"u8, bucket, ref isFirst);
        if (evaluation.GateBucket is { } gateBucket)
            Detail("\"gate_bucket\":"u8, gateBucket, ref isFirst);
        if (evaluation.Error is { } error)
        {
            Raw(isFirst ? "\"error\":"u8 : ",\"error\":"u8);
            Text(error);
        }
        Raw("},\"version\":"u8);
        Number(version);
        Raw(stale ? ",\"stale\":true}"u8 : "}"u8);
    }

    /// <summary>What a batch answers to a key that names no flag.</summary>
    public void Unknown(string flagKey, bool stale)
    {
        Raw("{\"flag_key\":"u8);
        Text(flagKey);
        Raw(",\"variant\":null,\"value\":null"u8);
        Raw(Reasons[(int)Reason.Error]);
        Raw(",\"details\":{\"error\":\"flag_not_found\"},\"version\":null"u8);
        Raw(stale ? ",\"stale\":true}"u8 : "}"u8);
    }

    public void Raw(ReadOnlySpan<byte> json)
    {
        json.CopyTo(Free(json.Length));
        _length += json.Length;
    }

    public void Number(long number)
    {
        number.TryFormat(Free(Room), out var length, provider: CultureInfo.InvariantCulture);
        _length += length;
    }

    /// <summary>Answers with what was written.</summary>
    public readonly void Send(HttpResponse response)
    {
        response.ContentType = "application/json; charset=utf-8";
        response.ContentLength = _length;
        // Sent together with the headers, when the request ends.
        response.BodyWriter.Write(Written);
    }

    public readonly void Dispose() => ArrayPool<byte>.Shared.Return(_bytes);

    private void Detail(ReadOnlySpan<byte> name, double number, ref bool isFirst)
    {
        if (!isFirst)
            Raw(","u8);
        isFirst = false;
        Raw(name);
        Utf8Formatter.TryFormat(number, Free(Room), out var length);
        _length += length;
    }

    private void Text(string text)
    {
        if (text.AsSpan().ContainsAnyExcept(Plain))
        {
            Raw(JsonSerializer.SerializeToUtf8Bytes(text, ApiJson.Options));
            return;
        }
        Raw("\""u8);
        _length += Encoding.UTF8.GetBytes(text, Free(text.Length));
        Raw("\""u8);
    }

    private Span<byte> Free(int bytes)
    {
        if (_bytes.Length - _length < bytes)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(2 * _bytes.Length, _length + bytes));
            Written.CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = larger;
        }
        return _bytes.AsSpan(_length);
    }
}
