namespace FeatureFlags.BuildingBlocks;

/// <summary>One environment of one tenant: where flags, segments, audit entries and revisions live.</summary>
public readonly record struct Scope(string Tenant, string Environment)
{
    public const string DefaultEnvironment = "production";

    /// <summary>What a tenant or environment name must look like, for error messages.</summary>
    public const string NameForm = "1 to 63 of a-z, 0-9, '_' and '-', the first a letter or digit";

    public static bool IsName(string? text)
    {
        if (text is not { Length: >= 1 and <= 63 } || text[0] is '_' or '-')
            return false;

        foreach (var c in text)
        {
            if (!char.IsAsciiLetterLower(c) && !char.IsAsciiDigit(c) && c is not ('_' or '-'))
                return false;
        }
        return true;
    }

    public override string ToString() => $"{Tenant}/{Environment}";
}
