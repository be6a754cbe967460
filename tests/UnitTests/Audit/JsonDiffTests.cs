using System.Text.Json;
using System.Text.Json.Nodes;
using CsCheck;
using FeatureFlags.Audit.Domain;
using FeatureFlags.BuildingBlocks.Http;

namespace FeatureFlags.UnitTests.Audit;

internal sealed class JsonDiffTests
{
    [Test]
    public void A_changed_member_is_replaced() =>
        AssertDiff(
            """{"state":"off","name":"New checkout"}""",
            """{"state":"on","name":"New checkout"}""",
            """[{"op":"replace","path":"/state","value":"on"}]"""
        );

    [Test]
    public void A_member_that_came_is_added_and_one_that_went_is_removed() =>
        AssertDiff(
            """{"a":1,"b":2}""",
            """{"b":2,"c":null}""",
            """[{"op":"remove","path":"/a"},{"op":"add","path":"/c","value":null}]"""
        );

    [Test]
    public void A_change_deep_inside_names_only_what_differs() =>
        AssertDiff(
            """{"rules":[{"id":"ca","when":{"percentage":25,"segment":"beta"}}]}""",
            """{"rules":[{"id":"ca","when":{"percentage":50,"segment":"beta"}}]}""",
            """[{"op":"replace","path":"/rules/0/when/percentage","value":50}]"""
        );

    [Test]
    public void A_value_of_another_type_is_replaced_whole() =>
        AssertDiff(
            """{"when":{"a":1}}""",
            """{"when":["a",1]}""",
            """[{"op":"replace","path":"/when","value":["a",1]}]"""
        );

    [Test]
    public void Null_is_a_value_and_not_an_absence() =>
        AssertDiff("""{"a":null}""", """{}""", """[{"op":"remove","path":"/a"}]""");

    [TestCase("""["a","b","c"]""", """["b","c"]""", """[{"op":"remove","path":"/0"}]""")]
    [TestCase("""["a","b","c"]""", """["a","c"]""", """[{"op":"remove","path":"/1"}]""")]
    [TestCase("""["a","b","c"]""", """["a","b"]""", """[{"op":"remove","path":"/2"}]""")]
    public void An_element_taken_out_is_one_removal(string before, string after, string expected) =>
        AssertDiff(before, after, expected);

    [TestCase("""[1,2]""", """[0,1,2]""", """[{"op":"add","path":"/0","value":0}]""")]
    [TestCase("""[1,3]""", """[1,2,3]""", """[{"op":"add","path":"/1","value":2}]""")]
    [TestCase("""[1,2]""", """[1,2,3]""", """[{"op":"add","path":"/2","value":3}]""")]
    public void An_element_put_in_is_one_addition(string before, string after, string expected) =>
        AssertDiff(before, after, expected);

    [Test]
    public void Elements_are_added_in_order_and_removed_from_the_back()
    {
        AssertDiff("[1]", "[1,2,3]", """[{"op":"add","path":"/1","value":2},{"op":"add","path":"/2","value":3}]""");
        AssertDiff("[1,2,3]", "[1]", """[{"op":"remove","path":"/2"},{"op":"remove","path":"/1"}]""");
    }

    [Test]
    public void Tilde_and_slash_in_a_name_are_escaped_as_a_JSON_pointer_wants() =>
        AssertDiff(
            """{"a/b":1,"c~d":1,"~1":1,"":1}""",
            """{"a/b":2,"c~d":2,"~1":2,"":2}""",
            """
            [{"op":"replace","path":"/a~1b","value":2},{"op":"replace","path":"/c~0d","value":2},
             {"op":"replace","path":"/~01","value":2},{"op":"replace","path":"/","value":2}]
            """
        );

    [Test]
    public void The_order_of_members_and_the_form_of_a_number_are_no_change() =>
        AssertDiff("""{"a":1,"b":{"c":1.50,"d":[]}}""", """{"b":{"d":[],"c":1.5},"a":1.0}""", "[]");

