using System.Buffers;
using System.Buffers.Text;
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
    /// <summary>What an evaluation seldom exceeds.</summary>
    public const int BytesEach = 256;

    // All that follows an answer's head but texts, at its longest.
    private const int Room = 256;

    private static readonly SearchValues<char> Plain = SearchValues.Create([
        .. Enumerable.Range(' ', '~' - ' ' + 1).Select(c => (char)c).Except(['"', '\\']),
    ]);

    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(expectedBytes);
    private int _length;

    public readonly ReadOnlySpan<byte> Written => _bytes.AsSpan(0, _length);

    /// <param name="version">The flag's version that was evaluated.</param>
    /// <param name="stale">Whether the rules in memory may be behind the database.</param>
    public void Evaluated(in Rules.Evaluation evaluation, long version, bool stale)
    {
        var head = evaluation.AnswerHead;
        Reserve(head.Length);
        Append(head);
        var separator = ""u8;
        if (evaluation.Bucket is { } bucket)
        {
            Append("\"bucket\":"u8);
            AppendBucket(bucket);
            separator = ","u8;
        }
        if (evaluation.GateBucket is { } gateBucket)
        {
            Append(separator);
            Append("\"gate_bucket\":"u8);
            AppendBucket(gateBucket);
            separator = ","u8;
        }
        if (evaluation.Error is { } error)
        {
            Append(separator);
            Append("\"error\":"u8);
            Text(error);
        }
        Append("},\"version\":"u8);
        Append(version);
        Append(stale ? ",\"stale\":true}"u8 : "}"u8);
    }

    /// <summary>What a batch answers to a key that names no flag.</summary>
    public void Unknown(string flagKey, bool stale)
    {
        Reserve(0);
        Append("{\"flag_key\":"u8);
        Text(flagKey);
        Append(
            ",\"variant\":null,\"value\":null,\"reason\":\"error\",\"details\":{\"error\":\"flag_not_found\"},\"version\":null"u8
        );
        Append(stale ? ",\"stale\":true}"u8 : "}"u8);
    }

    /// <summary>What stands around and between evaluations.</summary>
    public void Raw(ReadOnlySpan<byte> json)
    {
        Reserve(json.Length);
        Append(json);
    }

    public void Text(string text)
    {
        if (text.AsSpan().ContainsAnyExcept(Plain))
        {
            Raw(JsonSerializer.SerializeToUtf8Bytes(text, ApiJson.Options));
            return;
        }
        Reserve(text.Length);
        Append("\""u8);
        _length += Encoding.UTF8.GetBytes(text, Free);
        Append("\""u8);
    }

    public void Number(long number)
    {
        Reserve(0);
        Append(number);
    }

    /// <summary>Answers with what was written.</summary>
    public readonly async Task Send(HttpContext context)
    {
        var response = context.Response;
        response.ContentType = "application/json; charset=utf-8";
        response.ContentLength = _length;
        await response.BodyWriter.WriteAsync(_bytes.AsMemory(0, _length), context.RequestAborted);
    }

    public readonly void Dispose() => ArrayPool<byte>.Shared.Return(_bytes);

    /// <summary>Makes room for this much, and for what is of limited length around it: names, reason, numbers.</summary>
    private void Reserve(int bytes)
    {
        var needed = _length + bytes + Room;
        if (needed <= _bytes.Length)
            return;

        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(2 * _bytes.Length, needed));
        Written.CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = larger;
    }

    private readonly Span<byte> Free => _bytes.AsSpan(_length);

    private void Append(ReadOnlySpan<byte> json)
    {
        json.CopyTo(Free);
        _length += json.Length;
    }

    private void AppendBucket(double bucket) => _length += BucketText.Write(bucket, Free);

    private void Append(long number)
    {
        Utf8Formatter.TryFormat(number, Free, out var length);
        _length += length;
    }
}
