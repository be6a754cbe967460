using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Outbox;
using FeatureFlags.Evaluation.Domain;
using FeatureFlags.Flags.Contracts;
using FeatureFlags.Rules;
using FeatureFlags.Segments.Contracts;

namespace FeatureFlags.Evaluation.LastKnownGood;

/// <summary>
/// The form of a last-known-good file: eight bytes that say what it is, the number of the form, the SHA-256 of the rest,
/// the rest. Numbers are little-endian; a text is UTF-8 after its length. The hash tells damage, not an intruder: whoever
/// can write the folder can change the rules.
/// </summary>
internal static class RuleFile
{
    /// <summary>Raised with every change of the form. A host reads its own and no other.</summary>
    public const int Form = 1;

    private const int FormAt = 8;
    private const int HashAt = FormAt + sizeof(int);
    private const int BodyAt = HashAt + SHA256.HashSizeInBytes;

    private static ReadOnlySpan<byte> Name => "FFRULES\n"u8;

    /// <param name="file">Empty; can be read and sought.</param>
    public static void Write(Stream file, StoredRules rules)
    {
        using var writer = new BinaryWriter(file, Encoding.UTF8, leaveOpen: true);
        writer.Write(Name);
        writer.Write(Form);
        // The hash's place.
        writer.Write(new byte[SHA256.HashSizeInBytes]);
        WriteBody(writer, rules);
        writer.Flush();

        file.Position = BodyAt;
        var hash = SHA256.HashData(file);
        file.Position = HashAt;
        file.Write(hash);
    }

    /// <exception cref="InvalidDataException">It is damaged, cut off, or of another form.</exception>
    public static StoredRules Read(Stream file)
    {
        Span<byte> start = stackalloc byte[BodyAt];
        if (file.ReadAtLeast(start, BodyAt, throwOnEndOfStream: false) < BodyAt || !start.StartsWith(Name))
            throw new InvalidDataException("it does not begin as such a file does");
        if (BinaryPrimitives.ReadInt32LittleEndian(start[FormAt..]) is var form and not Form)
            throw new InvalidDataException($"it is of form {form}, and this version reads form {Form}");
        if (!start[HashAt..].SequenceEqual(SHA256.HashData(file)))
            throw new InvalidDataException("it is damaged or cut off: its checksum is another");

        file.Position = BodyAt;
        using var reader = new BinaryReader(file, Encoding.UTF8, leaveOpen: true);
        return ReadBody(reader);
    }

    private static void WriteBody(BinaryWriter writer, StoredRules rules)
    {
        writer.Write(rules.Head.Scope.Tenant);
        writer.Write(rules.Head.Scope.Environment);
        writer.Write(rules.Head.Revision);
        writer.Write(rules.Head.EventId);
        writer.Write(rules.Flags.Count);
        foreach (var flag in rules.Flags)
        {
            writer.Write(flag.Key);
            writer.Write(flag.Version);
            writer.Write(flag.Json);
        }
        writer.Write(rules.Segments.Count);
        foreach (var segment in rules.Segments)
        {
            writer.Write(segment.Key);
            writer.Write(segment.Version);
            writer.Write(segment.Json);
            writer.Write(segment.Position);
            WriteSet(writer, segment.Included);
            WriteSet(writer, segment.Excluded);
        }
    }

    private static StoredRules ReadBody(BinaryReader reader)
    {
        var scope = new Scope(reader.ReadString(), reader.ReadString());
        var head = new ScopeHead(scope, reader.ReadInt64(), reader.ReadString());
        var flags = new FlagDocument[reader.ReadInt32()];
        for (var i = 0; i < flags.Length; i++)
            flags[i] = new FlagDocument(reader.ReadString(), reader.ReadInt64(), reader.ReadString());
        var segments = new SegmentDocument[reader.ReadInt32()];
        for (var i = 0; i < segments.Length; i++)
        {
            segments[i] = new SegmentDocument(
                reader.ReadString(),
                reader.ReadInt64(),
                reader.ReadString(),
                reader.ReadInt64(),
                ReadSet(reader),
                ReadSet(reader)
            );
        }
        return new StoredRules(head, flags, segments);
    }

    private static void WriteSet(BinaryWriter writer, MemberSet ids)
    {
        writer.Write(ids.Count);
        foreach (var id in ids.List())
            writer.Write(id);
    }

    private static MemberSet ReadSet(BinaryReader reader) =>
        MemberSet.Of(Enumerable.Range(0, reader.ReadInt32()).Select(_ => reader.ReadString()));
}