    [Test]
    public void A_creation_adds_the_whole_document_and_a_deletion_removes_it()
    {
        AssertDiff(null, """{"a":1}""", """[{"op":"add","path":"","value":{"a":1}}]""");
        AssertDiff("""{"a":1}""", null, """[{"op":"remove","path":""}]""");
        AssertDiff(null, null, "[]");
    }

    [Test]
    public void Applied_to_the_first_document_it_gives_the_second() =>
        Gen.Select(Documents, Documents)
            .Sample(
                (before, after) =>
                {
                    var changes = JsonDiff.Between(Json(before), Json(after));
                    return JsonNode.DeepEquals(Apply(JsonNode.Parse(before), changes), JsonNode.Parse(after));
                },
                iter: 5_000
            );

    [Test]
    public void A_document_does_not_differ_from_itself() =>
        Documents.Sample(document => JsonDiff.Between(Json(document), Json(document)).Count == 0, iter: 2_000);

    // Few names and values, so that two documents share much of their structure.
    private static readonly Gen<string> Names = Gen.OneOf("a", "b", "~", "a/b", "0", "");

    private static readonly Gen<string> Documents = Gen.Recursive<string>(
        (depth, inner) =>
            depth >= 4
                ? Scalars
                : Gen.Frequency(
                    (1, Scalars),
                    (2, inner.Array[0, 5].Select(elements => $"[{string.Join(',', elements)}]")),
                    (
                        3,
                        Gen.Select(Names, inner)
                            .Array[0, 4]
                            .Select(members =>
                                $"{{{string.Join(',', members.DistinctBy(m => m.Item1).Select(m => $"\"{m.Item1}\":{m.Item2}"))}}}"
                            )
                    )
                )
    );

    private static Gen<string> Scalars => Gen.OneOf("1", "2", "\"x\"", "\"y\"", "true", "null");

    private static void AssertDiff(string? before, string? after, string expected)
    {
        var changes = ApiJson.ToElement(JsonDiff.Between(Json(before), Json(after)));

        Assert.That(changes.GetRawText(), Is.EqualTo(Compact(expected)));
    }

    private static JsonElement? Json(string? text) =>
        text is null ? null : JsonSerializer.Deserialize<JsonElement>(text);

    private static string Compact(string json) => JsonNode.Parse(json)!.ToJsonString(ApiJson.Options);

    /// <summary>RFC 6902 as it is written, for the operations that are used.</summary>
    private static JsonNode? Apply(JsonNode? document, IReadOnlyList<JsonPatchOperation> changes)
    {
        foreach (var change in changes)
        {
            var value = change.Value is { } json ? JsonNode.Parse(json.GetRawText()) : null;
            if (change.Path.Length == 0)
            {
                document = value;
                continue;
            }
            var steps = change
                .Path.Split('/')[1..]
                .Select(s =>
                    s.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal)
                )
                .ToList();
            var parent = steps[..^1]
                .Aggregate(document, (node, step) => node is JsonArray list ? list[int.Parse(step)] : node![step]);
            if (parent is JsonArray elements)
                ApplyTo(elements, change.Op, int.Parse(steps[^1]), value);
            else
                ApplyTo(parent!.AsObject(), change.Op, steps[^1], value);
        }
        return document;
    }

    private static void ApplyTo(JsonArray elements, string op, int index, JsonNode? value)
    {
        if (op is "remove" or "replace")
            elements.RemoveAt(index);
        if (op is "add" or "replace")
            elements.Insert(index, value);
    }

    private static void ApplyTo(JsonObject members, string op, string name, JsonNode? value)
    {
        Assert.That(members.ContainsKey(name), Is.EqualTo(op != "add"), $"{op} {name}");
        members.Remove(name);
        if (op != "remove")
            members.Add(name, value);
    }
}
