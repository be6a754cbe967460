using System.Text;
using System.Text.Json;
using FeatureFlags.BuildingBlocks.Http;
using FeatureFlags.Evaluation.Features;
using FeatureFlags.Rules;
using FeatureFlags.Rules.Json;

namespace FeatureFlags.UnitTests.Evaluation;

/// <summary>Answers are put together from ready-made parts; the serializer says what they have to be.</summary>
internal sealed class AnswerWriterTests
{
    [TestCase("""{"value": null}""", "on")]
    [TestCase("""{"value": {"a": [1, 2.50, "é\u0041\"<>"]}}""", "on")]
    [TestCase("""{"value": "text"}""", "a rule's \"id\" é")]
    [TestCase("""{"value": 1e3}""", "\u2028")]
    public void An_answer_is_what_the_serializer_would_write(string variant, string ruleId)
    {
        var value = JsonDocument.Parse(variant).RootElement.GetProperty("value");
        var flag = Flag(
            $$"""
            {"state": "on", "off_variant": "off",
             "variants": [{"key": "on", "weight": 1, "value": {{value.GetRawText()}} }, {"key": "off", "weight": 0}],
             "rules": [
               {"id": {{JsonSerializer.Serialize(
                ruleId
            )}}, "order": 1, "when": {"attr": {"country": "CA"}, "percentage": 100},
                "rollout": {"variant": "on"} }]}
            """
        );

        string?[] ids = ["ada", "bob", null];
        foreach (var id in ids)
        foreach (var country in new[] { "CA", "US" })
        foreach (var stale in new[] { true, false })
        {
            var user = EvaluationContext.For(id).Set("country", country).Build();
            Assert.That(Written(flag, user, stale), Is.EqualTo(Serialized(flag, user, stale)));
        }
    }

    [Test]
    public void An_answer_without_values_gives_the_variants_key_and_one_in_error_says_why()
    {
        var split = Flag("""{"state": "on", "variants": [{"key": "a", "weight": 1}, {"key": "b", "weight": 1}]}""");
        var nobody = EvaluationContext.For(null).Build();

        Assert.That(Written(split, nobody, stale: false), Does.Contain("bucket_key_missing"));
        Assert.That(Written(split, nobody, stale: false), Is.EqualTo(Serialized(split, nobody, stale: false)));
    }

    [TestCase("checkout")]
    [TestCase("no flag's \"key\" \n é 😀")]
    public void An_unknown_flag_is_answered_as_the_serializer_would(string key)
    {
        using var answer = new AnswerWriter(expectedBytes: 16);
        answer.Unknown(key, stale: true);

        var details = new EvaluationDetails(null, null, "flag_not_found");
        var expected = new EvaluationResponse(key, null, null, Reason.Error, null, details, null, true);
        Assert.That(
            Encoding.UTF8.GetString(answer.Written),
            Is.EqualTo(JsonSerializer.Serialize(expected, ApiJson.Options))
        );
    }

    [Test]
    public void Writing_an_answer_allocates_nothing()
    {
        var flag = Flag("""{"state": "on", "variants": [{"key": "a", "weight": 1}, {"key": "b", "weight": 1}]}""");
        var evaluation = flag.Evaluate(EvaluationContext.For("ada").Build());
        Write();

        var before = GC.GetAllocatedBytesForCurrentThread();
        Write();

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);

        void Write()
        {
            using var answer = new AnswerWriter(AnswerWriter.BytesEach);
            for (var i = 0; i < 20; i++)
                answer.Evaluated(evaluation, version: 3, stale: false);
        }
    }

    private static CompiledFlag Flag(string json)
    {
        var problems = new Problems();
        var body = JsonObjectReader.Over(JsonElement.Parse(json), "", problems)!;
        var definition = FlagDefinition.Read("checkout", body, problems);
        Assert.That(problems.Items, Is.Empty);
        return RuleSet.Empty("acme").With(new RuleSetChange { Flags = [definition!] }).Find("checkout")!;
    }

    private static string Written(CompiledFlag flag, EvaluationContext user, bool stale)
    {
        using var answer = new AnswerWriter(expectedBytes: 16);
        answer.Evaluated(flag.Evaluate(user), flag.Version, stale);
        return Encoding.UTF8.GetString(answer.Written);
    }

    private static string Serialized(CompiledFlag flag, EvaluationContext user, bool stale)
    {
        var evaluation = flag.Evaluate(user);
        var answer = new EvaluationResponse(
            flag.Key,
            evaluation.Variant,
            evaluation.Value,
            evaluation.Reason,
            evaluation.RuleId,
            new EvaluationDetails(evaluation.Bucket, evaluation.GateBucket, evaluation.Error),
            flag.Version,
            stale ? true : null
        );
        return JsonSerializer.Serialize(answer, ApiJson.Options);
    }
}
