using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using FeatureFlags.Rules;

namespace FeatureFlags.UnitTests.Unleash;

/// <summary>What a feature means can't be said in our rules language; the message says what.</summary>
internal sealed class NotExpressibleException(string reason) : Exception(reason);

/// <summary>
/// Unleash's features and segments as bodies of <c>POST /v1/flags</c> and <c>/v1/segments</c>, such that every user
/// stays where he is. A feature becomes a flag with <c>"hashing": "unleash"</c>, one rule a strategy, and these variants:
/// <c>disabled</c> where the feature is not enabled, <c>enabled</c> where it is and has no variants, else its own.
/// </summary>
internal sealed class UnleashTranslation(UnleashState state)
{
    public const string Disabled = "disabled";
    public const string Enabled = "enabled";

    /// <summary>The fields a client goes through for the stickiness <c>default</c>, before it takes a random number.</summary>
    private static readonly string[] DefaultStickiness = ["id", "sessionId"];

    public IEnumerable<JsonObject> Segments() =>
        state.Segments.Select(segment => new JsonObject
        {
            ["key"] = SegmentKey(segment.Key),
            ["criteria"] = Conditions.All(segment.Value.ArrayOf("constraints").Select(ConstraintTranslation.Of)),
        });

    /// <exception cref="NotExpressibleException">We have no words for it.</exception>
    public JsonObject Flag(string name)
    {
        if (!Keys.IsValid(name))
            throw new NotExpressibleException("the name is no key: that holds ASCII letters, digits, '.', '_' and '-'");

        var feature = state.Features[name];
        var (prerequisites, dependencies) = DependenciesOf(feature);
        var rules = new JsonArray();
        var splits = new List<Split>();
        foreach (var (strategy, id) in StrategiesOf(feature))
        {
            var when = Conditions.All(dependencies.DeepClone().AsObject(), WhenOf(strategy, name));
            if (SplitOf(feature, strategy, name) is not { } split)
            {
                rules.Add(Rule(id, rules.Count, when, new JsonObject { ["variant"] = Enabled }));
                continue;
            }
            foreach (var (given, rollout) in Overrides(split))
                rules.Add(
                    Rule(
                        $"{id}-override-{rules.Count}",
                        rules.Count,
                        Conditions.All(when.DeepClone().AsObject(), given),
                        rollout
                    )
                );
            if (split.IsDrawn)
                rules.Add(
                    Rule(
                        $"{id}-keyless",
                        rules.Count,
                        Conditions.All([when.DeepClone().AsObject(), .. WithoutKey(split.Stickiness)]),
                        new JsonObject { ["variant"] = Enabled }
                    )
                );
            rules.Add(Rule(id, rules.Count, when, split.Rollout()));
            splits.Add(split);
        }

        var flag = new JsonObject
        {
            ["key"] = name,
            ["state"] = feature.IsTrue("enabled") ? "on" : "off",
            ["hashing"] = "unleash",
            ["variants"] = VariantsOf(splits, rules),
            ["off_variant"] = Disabled,
            ["prerequisites"] = prerequisites,
            ["rules"] = rules,
        };
        // One bucket serves all splits of a flag. A variant that is alone is not drawn for.
        var drawn = splits.Where(split => split.IsDrawn);
        switch (drawn.DistinctBy(split => (split.GroupId, split.Stickiness, split.Total)).ToArray())
        {
            case []:
                break;
            case [var split]:
                flag["salt"] = split.GroupId;
                flag["bucket_by"] = BucketBy(split.Stickiness);
                break;
            default:
                throw new NotExpressibleException("its strategies split users by different groups, fields or totals");
        }
        return flag;
    }

    /// <summary>
    /// What a feature requires of others: prerequisites, and a condition for each of its rules where they can't say it.
    /// </summary>
    private (JsonArray Prerequisites, JsonObject Condition) DependenciesOf(JsonElement feature)
    {
        var prerequisites = new JsonArray();
        var conditions = new List<JsonObject>();
        foreach (var dependency in feature.ArrayOf("dependencies"))
        {
            // A client does not follow dependencies of dependencies: they are not met.
            if (
                !state.Features.TryGetValue(dependency.TextOf("feature")!, out var parent)
                || parent.ArrayOf("dependencies").Any()
            )
            {
                conditions.Add(Conditions.Never());
                continue;
            }

            var key = parent.TextOf("name")!;
            var enabled = EnabledVariants(key);
            if (dependency.TryGetProperty("enabled", out var wanted) && !wanted.GetBoolean())
            {
                conditions.Add(Conditions.Not(new JsonObject { ["flag"] = Giving(key, enabled) }));
                continue;
            }

            var named = dependency.ArrayOf("variants").Select(variant => variant.GetString()!).ToArray();
            // Of a feature that is enabled and has no variants, a client says that its variant is "disabled".
            if (named is not [])
                enabled = [.. enabled.Where(variant => named.Contains(variant == Enabled ? Disabled : variant))];
            if (enabled is [])
                conditions.Add(Conditions.Never());
            else
                prerequisites.Add(Giving(key, enabled));
        }
        return (prerequisites, Conditions.All(conditions));
    }

