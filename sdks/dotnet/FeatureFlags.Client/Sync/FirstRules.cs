namespace FeatureFlags.Client.Sync;

/// <summary>What a client has before it has heard of the service.</summary>
internal static class FirstRules
{
    /// <returns>The newer of what the file and the bootstrap hold; null when neither is any good.</returns>
    public static ClientRules? Of(FlagClientOptions options, CacheFile? file, FlagState state)
    {
        var isNamed = options.Tenant is not null && options.Environment is not null;
        var kept = Try("cache file", () => file?.Read(isNamed || options.Offline));
        var brought = Try(
            "bootstrap",
            () =>
                options.Bootstrap is { } bootstrap
                    ? RuleDocument.Read(bootstrap.Read()) with
                    {
                        Source = RulesSource.Bootstrap,
                    }
                    : null
        );
        return kept is null || brought?.At.Revision > kept.At.Revision ? brought : kept;

        ClientRules? Try(string what, Func<ClientRules?> read)
        {
            try
            {
                var rules = read();
                return rules is null || rules.IsOf(options.Tenant, options.Environment)
                    ? rules
                    : throw new InvalidDataException($"it holds the rules of {rules.Tenant}/{rules.Environment}");
            }
            // Whatever it is: the application starts all the same.
            catch (Exception error)
            {
                state.FileFailed($"The {what} is left out: {error.Message}");
                return null;
            }
        }
    }
}
