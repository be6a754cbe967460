namespace FeatureFlags.Access.Tokens;

internal static class TokenClaims
{
    public const string Subject = "sub";
    public const string Scopes = "scopes";
    public const string Tenants = "tenants";

    public const string SubjectForm = "1 to 256 characters, none of them a control character";

    /// <summary>Whether a text may name an actor, in the audit log too.</summary>
    public static bool IsSubject(string? text) =>
        text is { Length: >= 1 and <= 256 } && !text.Any(char.IsControl) && !string.IsNullOrWhiteSpace(text);
}
