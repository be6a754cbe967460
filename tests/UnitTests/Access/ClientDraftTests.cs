using System.Text.Json;
using FeatureFlags.Access.Domain;
using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Messaging;

namespace FeatureFlags.UnitTests.Access;

internal sealed class ClientDraftTests
{
    [OneTimeSetUp]
    public void NameFields() => Validation.NameFieldsAsTheApiDoes();

    [Test]
    public void What_is_left_out_is_this_tenant_and_active()
    {
        var draft = Read("""{"name": "Pipeline", "scopes": ["flags:rw"]}""");

        Assert.That(draft.Tenants, Is.EqualTo(["acme"]));
        Assert.That(draft.Active, Is.True);
    }

    [Test]
    public void What_a_read_shows_can_be_written_back() =>
        Assert.That(
            Wrong(
                """
                {"id": "client_1", "name": "Pipeline", "scopes": ["flags:rw"], "tenants": ["acme"], "active": false,
                 "version": 3, "created_at": "2026-01-31T12:00:00.000Z", "updated_at": "2026-01-31T12:00:00.000Z"}
                """
            ),
            Is.Empty
        );

    [TestCase("""[]""", "")]
    [TestCase("""{}""", "name", "scopes")]
    [TestCase("""{"name": "", "scopes": ["admin"]}""", "name")]
    [TestCase("""{"name": 1, "scopes": ["admin"]}""", "name")]
    [TestCase("""{"name": "a\u0000b", "scopes": ["admin"]}""", "name")]
    [TestCase("""{"name": "a", "scopes": []}""", "scopes")]
    [TestCase("""{"name": "a", "scopes": "admin"}""", "scopes")]
    [TestCase("""{"name": "a", "scopes": ["admin", "flags:w"]}""", "scopes[1]")]
    [TestCase("""{"name": "a", "scopes": [1, "flags:w"], "tenants": [1, "**"]}""", "scopes[0]", "tenants[0]")]
    [TestCase("""{"name": "a", "scopes": ["admin"], "tenants": []}""", "tenants")]
    [TestCase("""{"name": "a", "scopes": ["admin"], "tenants": ["acme", "Beta", "**"]}""", "tenants[1]", "tenants[2]")]
    [TestCase("""{"name": "a", "scopes": ["admin"], "active": "yes"}""", "active")]
    [TestCase("""{"name": "a", "scopes": ["admin"], "secret": "mine"}""", "secret")]
    public void What_is_wrong_is_named_by_its_path(string body, params string[] paths) =>
        Assert.That(Wrong(body), Is.EquivalentTo(paths));

    [Test]
    public void A_patch_changes_what_it_names_and_null_takes_the_default()
    {
        var draft = new ClientDraft("Pipeline", ["flags:rw"], ["acme", "beta"], Active: false);

        var patched = draft.Patched(Json("""{"name": "CI", "tenants": null}"""), "acme");

        Assert.That(patched.SameAs(new ClientDraft("CI", ["flags:rw"], ["acme"], Active: false)), Is.True);
        Assert.That(Wrong(draft.Patched(Json("""{"scopes": null}"""), "acme")), Is.EqualTo(["scopes"]));
    }

    [Test]
    public void Nobody_grants_what_they_lack_nor_out_of_their_sight()
    {
        var caller = new Grant(["admin"], ["acme", "beta"]);
        var draft = new ClientDraft("Pipeline", ["flags:rw"], ["acme"], Active: true);

        Assert.That(() => draft.RequireGrantable(caller, "acme"), Throws.Nothing);
        Assert.That(
            () => (draft with { Tenants = ["acme", "gamma"] }).RequireGrantable(caller, "acme"),
            Throws.TypeOf<ForbiddenException>()
        );
        Assert.That(
            () => (draft with { Tenants = ["*"] }).RequireGrantable(caller, "acme"),
            Throws.TypeOf<ForbiddenException>()
        );
        Assert.That(
            () => (draft with { Tenants = ["beta"] }).RequireGrantable(caller, "acme"),
            Throws.TypeOf<InvalidFieldsException>()
        );
    }

    private static ClientDraft Read(string body) => ClientDraft.Read(Json(body), "acme");

    private static IEnumerable<string> Wrong(string body) => Wrong(Read(body));

    private static IEnumerable<string> Wrong(ClientDraft draft)
    {
        try
        {
            ClientDraft.Validator.Instance.Require(draft);
            return [];
        }
        catch (InvalidFieldsException wrong)
        {
            return wrong.Errors.Keys;
        }
    }

    private static JsonElement Json(string text)
    {
        using var document = JsonDocument.Parse(text);
        return document.RootElement.Clone();
    }
}
