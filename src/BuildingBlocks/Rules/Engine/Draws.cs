namespace FeatureFlags.Rules.Engine;

/// <summary>Makes the draws of one flag or segment, each hashing scheme in its own way.</summary>
internal abstract class Draws
{
    public static Draws Of(FlagDefinition flag, string tenant) =>
        flag.Hashing == HashingSchemes.Unleash ? new UnleashDraws(flag) : new XxHash64Draws(tenant, flag.Salt);

    /// <summary>What splits draw from.</summary>
    public abstract Draw Split();

    /// <summary>What percentages draw from.</summary>
    /// <param name="salt">The percentage's own; null: the draw that those without one share.</param>
    public abstract Draw Gate(string? salt);
}

/// <param name="tenant">The tenant.</param>
/// <param name="name">The flag's salt, or what stands for a segment.</param>
internal sealed class XxHash64Draws(string tenant, string name) : Draws
{
    public override Draw Split() => new XxHash64Draw(tenant, name);

    public override Draw Gate(string? salt) =>
        salt is null ? new XxHash64Draw(tenant, name, "gate") : new XxHash64Draw(tenant, name, "gate", salt);
}
