using System.Text.Json;
using FeatureFlags.Rules;
using FeatureFlags.Rules.Json;

namespace FeatureFlags.UnitTests.Rules;

public sealed class RuleSetTests
{
    [Test]
    public void A_flag_answers()
    {
        var problems = new Problems();
        var body = JsonObjectReader.Over(
            JsonElement.Parse(
                """
                {"state":"on","variants":[{"key":"control","weight":50,"value":false},{"key":"treatment","weight":50,"value":true}],
                 "rules":[{"id":"ca","order":1,"when":{"attr":{"country":"CA"},"segment":"beta","percentage":100},"rollout":{"variant":"treatment"}}]}
                """
            ),
            "",
            problems
        )!;
        var flag = FlagDefinition.Read("checkout", body, problems);
        Assert.That(problems.Items, Is.Empty);
        var sbody = JsonObjectReader.Over(
            JsonElement.Parse("""{"criteria":{"attr":{"email":{"ends_with":"@acme.com"}}}}"""),
            "",
            problems
        )!;
        var segment = SegmentDefinition.Read("beta", sbody, problems);
        var set = RuleSet.Empty("acme").With(new RuleSetChange { Flags = [flag!], Segments = [segment!] });
        var context = EvaluationContext.FromJson(
            "user-1",
            JsonElement.Parse("""{"country":"CA","email":"a@acme.com"}""")
        );
        var answer = set.Find("checkout")!.Evaluate(context);
        Assert.That(answer.Reason, Is.EqualTo(Reason.RuleMatch));
        Console.WriteLine(JsonSerializer.Serialize(set.Find("checkout")!.Explain(context), JsonSerializerOptions.Web));
    }
}
