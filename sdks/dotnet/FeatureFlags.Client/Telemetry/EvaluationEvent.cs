using System.Diagnostics;
using System.Globalization;
using FeatureFlags.Client.Sync;
using FeatureFlags.Rules;

namespace FeatureFlags.Client.Telemetry;

/// <summary>
/// The event <c>feature_flag.evaluation</c> of OpenTelemetry's semantic conventions, on the current activity. Recorded
/// where somebody listens to the source <see cref="Source"/>, which has no activities of its own: that is how an
/// application asks for these events, one per evaluation.
/// </summary>
internal static class EvaluationEvent
{
    public static readonly ActivitySource Source = new(ClientTelemetry.Name);

    private const string Provider = "FeatureFlags";

    // As many as OpenTelemetry's exporters keep of one span: a long one is not to grow without end.
    private const int Most = 128;

    public static void Record<T>(string flagKey, EvaluationContext? user, in FlagDetails<T> details, ClientRules? rules)
    {
        if (Activity.Current is not { IsAllDataRequested: true } activity || IsFull(activity))
            return;

        var tags = new ActivityTagsCollection
        {
            ["feature_flag.key"] = flagKey,
            ["feature_flag.provider.name"] = Provider,
            ["feature_flag.result.reason"] = ReasonOf(details, rules?.Compiled.Find(flagKey)),
        };
        if (details.Variant is not null)
            tags["feature_flag.result.variant"] = details.Variant;
        if (details.ErrorCode is not null)
            tags["error.type"] = ErrorOf(details.ErrorCode);
        if (user?.Id is { } id)
            tags["feature_flag.context.id"] = id;
        if (rules is not null)
            tags["feature_flag.set.id"] = $"{rules.Tenant}/{rules.Environment}";
        if (details.Version > 0)
            tags["feature_flag.version"] = details.Version.ToString(CultureInfo.InvariantCulture);
        activity.AddEvent(new ActivityEvent("feature_flag.evaluation", tags: tags));
    }

    /// <summary>The conventions' word for what decided.</summary>
    public static string ReasonOf<T>(in FlagDetails<T> details, CompiledFlag? flag)
    {
        var ruleId = details.RuleId;
        return details.Reason switch
        {
            Reason.RuleMatch => flag?.Definition.Rules.FirstOrDefault(rule => rule.Id == ruleId)?.Rollout
                is { Count: > 1 }
                ? "split"
                : "targeting_match",
            Reason.DefaultDistribution when flag?.Definition.Variants.Count(variant => variant.Weight > 0) > 1 =>
                "split",
            Reason.DefaultDistribution => flag?.Definition.Rules is { Count: > 0 } ? "default" : "static",
            Reason.FlagOff => "disabled",
            Reason.PrerequisiteFailed => "default",
            _ => "error",
        };
    }

    private static bool IsFull(Activity activity)
    {
        var events = 0;
        foreach (ref readonly var _ in activity.EnumerateEvents())
            events++;
        return events >= Most;
    }

    private static string ErrorOf(string code) =>
        code switch
        {
            EvaluationErrors.BucketKeyMissing => "targeting_key_missing",
            EvaluationErrors.DefinitionUnreadable => "parse_error",
            FlagErrors.InvalidArgument => "invalid_context",
            FlagErrors.FlagNotFound or FlagErrors.TypeMismatch or FlagErrors.NotReady => code,
            _ => "general",
        };
}