    private static JsonObject Giving(string flag, string[] variants) =>
        new() { ["key"] = flag, ["variant"] = Conditions.Texts(variants) };

    private string[] EnabledVariants(string feature) =>
        [
            .. Flag(feature)["variants"]!
                .AsArray()
                .Select(variant => variant!["key"]!.GetValue<string>())
                .Where(key => key != Disabled),
        ];

    /// <summary>A feature without strategies is for everyone.</summary>
    private static IEnumerable<(JsonElement? Strategy, string Id)> StrategiesOf(JsonElement feature)
    {
        var strategies = feature.ArrayOf("strategies").ToArray();
        return strategies is []
            ? [(null, "everyone")]
            : strategies.Select((strategy, i) => ((JsonElement?)strategy, $"strategy-{i + 1}"));
    }

    private JsonObject WhenOf(JsonElement? strategy, string feature) =>
        strategy is not { } given
            ? Conditions.Always()
            : Conditions.All([
                .. given.ArrayOf("constraints").Select(ConstraintTranslation.Of),
                .. given.ArrayOf("segments").Select(id => InSegment(id.GetInt32())),
                Activation(given, feature),
            ]);

    private JsonObject InSegment(int id) =>
        state.Segments.ContainsKey(id) ? new JsonObject { ["segment"] = SegmentKey(id) } : Conditions.Never();

    /// <summary>Whom a strategy is for, constraints and segments aside.</summary>
    private static JsonObject Activation(JsonElement strategy, string feature)
    {
        var parameters = strategy.TryGetProperty("parameters", out var given) ? given : default;
        string[] List(string name) => (parameters.TextOf(name) ?? "").Split(',', StringSplitOptions.TrimEntries);
        int Percentage(string name) => int.Parse(parameters.TextOf(name) ?? "0", CultureInfo.InvariantCulture);
        var groupId = parameters.TextOf("groupId") ?? feature;

        return strategy.TextOf("name") switch
        {
            "default" => Conditions.Always(),
            "userWithId" => Conditions.Attribute("id", Conditions.Texts(List("userIds"))),
            "remoteAddress" => ConstraintTranslation.InNetworks("remoteAddress", List("IPs")),
            "gradualRolloutUserId" => Gate(Percentage("percentage"), "userId", groupId),
            "gradualRolloutSessionId" => Gate(Percentage("percentage"), "sessionId", groupId),
            "gradualRolloutRandom" => Gate(Percentage("percentage"), "random", groupId),
            "flexibleRollout" => Gate(Percentage("rollout"), parameters.TextOf("stickiness") ?? "default", groupId),
            "applicationHostname" => throw new NotExpressibleException("it asks for the name of the client's machine"),
            // What a client does not know does not activate.
            _ => Conditions.Never(),
        };
    }

    private static JsonObject Gate(int percentage, string stickiness, string groupId)
    {
        if (stickiness is "random" or "default" && percentage == 100)
            return Conditions.Always(); // Who has no id is given a random one, and no id draws more than 100.
        if (percentage == 0)
            return Conditions.Never();

        return new JsonObject
        {
            ["percentage"] = percentage,
            ["by"] = BucketBy(stickiness),
            ["salt"] = groupId,
        };
    }

    private static JsonNode BucketBy(string stickiness) =>
        stickiness switch
        {
            "default" => Conditions.Texts(DefaultStickiness),
            "random" => throw new NotExpressibleException("a user is given another answer each time"),
            _ => JsonValue.Create(Constraint.PathOf(stickiness)),
        };

