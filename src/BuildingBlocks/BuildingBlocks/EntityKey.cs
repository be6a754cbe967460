namespace FeatureFlags.BuildingBlocks;

/// <summary>The form of flag and segment keys.</summary>
public static class EntityKey
{
    public const string Form = "1 to 128 of A-Z, a-z, 0-9, '.', '_' and '-', the first a letter or digit";

    public static bool IsValid(string? text)
    {
        if (text is not { Length: >= 1 and <= 128 } || !char.IsAsciiLetterOrDigit(text[0]))
            return false;

        foreach (var c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('.' or '_' or '-'))
                return false;
        }
        return true;
    }
}
