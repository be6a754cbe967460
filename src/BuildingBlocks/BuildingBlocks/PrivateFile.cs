namespace FeatureFlags.BuildingBlocks;

/// <summary>Files that only the service's user may read, and that are there whole or as they were before.</summary>
public static class PrivateFile
{
    /// <summary>Replaces a file, or makes it, and the folder it is in.</summary>
    /// <param name="write">Writes all of it; the stream can be read and sought too.</param>
    /// <returns>Its size in bytes.</returns>
    /// <exception cref="IOException">It can't be written; what was there before is there still.</exception>
    /// <exception cref="UnauthorizedAccessException">The same.</exception>
    public static long Replace(string path, Action<Stream> write)
    {
        var folder = Path.GetDirectoryName(path)!;
        var options = new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.ReadWrite,
            Share = FileShare.Delete,
        };
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(folder);
        else
        {
            Directory.CreateDirectory(
                folder,
                UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
            );
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        // One name, so that what a crash left behind is overwritten the next time.
        var unfinished = $"{path}.tmp";
        long bytes;
        using (var file = new FileStream(unfinished, options))
        {
            try
            {
                write(file);
                file.Flush(flushToDisk: true);
                bytes = file.Length;
            }
            catch
            {
                // A disk that is full gets its space back.
                File.Delete(unfinished);
                throw;
            }
        }
        // After a power cut the name leads to the old file or to the new one: both are whole.
        File.Move(unfinished, path, overwrite: true);
        return bytes;
    }
}
