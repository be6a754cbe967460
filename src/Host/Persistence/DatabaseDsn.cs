using System.Net;
using FeatureFlags.BuildingBlocks;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace FeatureFlags.Host.Persistence;

/// <summary>Which database to use, from <c>DB_DSN</c> and <c>DATA_DIR</c>.</summary>
internal sealed record DatabaseDsn(bool IsSqlite, string ConnectionString)
{
    // A write has to be refused within 2 s when the database is away, connecting included.
    private const int ConnectSeconds = 1;
    private const int CommandSeconds = 5;

    /// <param name="dsn"><c>Data Source=FILE</c>, <c>Host=…;…</c>, <c>postgres://user:pw@host:port/db</c>, or null for
    /// SQLite.</param>
    /// <param name="dataDirectory">Where SQLite's file goes unless the DSN names one.</param>
    /// <exception cref="ConfigurationException">None of these.</exception>
    public static DatabaseDsn Parse(string? dsn, string dataDirectory)
    {
        if (string.IsNullOrWhiteSpace(dsn))
            return Sqlite($"Data Source={Path.Combine(dataDirectory, "featureflags.db")}");
        try
        {
            if (
                dsn.StartsWith("postgres://", StringComparison.Ordinal)
                || dsn.StartsWith("postgresql://", StringComparison.Ordinal)
            )
                return Postgres(FromUri(new Uri(dsn)));
            if (dsn.StartsWith("Data Source", StringComparison.OrdinalIgnoreCase))
                return Sqlite(dsn);
            if (dsn.Contains("Host=", StringComparison.OrdinalIgnoreCase))
                return Postgres(new NpgsqlConnectionStringBuilder(dsn));
        }
        catch (Exception error) when (error is ArgumentException or FormatException)
        {
            // Not the inner message: it may quote the password.
        }
        throw new ConfigurationException(
            "DB_DSN must be 'Data Source=FILE' (SQLite), 'Host=…;Database=…;…' or 'postgres://user:password@host:port/db'."
        );
    }

    private static DatabaseDsn Sqlite(string text)
    {
        var parsed = new SqliteConnectionStringBuilder(text) { DefaultTimeout = CommandSeconds };
        if (parsed.DataSource is "" or ":memory:" || parsed.Mode == SqliteOpenMode.Memory)
            throw new ConfigurationException(
                "DB_DSN must name a file: a database in memory would lose what was acknowledged."
            );
        return new DatabaseDsn(IsSqlite: true, parsed.ConnectionString);
    }

    private static DatabaseDsn Postgres(NpgsqlConnectionStringBuilder parsed)
    {
        if (!parsed.ContainsKey("Timeout"))
            parsed.Timeout = ConnectSeconds;
        if (!parsed.ContainsKey("Command Timeout"))
            parsed.CommandTimeout = CommandSeconds;
        return new DatabaseDsn(IsSqlite: false, parsed.ConnectionString);
    }

    private static NpgsqlConnectionStringBuilder FromUri(Uri uri)
    {
        var user = uri.UserInfo.Split(':', 2);
        var parsed = new NpgsqlConnectionStringBuilder
        {
            Host = uri.Host,
            Port = uri.IsDefaultPort || uri.Port < 0 ? 5432 : uri.Port,
            Database = WebUtility.UrlDecode(uri.AbsolutePath.TrimStart('/')),
        };
        if (user[0] is not "")
            parsed.Username = WebUtility.UrlDecode(user[0]);
        if (user.Length == 2)
            parsed.Password = WebUtility.UrlDecode(user[1]);
        foreach (var option in uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var pair = option.Split('=', 2);
            parsed[pair[0] is "sslmode" ? "SSL Mode" : pair[0]] = WebUtility.UrlDecode(pair[^1]);
        }
        return parsed;
    }
}
