using FeatureFlags.BuildingBlocks;
using FeatureFlags.Host.Persistence;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;

namespace FeatureFlags.Host;

/// <summary>How the process ends when it can't begin.</summary>
internal static class Startup
{
    /// <summary>What to tell whoever set it up; null for an error that is not theirs, which keeps its stack trace.</summary>
    public static string? Refusal(Exception error) =>
        error switch
        {
            ConfigurationException => error.Message,
            OptionsValidationException => error.Message,
            IOException { InnerException: AddressInUseException } => error.Message,
            _ => null,
        };

    /// <summary>
    /// A start-up step that fails stops the host without saying so to whoever started it: the failure is thrown here.
    /// </summary>
    public static async Task ThrowStartFailure(IServiceProvider services)
    {
        var startup = services.GetServices<IHostedService>().OfType<DatabaseStartup>().Single();
        if (startup.ExecuteTask is { IsFaulted: true } failed)
            await failed;
    }
}
