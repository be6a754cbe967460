using FeatureFlags.Access.Domain;
using FeatureFlags.Access.Tokens;
using FeatureFlags.BuildingBlocks.Http;
using FeatureFlags.BuildingBlocks.Messaging;
using FeatureFlags.Rules.Json;
using FluentValidation;

namespace FeatureFlags.Access.Features;

/// <summary>Gives whoever asks the token they ask for: the issuer of a development machine.</summary>
internal static class IssueStubToken
{
    internal sealed record Query(string Subject, Grant Grant, Problems Problems) : IQuery<TokenResponse>
    {
        /// <param name="body">Null where none was sent.</param>
        public static Query Read(JsonBody? body)
        {
            var problems = new Problems();
            var reader = body is null ? null : JsonObjectReader.Over(body.Root, "", problems);
            var query = new Query(
                reader?.Text("sub") ?? "dev",
                new Grant(reader?.Texts("scopes") ?? Scopes.All, reader?.Texts("tenants") ?? [Grant.EveryTenant]),
                problems
            );
            reader?.RefuseOthers();
            return query;
        }
    }

    internal sealed class Validator : AbstractValidator<Query>
    {
        public Validator()
        {
            RuleFor(q => q.Problems.Items).MustBeReadable();
            RuleFor(q => q.Subject)
                .Must(TokenClaims.IsSubject)
                .WithMessage($"must be {TokenClaims.SubjectForm}")
                .OverridePropertyName("sub");
            RuleForEach(q => q.Grant.Scopes)
                .MustBeScope()
                .OverridePropertyName("scopes")
                .Unless(q => q.Problems.AtArray("scopes"));
            RuleForEach(q => q.Grant.Tenants)
                .MustBeTenant()
                .OverridePropertyName("tenants")
                .Unless(q => q.Problems.AtArray("tenants"));
            RuleFor(q => q.Grant.Tenants).MustFitAToken().OverridePropertyName("tenants");
        }
    }

    internal sealed class Handler(TokenIssuer issuer) : IQueryHandler<Query, TokenResponse>
    {
        public Task<TokenResponse> Handle(Query query, CancellationToken ct) =>
            Task.FromResult(TokenResponse.Of(issuer.Issue(query.Subject, query.Grant)));
    }
}
