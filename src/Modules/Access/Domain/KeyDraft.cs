using System.Text.Json;
using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Http;
using FeatureFlags.BuildingBlocks.Messaging;
using FeatureFlags.Rules.Json;
using FluentValidation;
using Granted = FeatureFlags.BuildingBlocks.Http.Scopes;

namespace FeatureFlags.Access.Domain;

/// <summary>What a write sets of an API key.</summary>
internal sealed record KeyDraft(
    string Name,
    KeyKind Kind,
    IReadOnlyList<string> Scopes,
    DateTimeOffset? ExpiresAt,
    IReadOnlyList<string> AllowedOrigins
)
{
    public const int MaxOrigins = 50;

    /// <summary>
    /// What a key may be given. Who writes one has scope <c>admin</c> in the key's tenant, which includes all of it;
    /// <c>admin</c> itself is not among it, so that no key reaches <c>/v1/admin</c>.
    /// </summary>
    public static readonly IReadOnlyList<string> Grantable = [.. Granted.All.Where(scope => scope != Granted.Admin)];

    /// <summary>What its holder's users can read may evaluate and nothing else: no rule or member reaches them.</summary>
    public static readonly IReadOnlyList<string> ClientScopes = [Granted.Evaluate];

    /// <summary>What an SDK on a server needs.</summary>
    public static readonly IReadOnlyList<string> ServerScopes =
    [
        Granted.Evaluate,
        Granted.FlagsRead,
        Granted.SegmentsRead,
        Granted.EventsRead,
    ];

    // What a read shows beyond what a write sets: taken and ignored, so that what GET gave can be sent back.
    private static readonly string[] ReadOnlyMembers =
    [
        "id",
        "last_used_at",
        "previous_valid_until",
        "version",
        "created_at",
        "updated_at",
    ];

    private Problems Problems { get; init; } = new();

    public static KeyDraft Read(JsonElement body)
    {
        var problems = new Problems();
        if (JsonObjectReader.Over(body, "", problems) is not { } reader)
            return new KeyDraft("", KeyKind.Server, [], null, []) { Problems = problems };

        var kind = KindIn(reader);
        var draft = new KeyDraft(
            reader.RequiredText("name") ?? "",
            kind,
            reader.Texts("scopes") ?? (kind == KeyKind.Client ? ClientScopes : ServerScopes),
            TimeIn(reader, "expires_at"),
            reader.Texts("allowed_origins") ?? []
        )
        {
            Problems = problems,
        };
        reader.RefuseOthers(ReadOnlyMembers);
        return draft;
    }

    public bool SameAs(KeyDraft other) =>
        Name == other.Name
        && ExpiresAt == other.ExpiresAt
        && AllowedOrigins.ToHashSet().SetEquals(other.AllowedOrigins);

    /// <summary>The draft with the members that a merge patch (RFC 7396) names.</summary>
    public KeyDraft Patched(JsonElement patch) =>
        Read(
            MergePatch.Apply(
                ApiJson.ToElement(
                    new
                    {
                        Name,
                        Kind,
                        Scopes,
                        ExpiresAt,
                        AllowedOrigins,
                    }
                ),
                patch
            )
        );

    /// <summary>Checks what can't be said of a draft alone.</summary>
    /// <param name="stored">What it is to replace; null for a new key.</param>
    /// <exception cref="InvalidFieldsException">It would be another key, or a new end that is past.</exception>
    public void RequireFollows(KeyDraft? stored, DateTimeOffset now)
    {
        var errors = new FieldErrors();
        if (stored is not null && Kind != stored.Kind)
            errors.Add("kind", "can't be changed: create another key");
        if (stored is not null && !Scopes.ToHashSet().SetEquals(stored.Scopes))
            errors.Add("scopes", "can't be changed: create another key");
        if (ExpiresAt <= now && ExpiresAt != stored?.ExpiresAt)
            errors.Add("expires_at", "must be in the future; to end a key now, revoke it");
        errors.Throw();
    }

    private static KeyKind KindIn(JsonObjectReader reader)
    {
        switch (reader.RequiredText("kind"))
        {
            case "client":
                return KeyKind.Client;
            case null or "server":
                return KeyKind.Server;
            default:
                reader.Problems.Add("kind", "must be one of: server, client");
                return KeyKind.Server;
        }
    }

    private static DateTimeOffset? TimeIn(JsonObjectReader reader, string name)
    {
        if (reader.Text(name) is not { } text)
            return null;
        if (Rfc3339.TryRead(text, out var time))
            // As it is kept.
            return DateTimeOffset.FromUnixTimeMilliseconds(time.ToUnixTimeMilliseconds());
        reader.Problems.Add(name, "must be an RFC 3339 time such as 2026-01-31T12:00:00Z");
        return null;
    }

    internal sealed class Validator : AbstractValidator<KeyDraft>
    {
        private const int MaxOriginLength = 300;

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
            RuleFor(d => d.AllowedOrigins)
                .Must(origins => origins.Count <= MaxOrigins)
                .WithMessage($"must be at most {MaxOrigins}");
            RuleForEach(d => d.AllowedOrigins)
                .Must(IsOrigin)
                .WithMessage(
                    "must be an origin as browsers send it, such as https://shop.example or http://localhost:3000"
                )
                .Unless(d => d.Problems.AtArray("allowed_origins"));
            // What is wrong with the kind would only be said again.
            When(
                d => !d.Problems.At("kind") && d.Kind == KeyKind.Client,
                () =>
                    RuleFor(d => d.Scopes)
                        .Must(scopes => scopes.ToHashSet().SetEquals(ClientScopes))
                        .WithMessage("must be evaluate alone for a client key")
                        .Unless(d => d.Problems.AtArray("scopes"))
            );
            When(
                d => !d.Problems.At("kind") && d.Kind == KeyKind.Server,
                () =>
                {
                    RuleFor(d => d.Scopes).MustNameOne().Unless(d => d.Problems.AtArray("scopes"));
                    RuleForEach(d => d.Scopes).MustBeOneOf(Grantable).Unless(d => d.Problems.AtArray("scopes"));
                    RuleFor(d => d.AllowedOrigins)
                        .Must(origins => origins.Count == 0)
                        .WithMessage("is for client keys: no browser must have a server key");
                }
            );
        }

        // Compared with the header's text, so it has to be that: lower case, no path, no port that goes without saying.
        private static bool IsOrigin(string text) =>
            text.Length <= MaxOriginLength
            && text.All(c => c is > ' ' and <= '~')
            && Uri.TryCreate(text, UriKind.Absolute, out var uri)
            && (uri.Scheme == Uri.UriSchemeHttps || uri.Scheme == Uri.UriSchemeHttp)
            && uri.UserInfo.Length == 0
            && uri.GetLeftPart(UriPartial.Authority) == text;
    }
}
