using FeatureFlags.BuildingBlocks;
using Microsoft.Data.Sqlite;

namespace FeatureFlags.Host.Persistence;

/// <summary>
/// One host per SQLite file: two would each hold compiled rules that the other changes behind its back. The lock goes
/// with the process, however it ends.
/// </summary>
internal sealed class DataFileLock : IDisposable
{
    private readonly FileStream _file;

    private DataFileLock(FileStream file) => _file = file;

    /// <exception cref="ConfigurationException">Another process has it.</exception>
    public static DataFileLock Take(string connectionString)
    {
        var database = Path.GetFullPath(new SqliteConnectionStringBuilder(connectionString).DataSource);
        var folder = Path.GetDirectoryName(database)!;
        if (!Directory.Exists(folder))
        {
            if (OperatingSystem.IsWindows())
                Directory.CreateDirectory(folder);
            else
                Directory.CreateDirectory(
                    folder,
                    UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
                );
        }
        try
        {
            return new DataFileLock(
                new FileStream($"{database}.lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None)
            );
        }
        catch (UnauthorizedAccessException)
        {
            throw new ConfigurationException($"The folder of the database file {database} can't be written to.");
        }
        catch (IOException)
        {
            throw new ConfigurationException(
                $"Another host already uses the database file {database}. SQLite serves one host; for several use PostgreSQL (DB_DSN)."
            );
        }
    }

    public void Dispose() => _file.Dispose();
}
