using System.Globalization;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace FeatureFlags.Client;

/// <summary>
/// Unhealthy without any rules; degraded while changes may be missed, or the cache file is of no use; its data say what is
/// in force and what is wrong.
/// </summary>
internal sealed class FlagHealthCheck(FlagClient client) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken)
    {
        var status = client.Status;
        var data = new Dictionary<string, object>
        {
            ["connection"] = status.Connection.ToString(),
            ["source"] = status.Source.ToString(),
        };
        if (status.Revision is { } revision)
            data["revision"] = revision;
        if (status.Age is { } age)
            data["age_seconds"] = age.TotalSeconds;
        if (status.StaleSince is { } since)
            data["stale_since"] = since.ToString("O", CultureInfo.InvariantCulture);
        if (status.LastError is { } error)
            data["last_error"] = error;
        if (status.FileError is { } fileError)
            data["file_error"] = fileError;

        return Task.FromResult(
            status switch
            {
                { Source: RulesSource.None } => new HealthCheckResult(
                    context.Registration.FailureStatus,
                    status.LastError ?? status.FileError ?? "No rules yet.",
                    data: data
                ),
                { StaleSince: not null } => HealthCheckResult.Degraded(
                    status.LastError ?? "The service was not reached yet.",
                    data: data
                ),
                { FileError: { } why } => HealthCheckResult.Degraded(why, data: data),
                _ => HealthCheckResult.Healthy(data: data),
            }
        );
    }
}
