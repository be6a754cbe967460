using System.Text.Json;
using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Http;
using FeatureFlags.BuildingBlocks.Messaging;
using FeatureFlags.Rules.Json;
using FluentValidation;

namespace FeatureFlags.Access.Domain;

/// <summary>What a write sets of an API client.</summary>
internal sealed record ClientDraft(
    string Name,
    IReadOnlyList<string> Scopes,
    IReadOnlyList<string> Tenants,
    bool Active
)
{
    // What a read shows beyond what a write sets: taken and ignored, so that what GET gave can be PUT back.
    private static readonly string[] ReadOnlyMembers = ["id", "version", "created_at", "updated_at"];

    private Problems Problems { get; init; } = new();

    public Grant Grant => new(Scopes, Tenants);

    /// <param name="tenant">The tenant of a client whose body names none.</param>
    public static ClientDraft Read(JsonElement body, string tenant)
    {
        var problems = new Problems();
        if (JsonObjectReader.Over(body, "", problems) is not { } reader)
            return new ClientDraft("", [], [], Active: false) { Problems = problems };

        reader.RequiredAny("scopes");
        var draft = new ClientDraft(
            reader.RequiredText("name") ?? "",
            reader.Texts("scopes") ?? [],
            reader.Texts("tenants") ?? [tenant],
            reader.Boolean("active") ?? true
        )
        {
            Problems = problems,
        };
        reader.RefuseOthers(ReadOnlyMembers);
        return draft;
    }

    public bool SameAs(ClientDraft other) =>
        Name == other.Name
        && Active == other.Active
        && Scopes.ToHashSet().SetEquals(other.Scopes)
        && Tenants.ToHashSet().SetEquals(other.Tenants);

    /// <summary>Checks what depends on who writes it.</summary>
    /// <param name="tenant">The tenant that <paramref name="caller"/> works in.</param>
    /// <exception cref="ForbiddenException">It may do what the caller may not.</exception>
    /// <exception cref="InvalidFieldsException">It would be out of sight where it is written.</exception>
    public void RequireGrantable(Grant caller, string tenant)
    {
        caller.RequireCovers(Grant);
        if (!Grant.Allows(tenant))
            throw new InvalidFieldsException("tenants", $"must include '{tenant}', the tenant you work in, or '*'");
    }

    /// <summary>The draft with the members that a merge patch (RFC 7396) names.</summary>
    public ClientDraft Patched(JsonElement patch, string tenant) =>
        Read(
            MergePatch.Apply(
                ApiJson.ToElement(
                    new
                    {
                        Name,
                        Scopes,
                        Tenants,
                        Active,
                    }
                ),
                patch
            ),
            tenant
        );

    internal sealed class Validator : AbstractValidator<ClientDraft>
    {
        public static readonly Validator Instance = new();

        public Validator()
        {
            RuleFor(d => d.Problems.Items).MustBeReadable();
            // Of what is no object nothing more is said.
            When(d => !d.Problems.At(""), CheckMembers);
        }

        private void CheckMembers()
        {
            RuleFor(d => d.Name).MustBeName().Unless(d => d.Problems.At("name"));
            RuleFor(d => d.Scopes).MustNameOne().Unless(d => d.Problems.AtArray("scopes"));
            RuleForEach(d => d.Scopes).MustBeScope().Unless(d => d.Problems.AtArray("scopes"));
            RuleFor(d => d.Tenants).MustNameOne().MustFitAToken().Unless(d => d.Problems.AtArray("tenants"));
            RuleForEach(d => d.Tenants).MustBeTenant().Unless(d => d.Problems.AtArray("tenants"));
        }
    }
}
