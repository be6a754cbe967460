using System.Buffers;
using System.Text;

namespace FeatureFlags.Client.Sync;

/// <param name="Name">Its type; empty for a heartbeat.</param>
/// <param name="Id">The cursor after it; null where it names none.</param>
/// <param name="Data">UTF-8; good until the next event is read.</param>
internal readonly record struct ServerEvent(string Name, string? Id, ReadOnlyMemory<byte> Data);

/// <summary>
/// Reads server-sent events. Unlike the framework's parser it tells of events without data too: a heartbeat shows that the
/// stream lives, and may move the cursor. Lines end in LF or CRLF; a lone CR, which nobody sends, ends none.
/// </summary>
/// <param name="stream">Where they come from.</param>
/// <param name="clock">Measures the patience.</param>
internal sealed class EventReader(Stream stream, TimeProvider clock)
{
    private const int Chunk = 16 * 1024;

    // What one big snapshot took is not held for the life of the stream.
    private const int Kept = 1024 * 1024;

    private byte[] _buffer = new byte[Chunk];
    private int _start;
    private int _end;
    private ArrayBufferWriter<byte> _data = new();

    /// <param name="patience">How long no byte may come.</param>
    /// <returns>The next event; null when the stream has ended.</returns>
    /// <exception cref="TimeoutException">Nothing came for so long.</exception>
    public async Task<ServerEvent?> Next(TimeSpan patience, CancellationToken ct)
    {
        Forget();
        var (name, id, any) = ("", (string?)null, false);
        while (true)
        {
            if (await Line(patience, ct).ConfigureAwait(false) is not { } line)
                return null;
            if (line.Length == 0)
            {
                if (any)
                    return new ServerEvent(name, id, _data.WrittenMemory);
                continue;
            }
            any = true;
            Take(line.Span, ref name, ref id);
        }
    }

    private void Take(ReadOnlySpan<byte> line, ref string name, ref string? id)
    {
        var colon = line.IndexOf((byte)':');
        var field = colon < 0 ? line : line[..colon];
        var value = colon < 0 ? [] : line[(colon + 1)..];
        if (value is [(byte)' ', ..])
            value = value[1..];

        if (field.SequenceEqual("data"u8))
        {
            if (_data.WrittenCount > 0)
                _data.Write("\n"u8);
            _data.Write(value);
        }
        else if (field.SequenceEqual("event"u8))
            name = Encoding.UTF8.GetString(value);
        else if (field.SequenceEqual("id"u8))
            id = Encoding.UTF8.GetString(value);
    }

    /// <returns>The next line without its end; null when there is none.</returns>
    private async ValueTask<ReadOnlyMemory<byte>?> Line(TimeSpan patience, CancellationToken ct)
    {
        var searched = 0;
        while (true)
        {
            var length = _buffer.AsSpan(_start + searched, _end - _start - searched).IndexOf((byte)'\n');
            if (length >= 0)
            {
                var line = _buffer.AsMemory(_start, searched + length);
                _start += line.Length + 1;
                return line.Span is [.., (byte)'\r'] ? line[..^1] : line;
            }
            searched = _end - _start;
            MakeRoom();
            var read = await Patience
                .Wait(stop => stream.ReadAsync(_buffer.AsMemory(_end), stop).AsTask(), patience, clock, ct)
                .ConfigureAwait(false);
            if (read == 0)
                return null;
            _end += read;
        }
    }

    private void MakeRoom()
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }
        if (_buffer.Length - _end < Chunk)
            Array.Resize(ref _buffer, _buffer.Length * 2);
    }

    private void Forget()
    {
        if (_data.Capacity > Kept)
            _data = new ArrayBufferWriter<byte>();
        else
            _data.ResetWrittenCount();
        if (_buffer.Length > Kept && _end - _start < Chunk)
        {
            var rest = _buffer.AsSpan(_start, _end - _start);
            var buffer = new byte[2 * Chunk];
            rest.CopyTo(buffer);
            (_buffer, _start, _end) = (buffer, 0, rest.Length);
        }
    }
}
