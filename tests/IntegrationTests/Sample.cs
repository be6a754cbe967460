namespace FeatureFlags.IntegrationTests;

/// <summary>Flags and segments that tests write, as the API takes them.</summary>
internal static class Sample
{
    /// <summary>An on flag with the variants <c>on</c> and <c>off</c>, everyone <c>off</c> unless a rule says otherwise.</summary>
    public static Dictionary<string, object> Flag(string key, params object[] rules) =>
        new()
        {
            ["key"] = key,
            ["state"] = "on",
            ["variants"] = new object[]
            {
                new
                {
                    key = "on",
                    weight = 0,
                    value = true,
                },
                new
                {
                    key = "off",
                    weight = 100,
                    value = false,
                },
            },
            ["rules"] = rules,
        };

    public static object Rule(string id, object when, string variant = "on", int order = 1) =>
        new
        {
            id,
            order,
            when,
            rollout = new { variant },
        };
}