    /// <summary>A strategy's own variants come before the feature's. Null: it gives none.</summary>
    private static Split? SplitOf(JsonElement feature, JsonElement? strategy, string name)
    {
        var own = strategy?.ArrayOf("variants").ToArray() ?? [];
        var parameters = strategy is { } s && s.TryGetProperty("parameters", out var given) ? given : default;
        var variants = own is [] ? [.. feature.ArrayOf("variants")] : own;
        if (variants is [])
            return null;
        var split = own is []
            ? new Split(variants, name, variants[0].TextOf("stickiness") ?? "default")
            : new Split(variants, parameters.TextOf("groupId") ?? name, parameters.TextOf("stickiness") ?? "default");
        return split.Total == 0 ? null : split;
    }

    /// <summary>Users whom a variant names get it whatever they draw.</summary>
    private static IEnumerable<(JsonObject When, JsonObject Rollout)> Overrides(Split split) =>
        from variant in split.Variants
        from named in variant.ArrayOf("overrides")
        let values = named.ArrayOf("values").Select(value => value.GetString()!).ToArray()
        where values.Length > 0
        select (
            Conditions.Attribute(Constraint.PathOf(named.TextOf("contextName")!), Conditions.Texts(values)),
            new JsonObject { ["variant"] = variant.TextOf("name") }
        );

    /// <summary>Who has nothing to draw by gets a random variant there; here the feature is enabled and gives none.</summary>
    private static IEnumerable<JsonObject> WithoutKey(string stickiness) =>
        (BucketBy(stickiness) is JsonArray several ? several.Select(path => path!) : [BucketBy(stickiness)]).Select(
            path => Conditions.Attribute(path.GetValue<string>(), new JsonObject { ["exists"] = false })
        );

    private static JsonObject Rule(string id, int order, JsonObject when, JsonObject rollout) =>
        new()
        {
            ["id"] = id,
            ["order"] = order,
            ["when"] = when,
            ["rollout"] = rollout,
        };

    private static JsonArray VariantsOf(IReadOnlyCollection<Split> splits, JsonArray rules)
    {
        var hasEnabled = rules.Any(rule => rule!["rollout"]!["variant"]?.GetValue<string>() == Enabled);
        var variants = new JsonArray(new JsonObject { ["key"] = Disabled, ["weight"] = 1 });
        if (hasEnabled)
            variants.Add(new JsonObject { ["key"] = Enabled, ["weight"] = 0 });
        if (hasEnabled && splits.Count == 0)
        {
            variants[0]!["value"] = false;
            variants[1]!["value"] = true;
        }

        var payloads = new Dictionary<string, JsonNode?>(StringComparer.Ordinal)
        {
            [Disabled] = null,
            [Enabled] = null,
        };
        foreach (var variant in splits.SelectMany(split => split.Variants))
        {
            var name = variant.TextOf("name")!;
            var value = Payload(variant);
            if (payloads.TryGetValue(name, out var known))
            {
                if (!JsonNode.DeepEquals(known, value) || name is Disabled or Enabled)
                    throw new NotExpressibleException($"variant {name} has more than one meaning");
                continue;
            }
            payloads.Add(name, value);
            var written = new JsonObject { ["key"] = name, ["weight"] = 0 };
            if (value is not null)
                written["value"] = value.DeepClone();
            variants.Add(written);
        }
        return variants;
    }

    /// <summary>The payload of a variant as the value it stands for; null where it has none.</summary>
    public static JsonNode? Payload(JsonElement variant)
    {
        if (!variant.TryGetProperty("payload", out var payload))
            return null;
        var text = payload.GetProperty("value").GetString()!;
        return payload.TextOf("type") is "number" or "json" ? JsonNode.Parse(text) : JsonValue.Create(text);
    }

    private static string SegmentKey(int id) => $"unleash-{id}";

    /// <summary>Variants among which users are spread.</summary>
    /// <param name="Variants">As Unleash writes them.</param>
    /// <param name="GroupId">What is hashed with the user.</param>
    /// <param name="Stickiness">The field of the context that is.</param>
    private sealed record Split(JsonElement[] Variants, string GroupId, string Stickiness)
    {
        public bool IsDrawn => Variants.Count(variant => Weight(variant) > 0) > 1;

        public int Total => Variants.Sum(Weight);

        public JsonObject Rollout() =>
            new()
            {
                ["distribution"] = new JsonArray([
                    .. Variants.Select(variant => new JsonObject
                    {
                        ["variant"] = variant.TextOf("name"),
                        ["weight"] = Weight(variant),
                    }),
                ]),
            };

        private static int Weight(JsonElement variant) => variant.GetProperty("weight").GetInt32();
    }
}
