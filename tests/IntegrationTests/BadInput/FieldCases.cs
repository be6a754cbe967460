using System.Text.Json;
using System.Text.Json.Nodes;

namespace FeatureFlags.IntegrationTests.BadInput;

/// <summary>Sends a body with one fault and checks that it is named, and that nothing of it was written.</summary>
internal static class FieldCases
{
    /// <summary>A valid body with one member changed.</summary>
    public static JsonObject With(string body, string member, string json)
    {
        var changed = JsonNode.Parse(body)!.AsObject();
        changed[member] = JsonNode.Parse(json);
        return changed;
    }

    /// <param name="path">The one field that is wrong.</param>
    /// <param name="message">A part of what is said about it.</param>
    public static void Names(Answer answer, string path, string message)
    {
        Assert.That((int)answer.Status, Is.EqualTo(422), answer.ToString());
        Assert.That(answer.WrongFields, Is.EqualTo(new[] { path }), answer.ToString());
        var messages = answer["errors"].GetProperty(path).EnumerateArray().Select(m => m.GetString());
        Assert.That(messages, Has.Some.Contains(message), answer.ToString());
    }

    /// <summary>What was written so far: neither a revision nor an audit entry goes unseen.</summary>
    public static async Task<string> Written(this TenantClient tenant)
    {
        var revisions = (await tenant.Get("/v1/environments")).Text;
        var entries = (await tenant.Audit()).Json.GetProperty("items").GetArrayLength();
        return JsonSerializer.Serialize(new { revisions, entries });
    }
}
