using System.IO.Pipelines;

namespace FeatureFlags.BuildingBlocks.Streaming;

/// <summary>How many bytes get to a client that may be slow, or take none, without piling up here.</summary>
public static class PatientWriting
{
    /// <summary>A client that takes nothing for so long is not waited for any more.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    // A client that takes so much is taking what it is sent, however long all of it lasts.
    private const int Piece = 64 * 1024;

    /// <summary>Writes in pieces, each when the client has taken enough of those before.</summary>
    /// <exception cref="TimeoutException">It takes nothing.</exception>
    public static async ValueTask WritePatiently(
        this PipeWriter body,
        ReadOnlyMemory<byte> bytes,
        TimeProvider clock,
        CancellationToken ct
    )
    {
        for (; bytes.Length > Piece; bytes = bytes[Piece..])
            await WritePiece(bytes[..Piece]);
        await WritePiece(bytes);

        ValueTask WritePiece(ReadOnlyMemory<byte> piece)
        {
            var written = body.WriteAsync(piece, ct);
            return written.IsCompletedSuccessfully
                ? ValueTask.CompletedTask
                : new ValueTask(written.AsTask().WaitAsync(Patience, clock, ct));
        }
    }
}
