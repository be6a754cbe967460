namespace FeatureFlags.Rules.Json;

/// <summary>
/// What is wrong with an input, by field path (<c>variants[0].weight</c>; <c>""</c> is the document itself).
/// Reading goes on after a problem, so that one answer names everything there is to mend.
/// </summary>
public sealed class Problems
{
    /// <summary>More are not noted: a hundred mistakes are enough for one answer, and a body may hold many more.</summary>
    public const int Most = 100;

    private readonly List<(string Path, string Message)> _items = [];

    public bool Any => _items.Count > 0;

    public IReadOnlyList<(string Path, string Message)> Items => _items;

    /// <summary>Notes that the field at <paramref name="path"/> is wrong; the message says what would be right.</summary>
    public void Add(string path, string message)
    {
        if (_items.Count < Most)
            _items.Add((path, message));
    }

    /// <summary>The first few of them in one line.</summary>
    internal string Summary() => string.Join("; ", _items.Take(3).Select(p => $"{p.Path}: {p.Message}"));

    public bool At(string path) => _items.Exists(p => p.Path == path);

    /// <summary>Whether something is wrong with the array at the path, or with an element of it.</summary>
    public bool AtArray(string path) =>
        At(path) || _items.Exists(p => p.Path.StartsWith($"{path}[", StringComparison.Ordinal));
}
