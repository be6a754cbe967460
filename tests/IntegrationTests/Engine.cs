namespace FeatureFlags.IntegrationTests;

/// <summary>The databases that every behaviour holds on.</summary>
public enum Engine
{
    Sqlite,
    Postgres,
}
