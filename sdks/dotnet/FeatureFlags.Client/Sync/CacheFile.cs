using System.Security.Cryptography;
using System.Text;

namespace FeatureFlags.Client.Sync;

/// <summary>
/// The rules a client knew last, on disk: a line that says what the file is, whose, and the SHA-256 of the rest; the rest
/// is what <see cref="RuleDocument"/> writes. The hash tells damage, not an intruder: whoever can write the file can change
/// the rules.
/// </summary>
/// <param name="path">Its place.</param>
/// <param name="owner">Tells one key's file from another's; says nothing of the key.</param>
internal sealed class CacheFile(string path, string owner)
{
    private const string Form = "featureflags-rules 1";
    private const string Unfinished = ".unfinished";
    private const int OwnerLength = 16;
    private const int HeadLength = 20 + 1 + OwnerLength + 1 + 64 + 1;

    private static readonly TimeSpan Abandoned = TimeSpan.FromHours(1);

    private string Folder => Path.GetDirectoryName(Path.GetFullPath(path))!;

    public static CacheFile For(FlagClientOptions options, string path)
    {
        var secret = Encoding.UTF8.GetBytes($"{options.BaseAddress}\n{options.ApiKey}");
        return new CacheFile(path, Convert.ToHexString(SHA256.HashData(secret))[..OwnerLength]);
    }

    /// <param name="isNamed">Whether the client knows by other means whose rules it wants: then any owner's will do.</param>
    /// <returns>Null where there is no file.</returns>
    /// <exception cref="InvalidDataException">It is damaged, of another form, or another's.</exception>
    /// <exception cref="IOException">It can't be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The same.</exception>
    public ClientRules? Read(bool isNamed)
    {
        if (!File.Exists(path))
            return null;

        var file = File.ReadAllBytes(path);
        var head = Encoding.ASCII.GetString(file.AsSpan(0, Math.Min(HeadLength, file.Length)));
        if (head.Length < HeadLength || !head.StartsWith($"{Form} ", StringComparison.Ordinal))
            throw new InvalidDataException("it does not begin as such a file does");
        var body = file.AsMemory(HeadLength);
        if (head != Head(head.Substring(Form.Length + 1, OwnerLength), SHA256.HashData(body.Span)))
            throw new InvalidDataException("it is damaged or cut off: its checksum is another");
        if (!isNamed && head.Substring(Form.Length + 1, OwnerLength) != owner)
            throw new InvalidDataException("it was written with another key, or from another service");
        return RuleDocument.Read(body) with { Source = RulesSource.CacheFile };
    }

    /// <summary>Replaces it as a whole.</summary>
    /// <exception cref="IOException">It can't be written; what was there before is there still.</exception>
    /// <exception cref="UnauthorizedAccessException">The same.</exception>
    public void Write(ClientRules rules)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;

        Directory.CreateDirectory(Folder);
        // Of its own: should two processes have been given one file, each of them replaces it as a whole.
        var unfinished = $"{path}.{Environment.ProcessId}-{Guid.NewGuid():N}{Unfinished}";
        try
        {
            using (var file = new FileStream(unfinished, options))
            {
                file.SetLength(HeadLength);
                file.Position = HeadLength;
                RuleDocument.Write(file, rules);
                file.Position = HeadLength;
                var hash = SHA256.HashData(file);
                file.Position = 0;
                file.Write(Encoding.ASCII.GetBytes(Head(owner, hash)));
                file.Flush(flushToDisk: true);
            }
            // After a power cut the name leads to the old file or to the new one: both are whole.
            File.Move(unfinished, path, overwrite: true);
        }
        finally
        {
            File.Delete(unfinished);
        }
    }

    /// <summary>Deletes what processes that were killed while they wrote have left behind.</summary>
    public void Sweep(DateTimeOffset now)
    {
        try
        {
            foreach (var file in Directory.EnumerateFiles(Folder, $"{Path.GetFileName(path)}.*{Unfinished}"))
            {
                if (now - File.GetLastWriteTimeUtc(file) > Abandoned)
                    File.Delete(file);
            }
        }
        // They are in nobody's way.
        catch (Exception) { }
    }

    private static string Head(string owner, byte[] hash) => $"{Form} {owner} {Convert.ToHexString(hash)}\n";
}
