using System.Buffers;
using System.Globalization;
using System.Text.Json;
using FeatureFlags.BuildingBlocks.Http;
using Serilog.Core;
using Serilog.Events;
using Serilog.Formatting.Display;

namespace FeatureFlags.Host.Observability;

/// <summary>
/// A log event as one line of JSON. Every line has the same members, null where they don't apply; what else an event
/// carries is in its message.
/// </summary>
internal static class JsonLogFormatter
{
    public const string Path = "path";
    public const string Method = "method";
    public const string Status = "status";
    public const string Tenant = "tenant";
    public const string RequestId = "request_id";
    public const string DurationMs = "duration_ms";

    private const string Timestamp = "timestamp";
    private const string Level = "level";
    private const string MessageMember = "message";
    private const string TraceId = "trace_id";
    private const string Exception = "exception";

    private static readonly JsonWriterOptions Options = new() { Encoder = ApiJson.Options.Encoder };

    // Literal strings: a message is for people, who need no quotes around names.
    private static readonly MessageTemplateTextFormatter Message = new("{Message:lj}", CultureInfo.InvariantCulture);

    /// <summary>A writer for lines, to be used for one after the other.</summary>
    public static Utf8JsonWriter WriterTo(IBufferWriter<byte> output) => new(output, Options);

    public static void Format(LogEvent log, Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString(Timestamp, log.Timestamp.UtcDateTime);
        json.WriteString(Level, LevelName(log.Level));
        json.WriteString(MessageMember, MessageOf(log));
        Write(json, log, Path);
        Write(json, log, Method);
        Write(json, log, Status);
        Write(json, log, Tenant);
        Write(json, log, RequestId);
        Write(json, log, DurationMs);
        json.WriteString(TraceId, log.TraceId?.ToHexString());
        if (ValueOf(log, Constants.SourceContextPropertyName) is string logger)
            json.WriteString("logger", logger);
        if (log.Exception is not null)
            json.WriteString(Exception, log.Exception.ToString());
        json.WriteEndObject();
    }

    public static void Format(RequestLine log, Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString(Timestamp, log.Timestamp.UtcDateTime);
        json.WriteString(Level, LevelName(log.Level));
        json.WriteString(MessageMember, $"{log.Method} {log.Path} {log.Status}");
        json.WriteString(Path, log.Path);
        json.WriteString(Method, log.Method);
        json.WriteNumber(Status, log.Status);
        json.WriteString(Tenant, log.Tenant);
        json.WriteString(RequestId, log.RequestId);
        json.WriteNumber(DurationMs, Math.Round(log.Duration.TotalMilliseconds, 3));
        json.WriteString(TraceId, log.TraceId?.ToHexString());
        if (log.Error is not null)
            json.WriteString(Exception, log.Error.ToString());
        json.WriteEndObject();
    }

    public static string LevelName(LogEventLevel level) =>
        level switch
        {
            LogEventLevel.Verbose => "verbose",
            LogEventLevel.Debug => "debug",
            LogEventLevel.Information => "information",
            LogEventLevel.Warning => "warning",
            LogEventLevel.Error => "error",
            _ => "fatal",
        };

    private static string MessageOf(LogEvent log)
    {
        using var text = new StringWriter(CultureInfo.InvariantCulture);
        Message.Format(log, text);
        return text.ToString();
    }

    private static void Write(Utf8JsonWriter json, LogEvent log, string name)
    {
        switch (ValueOf(log, name))
        {
            case int number:
                json.WriteNumber(name, number);
                break;
            case double number:
                json.WriteNumber(name, number);
                break;
            case string text:
                json.WriteString(name, text);
                break;
            default:
                json.WriteNull(name);
                break;
        }
    }

    private static object? ValueOf(LogEvent log, string name) =>
        log.Properties.TryGetValue(name, out var value) ? (value as ScalarValue)?.Value : null;
}
