namespace FeatureFlags.BuildingBlocks;

/// <summary>Gathers what is wrong by field path, to say it all at once.</summary>
public sealed class FieldErrors
{
    private readonly Dictionary<string, List<string>> _messages = new(StringComparer.Ordinal);

    public void Add(string path, string message)
    {
        if (!_messages.TryGetValue(path, out var messages))
            _messages[path] = messages = [];
        messages.Add(message);
    }

    /// <exception cref="InvalidFieldsException">Something was added.</exception>
    public void Throw()
    {
        if (_messages.Count > 0)
            throw new InvalidFieldsException(_messages.ToDictionary(m => m.Key, m => m.Value.ToArray()));
    }
}
