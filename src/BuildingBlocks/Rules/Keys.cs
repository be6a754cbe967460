namespace FeatureFlags.Rules;

/// <summary>The form of the keys of flags, segments and variants: <c>^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$</c>.</summary>
public static class Keys
{
    public const string Form =
        "must start with a letter or digit, and hold at most 128 letters, digits, dots, dashes and underscores";

    public static bool IsValid(string key)
    {
        if (key.Length is 0 or > Limits.KeyLength || !char.IsAsciiLetterOrDigit(key[0]))
            return false;
        foreach (var c in key)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('.' or '_' or '-'))
                return false;
        }
        return true;
    }
}
