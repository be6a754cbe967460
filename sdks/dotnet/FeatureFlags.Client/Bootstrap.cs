using System.Text;

namespace FeatureFlags.Client;

/// <summary>
/// Rules that an application brings along, in the form of an answer of <c>GET /v1/sdk/rules</c>: they are in force until
/// better ones are there.
/// </summary>
public sealed class Bootstrap
{
    private readonly Func<byte[]> _read;

    private Bootstrap(Func<byte[]> read) => _read = read;

    /// <summary>From a file, read when the client is created.</summary>
    public static Bootstrap FromFile(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return new(() => File.ReadAllBytes(path));
    }

    /// <summary>From text.</summary>
    public static Bootstrap FromJson(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        return new(() => Encoding.UTF8.GetBytes(json));
    }

    /// <summary>From a stream, e.g. of an embedded resource, read now to its end.</summary>
    public static Bootstrap FromStream(Stream json)
    {
        ArgumentNullException.ThrowIfNull(json);
        using var copy = new MemoryStream();
        json.CopyTo(copy);
        var bytes = copy.ToArray();
        return new(() => bytes);
    }

    /// <exception cref="IOException">The file can't be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The same.</exception>
    internal byte[] Read() => _read();
}
