using System.Text.Json.Nodes;
using FeatureFlags.Rules;

namespace FeatureFlags.UnitTests.Rules;

public sealed class ConditionSchemaTests
{
    [TestCase("attr", "object")]
    [TestCase("segment", "string array")]
    [TestCase("flag", "object")]
    [TestCase("percentage", "number")]
    [TestCase("by", "string array")]
    [TestCase("salt", "string")]
    [TestCase("all", "array")]
    [TestCase("any", "array")]
    public void A_condition_s_members_have_their_types(string member, string types) =>
        Assert.That(Types(ConditionSchema.Condition()["properties"]![member]!), Is.EqualTo(types));

    [Test]
    public void A_condition_s_members_are_those_that_are_read_and_no_others()
    {
        var schema = ConditionSchema.Condition();

        var known = Given.ProblemsOfCondition("{'nobody': 1}").Single();
        Assert.That(
            string.Join(", ", schema["properties"]!.AsObject().Select(member => member.Key).Order()),
            Is.EqualTo(
                string.Join(", ", known[(known.IndexOf("are: ", StringComparison.Ordinal) + 5)..].Split(", ").Order())
            )
        );
        Assert.That(schema["additionalProperties"]!.GetValue<bool>(), Is.False);
        foreach (var path in new[] { "not", "all/items", "any/items" })
            Assert.That(At(schema, $"properties/{path}/$ref"), Is.EqualTo("#/components/schemas/Condition"));
        Assert.That(
            At(schema, "properties/attr/additionalProperties/$ref"),
            Is.EqualTo("#/components/schemas/Matcher")
        );
        Assert.That((ConditionSchema.ConditionName, ConditionSchema.MatcherName), Is.EqualTo(("Condition", "Matcher")));
    }

    [Test]
    public void A_matcher_is_a_scalar_a_list_or_operators_by_name()
    {
        var schema = ConditionSchema.Matcher();
        var (scalar, list, operators) = (schema["oneOf"]![0]!, schema["oneOf"]![1]!, schema["oneOf"]![2]!);

        Assert.That(schema["description"]!.GetValue<string>(), Does.StartWith("A scalar: equals."));
        Assert.That(Types(scalar), Is.EqualTo("string number boolean"));
        Assert.That(
            (Types(list), Types(list["items"]!), list["minItems"]!.GetValue<int>()),
            Is.EqualTo(("array", "string number boolean", 1))
        );
        Assert.That(
            (
                Types(operators),
                operators["minProperties"]!.GetValue<int>(),
                operators["additionalProperties"]!.GetValue<bool>()
            ),
            Is.EqualTo(("object", 1, false))
        );
        Assert.That(
            operators["properties"]!.AsObject().Select(member => member.Key),
            Is.EqualTo(Operators.All.Select(known => known.Name).Append("ignore_case").Append("numeric"))
        );
        foreach (var option in new[] { "ignore_case", "numeric" })
        {
            Assert.That(At(operators, $"properties/{option}/type"), Is.EqualTo("boolean"));
            Assert.That(At(operators, $"properties/{option}/description"), Is.Not.Empty);
        }
    }

    [Test]
    public void An_operator_is_described_and_takes_what_its_operand_says()
    {
        var properties = ConditionSchema.Matcher()["oneOf"]![2]!["properties"]!;

        foreach (var known in Operators.All)
        {
            var schema = properties[known.Name]!.DeepClone().AsObject();
            Assert.That(
                schema["description"]!.GetValue<string>(),
                Is.EqualTo($"Holds when the attribute {known.Doc}. Operand: {known.Operand.Doc}.")
            );
            schema.Remove("description");
            Assert.That(JsonNode.DeepEquals(schema, JsonNode.Parse(known.Operand.Schema)), known.Name);
        }
        Assert.That(At(properties, "size_gt/type"), Is.EqualTo("integer"));
        Assert.That(At(properties, "exists/type"), Is.EqualTo("boolean"));
        Assert.That(At(properties, "gt/type"), Is.EqualTo("number"));
        Assert.That(At(properties, "semver_gt/type"), Is.EqualTo("string"));
        Assert.That(Types(properties["before"]!), Is.EqualTo("string number"));
        foreach (var texts in new[] { "contains", "matches", "semver_eq", "ip_in" })
        {
            Assert.That(Types(properties[texts]!), Is.EqualTo("string array"));
            Assert.That(At(properties, $"{texts}/items/type"), Is.EqualTo("string"));
        }
        Assert.That(Types(properties["eq"]!), Is.EqualTo("string number boolean"));
        foreach (var scalars in new[] { "in", "has_any" })
            Assert.That(Types(properties[scalars]!["items"]!), Is.EqualTo("string number boolean"));
    }

    private static string Types(JsonNode schema) =>
        schema["type"] is JsonArray types
            ? string.Join(' ', types.Select(type => type!.GetValue<string>()))
            : schema["type"]!.GetValue<string>();

    private static string At(JsonNode schema, string path) =>
        path.Split('/').Aggregate(schema, (at, part) => at[part]!).GetValue<string>();
}
