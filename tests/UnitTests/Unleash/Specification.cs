using System.Runtime.CompilerServices;
using System.Text.Json;

namespace FeatureFlags.UnitTests.Unleash;

/// <summary>One question of the specification, and the answer that every client of Unleash must give.</summary>
/// <param name="File">The part of the specification.</param>
/// <param name="Description">What is asked, in its words.</param>
/// <param name="State">The features and segments it is asked of.</param>
/// <param name="Feature">The feature's name.</param>
/// <param name="Context">Who asks.</param>
/// <param name="Expected">A boolean, or for a variant its object.</param>
internal sealed record SpecificationCase(
    string File,
    string Description,
    UnleashState State,
    string Feature,
    JsonElement Context,
    JsonElement Expected
)
{
    public bool AsksForVariant => Expected.ValueKind == JsonValueKind.Object;

    public string Name => $"{File}: {Description}{(AsksForVariant ? " (variant)" : "")}";
}

/// <summary>
/// The cases of the npm package <c>@unleash/client-specification</c>, restored by <c>npm ci</c> in this folder.
/// </summary>
internal static class Specification
{
    private static readonly string Folder = Path.Combine(Here(), "node_modules/@unleash/client-specification");

    public static bool IsRestored => Directory.Exists(Folder);

    /// <summary>Every case of every file; none where the package is not restored.</summary>
    public static IReadOnlyList<SpecificationCase> Cases { get; } = IsRestored ? [.. Read()] : [];

    private static IEnumerable<SpecificationCase> Read() =>
        from file in JsonIn("index.json").EnumerateArray().Select(name => name.GetString()!)
        let specification = JsonIn(file)
        let state = UnleashState.Of(specification.GetProperty("state"))
        from test in ((string[])["tests", "variantTests"]).SelectMany(list => specification.ArrayOf(list))
        select new SpecificationCase(
            Path.GetFileNameWithoutExtension(file),
            test.TextOf("description")!,
            state,
            test.TextOf("toggleName")!,
            test.GetProperty("context"),
            test.GetProperty("expectedResult")
        );

    private static JsonElement JsonIn(string file) =>
        JsonElement.Parse(File.ReadAllBytes(Path.Combine(Folder, "specifications", file)));

    private static string Here([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;
}
