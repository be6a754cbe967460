using System.Text.Json;
using FeatureFlags.Access.Domain;
using FeatureFlags.Access.Tokens;
using FeatureFlags.BuildingBlocks;
using Microsoft.Extensions.Configuration;

namespace FeatureFlags.Access.Keys;

/// <summary>
/// The API keys that this host held last, on its disk: hashes and what they are good for, no text. Whoever can write
/// the folder can change that, as they can change the rules in it; it counts only until the database is reached.
/// </summary>
internal sealed class KeyFile(IConfiguration configuration)
{
    /// <summary>Raised with every change of the form. A host reads its own and no other.</summary>
    private const int Form = 1;

    // A member that is missing, or null, is damage.
    private static readonly JsonSerializerOptions Strict = new()
    {
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

    public string Path { get; } = System.IO.Path.Combine(configuration.LastKnownGoodDirectory(), "api-keys.json");

    /// <exception cref="IOException">It can't be written; what was there before is there still.</exception>
    /// <exception cref="UnauthorizedAccessException">The same.</exception>
    public void Write(IEnumerable<HeldKey> keys)
    {
        var content = new Content(Form, [.. keys.Select(key => new Entry(key.Hash.ToBytes(), key.Terms))]);
        PrivateFile.Replace(Path, file => JsonSerializer.Serialize(file, content));
    }

    /// <returns>None where there is no file.</returns>
    /// <exception cref="InvalidDataException">It is damaged, or of another form.</exception>
    /// <exception cref="IOException">It can't be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The same.</exception>
    public IReadOnlyList<HeldKey> Read()
    {
        if (!File.Exists(Path))
            return [];
        try
        {
            using var file = File.OpenRead(Path);
            var content = JsonSerializer.Deserialize<Content>(file, Strict);
            if (content?.Form != Form)
                throw new InvalidDataException($"it is not of form {Form}, which this version reads");
            return [.. content.Keys.Select(Held)];
        }
        catch (Exception error) when (error is JsonException or ArgumentException)
        {
            throw new InvalidDataException($"it is damaged: {error.Message}");
        }
    }

    // Elements may be null for all that the reader looks at.
    private static HeldKey Held(Entry? entry) =>
        entry is null
            ? throw new JsonException("a key is null")
            : new HeldKey(CredentialHash.Of(entry.Hash), entry.Terms) { IsFromFile = true };

    private sealed record Content(int Form, IReadOnlyList<Entry?> Keys);

    private sealed record Entry(byte[] Hash, KeyTerms Terms);
}
