using System.Text.Json;
using FeatureFlags.Access.Domain;
using FeatureFlags.Access.Persistence;
using FeatureFlags.Access.Tokens;
using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Http;
using FeatureFlags.BuildingBlocks.Messaging;
using FeatureFlags.BuildingBlocks.Persistence;
using FeatureFlags.Rules.Json;
using FluentValidation;
using Microsoft.EntityFrameworkCore;

namespace FeatureFlags.Access.Features;

/// <summary>The client credentials grant (RFC 6749, section 4.4), its parameters as form fields or as JSON.</summary>
internal static class IssueClientToken
{
    private const string GrantType = "client_credentials";

    /// <param name="Asked">The scopes to be content with; none means all that the client has.</param>
    internal sealed record Query(
        string GrantType,
        string ClientId,
        Secret Secret,
        IReadOnlyList<string> Asked,
        Problems Problems
    ) : IQuery<TokenResponse>
    {
        /// <summary>Whether a body carries credentials at all.</summary>
        public static bool IsIn(JsonElement body) =>
            body.ValueKind == JsonValueKind.Object
            && (body.TryGetProperty("client_id", out _) || body.TryGetProperty("client_secret", out _));

        public static Query Read(JsonElement body)
        {
            var problems = new Problems();
            var reader = JsonObjectReader.Over(body, "", problems)!;
            // Parameters that nobody knows are ignored, as RFC 6749 wants it.
            return new Query(
                reader.RequiredText("grant_type") ?? IssueClientToken.GrantType,
                reader.RequiredText("client_id") ?? "",
                new Secret(reader.RequiredText("client_secret") ?? ""),
                reader.Text("scope")?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [],
                problems
            );
        }
    }

    internal sealed class Validator : AbstractValidator<Query>
    {
        public Validator()
        {
            RuleFor(q => q.Problems.Items).MustBeReadable();
            RuleFor(q => q.GrantType).Equal(IssueClientToken.GrantType).WithMessage($"must be {GrantType}");
            RuleForEach(q => q.Asked).MustBeScope().OverridePropertyName("scope");
        }
    }

    internal sealed class Handler(AppDbContext db, DatabaseStatus database, TokenIssuer issuer)
        : IQueryHandler<Query, TokenResponse>
    {
        public async Task<TokenResponse> Handle(Query query, CancellationToken ct)
        {
            // Before the start-up steps ran, the right credentials may not be there yet.
            if (!database.IsReady)
                throw new UnavailableException("The service is starting: it has not reached its database yet.");

            var found = db.Clients().AsNoTracking().Where(c => c.Id == query.ClientId);
            // Compared even where there is no such client, and nothing else is read before: how long a refusal takes
            // must not tell which ids there are.
            var hash = await found.Select(c => c.SecretHash).SingleOrDefaultAsync(ct);
            var client = query.Secret.Matches(hash ?? Secret.NobodysHash)
                ? await found.Include(c => c.Tenants).SingleOrDefaultAsync(ct)
                : null;
            if (client is not { Active: true })
                throw new UnauthenticatedException("These are not the credentials of an active client.");

            return TokenResponse.Of(issuer.Issue(client.Id, Narrow(client.Grant, query.Asked)));
        }

        private static Grant Narrow(Grant grant, IReadOnlyList<string> asked)
        {
            var lacking = asked.Where(scope => !grant.Includes(scope)).ToList();
            // RFC 6749, section 5.2: "invalid_scope" is a 400, for a scope beyond what was granted too.
            if (lacking.Count > 0)
                throw new BadRequestException(
                    "The client asks for scopes it does not have.",
                    new Dictionary<string, string[]>
                    {
                        ["scope"] = [$"exceeds the client's: {string.Join(' ', lacking)}"],
                    }
                );
            return asked.Count == 0 ? grant : grant with { Scopes = [.. asked.Distinct()] };
        }
    }
}
