using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using FeatureFlags.Flags.Domain;
using FeatureFlags.Rules;
using FeatureFlags.Segments.Domain;

namespace FeatureFlags.UnitTests.Unleash;

/// <summary>
/// What Unleash asks of its own clients, asked of its features as we write them: each case of its specification is
/// translated, read as a write would be, and evaluated.
/// </summary>
internal sealed class SpecificationTests
{
    private const int Total = 279;

    /// <summary>The cases we have no words for, and why; each is tried all the same.</summary>
    private static readonly Dictionary<string, string> NotExpressed = new(StringComparer.Ordinal)
    {
        ["18-utf8-flag-names: Feature.UTF-8.Hellø_Wørld feature toggle should be enabled"] =
            "a flag's key is ASCII: the flag has to get another name, by which callers have to ask",
        ["18-utf8-flag-names: Feature.UTF-8.😊_φriend_你好_🌍 feature toggle should be enabled"] =
            "a flag's key is ASCII: the flag has to get another name, by which callers have to ask",
    };

    private static IEnumerable<TestCaseData> Cases =>
        Specification.Cases.Select(test =>
            new TestCaseData(test).SetName(test.Name.Replace('(', '[').Replace(')', ']'))
        );

    [TestCaseSource(nameof(Cases))]
    public void A_case_is_answered_as_specified(SpecificationCase test)
    {
        if (NotExpressed.ContainsKey(test.Name))
            Assert.That(() => AnswerTo(test), Throws.InstanceOf<NotExpressibleException>(), "it can be said now");
        else
            Assert.That(AnswerTo(test), Is.EqualTo(ExpectedOf(test)));
    }

    [Test]
    public void All_cases_of_the_specification_are_asked_and_all_but_two_are_expressed()
    {
        RequireSpecification();

        var names = Specification.Cases.Select(test => test.Name).ToArray();
        Assert.That(names, Is.Unique);
        Assert.That(names, Has.Length.EqualTo(Total));
        Assert.That(NotExpressed.Keys, Is.SubsetOf(names));
        Assert.That(
            File.ReadAllText(RulesPage()),
            Does.Contain($"{Total - NotExpressed.Count} of {Total} cases"),
            "docs/rules.md states the count"
        );
    }

    [Test]
    public void The_documentation_names_every_operator_that_is_translated()
    {
        var page = File.ReadAllText(RulesPage());

        Assert.That(
            ConstraintTranslation.Operators.Keys.Where(name => !page.Contains($"`{name}`", StringComparison.Ordinal)),
            Is.Empty
        );
    }

    /// <summary>What a client would say: whether the feature is enabled, and with which variant and payload.</summary>
    private sealed record Answer(bool IsEnabled, string? Variant, string? Payload);

    private static Answer ExpectedOf(SpecificationCase test)
    {
        if (!test.AsksForVariant)
            return new Answer(test.Expected.GetBoolean(), null, null);

        var isVariant = test.Expected.IsTrue("enabled");
        return new Answer(
            test.Expected.IsTrue("feature_enabled"),
            isVariant ? test.Expected.TextOf("name") : null,
            isVariant ? UnleashTranslation.Payload(test.Expected)?.ToJsonString() : null
        );
    }

    private static Answer AnswerTo(SpecificationCase test)
    {
        if (Rules(test.State).Find(test.Feature) is not { } flag)
        {
            // Unknown there too; else it was not expressible, which this says.
            if (test.State.Features.ContainsKey(test.Feature))
                new UnleashTranslation(test.State).Flag(test.Feature);
            return new Answer(false, null, null);
        }

        var evaluation = flag.Evaluate(ContextOf(test.Context));
        Assert.That(evaluation.Reason, Is.Not.EqualTo(Reason.Error), evaluation.Error);
        var isEnabled = evaluation.Variant != UnleashTranslation.Disabled;
        return test.AsksForVariant && isEnabled && evaluation.Variant != UnleashTranslation.Enabled
            ? new Answer(isEnabled, evaluation.Variant, evaluation.Value?.GetRawText())
            : new Answer(isEnabled, null, null);
    }

    /// <summary>Everything of a state that can be expressed, read as the API reads it.</summary>
    private static RuleSet Rules(UnleashState state)
    {
        var translation = new UnleashTranslation(state);
        var segments = translation.Segments().Select(body => SegmentDraft.Read(Json(body))).ToArray();
        var flags = new List<FlagDraft>();
        foreach (var name in state.Features.Keys)
        {
            try
            {
                flags.Add(FlagDraft.Read(Json(translation.Flag(name))));
            }
            catch (NotExpressibleException)
            {
                // Reported by the cases that ask for it.
            }
        }

        Assert.That(segments.SelectMany(draft => draft.Problems.Items), Is.Empty);
        Assert.That(flags.SelectMany(draft => FlagDraftValidator.Instance.Validate(draft).Errors), Is.Empty);
        var rules = RuleSet
            .Empty("acme")
            .With(
                new RuleSetChange
                {
                    Flags = [.. flags.Select(draft => draft.Definition!)],
                    Segments = [.. segments.Select(draft => draft.Definition!)],
                }
            );
        Assert.That(
            flags.SelectMany(draft => draft.Definition!.References).Where(reference => !IsKnown(rules, reference)),
            Is.Empty,
            "the API would refuse what refers to nothing"
        );
        return rules;
    }

    private static bool IsKnown(RuleSet rules, Reference reference) =>
        reference.Kind == ReferenceKind.Segment
            ? rules.FindSegment(reference.Key) is not null
            : rules.Find(reference.Key) is { } flag
                && reference.Variants.All(variant => flag.Definition.Variants.Any(v => v.Key == variant));

    /// <summary>The fields of Unleash's context and its properties side by side; <c>userId</c> is the user's id.</summary>
    private static EvaluationContext ContextOf(JsonElement context)
    {
        var attributes = new JsonObject();
        foreach (var field in context.EnumerateObject().Where(field => field.Name is not ("userId" or "properties")))
            attributes[field.Name] = JsonNode.Parse(field.Value.GetRawText());
        if (context.TryGetProperty("properties", out var properties))
        {
            foreach (var property in properties.EnumerateObject())
                attributes.TryAdd(property.Name, JsonNode.Parse(property.Value.GetRawText()));
        }
        return EvaluationContext.FromJson(context.TextOf("userId"), Json(attributes));
    }

    private static void RequireSpecification()
    {
        if (Specification.IsRestored)
            return;

        const string Message = "Unleash's specification is not restored: run npm ci in tests/UnitTests/Unleash.";
        if (Environment.GetEnvironmentVariable("CI") == "true")
            Assert.Fail(Message);
        Assert.Ignore(Message);
    }

    private static JsonElement Json(JsonNode node) => JsonElement.Parse(node.ToJsonString());

    private static string RulesPage([CallerFilePath] string here = "") =>
        Path.Combine(Path.GetDirectoryName(here)!, "../../../docs/rules.md");
}
