using FeatureFlags.BuildingBlocks.Http;
using FeatureFlags.BuildingBlocks.Messaging;
using FeatureFlags.BuildingBlocks.Persistence;
using FluentValidation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;

namespace FeatureFlags.BuildingBlocks.Outbox;

/// <param name="Id">The event's id and the subscriber that gave up on it.</param>
internal sealed record DeadLetterResponse(
    string Id,
    string Subscriber,
    string EventId,
    long Revision,
    string Entity,
    string EntityKey,
    int Attempts,
    DateTimeOffset DiedAt,
    string LastError
)
{
    public static DeadLetterResponse Example { get; } =
        new(
            "01JAB3ZK7MQ8V5T2N4X6C9D1EF.audit",
            "audit",
            "01JAB3ZK7MQ8V5T2N4X6C9D1EF",
            Revision: 42,
            "flag",
            "checkout",
            Attempts: 10,
            new DateTimeOffset(2026, 1, 31, 12, 0, 0, TimeSpan.Zero),
            "TimeoutException: The operation has timed out."
        );
}

internal static class ListDeadLetters
{
    internal sealed record Query(int Limit, string? PageToken) : IQuery<Page<DeadLetterResponse>>;

    internal sealed class Handler(AppDbContext db) : IQueryHandler<Query, Page<DeadLetterResponse>>
    {
        private const string Filters = "dead-letters";

        public async Task<Page<DeadLetterResponse>> Handle(Query query, CancellationToken ct)
        {
            var after = PageToken.Decode(query.PageToken, Filters, length: 1)?[0];
            var letters = await db.Set<DeadLetter>()
                .AsNoTracking()
                .PageBy(d => d.Id, descending: false, after)
                .Take(query.Limit + 1)
                .ToListAsync(ct);
            var next = letters.Count > query.Limit ? PageToken.Encode(Filters, letters[query.Limit - 1].Id) : null;
            return new(
                [
                    .. letters
                        .Take(query.Limit)
                        .Select(d => new DeadLetterResponse(
                            d.Id,
                            d.Subscriber,
                            d.EventId,
                            d.Revision,
                            d.Entity,
                            d.EntityKey,
                            d.Attempts,
                            d.DiedAt,
                            d.LastError
                        )),
                ],
                next
            );
        }
    }

    internal static void Map(IEndpointRouteBuilder letters) =>
        letters
            .MapGet(
                "",
                async (HttpContext context, ISender sender) =>
                {
                    var query = new QueryReader(context.Request);
                    var limit = query.Integer("limit", 1, 100, fallback: 50);
                    var token = query.Text("page_token", maxLength: 2048);
                    query.Check();
                    var page = await sender.Send(new Query(limit, token), context.RequestAborted);
                    return TypedResults.Ok(page.WithLink(context));
                }
            )
            .WithSummary("Deliveries that were given up, the oldest change first")
            .TakesQuery(QueryParameter.Limit(max: 100, fallback: 50), QueryParameter.PageToken)
            .Gives(new Page<DeadLetterResponse>([DeadLetterResponse.Example], NextPageToken: null));
}

internal static class RetryDeadLetter
{
    internal sealed record Command(string Id) : ICommand;

    internal sealed class Validator : AbstractValidator<Command>
    {
        public Validator() => RuleFor(c => c.Id).NotEmpty();
    }

    internal sealed class Handler(AppDbContext db) : ICommandHandler<Command>
    {
        public async Task Handle(Command command, CancellationToken ct)
        {
            var letter = await db.DeadLetter(command.Id, ct);
            db.Add(letter.Retry());
            db.Remove(letter);
        }
    }

    internal static void Map(IEndpointRouteBuilder letters) =>
        letters
            .MapPost(
                "/{id}/retry",
                async (string id, ISender sender, CancellationToken ct) =>
                {
                    await sender.Send(new Command(id), ct);
                    return TypedResults.Accepted((string?)null);
                }
            )
            .WithSummary("Deliver it again, its attempts counted anew");
}

internal static class DiscardDeadLetter
{
    internal sealed record Command(string Id) : ICommand;

    internal sealed class Validator : AbstractValidator<Command>
    {
        public Validator() => RuleFor(c => c.Id).NotEmpty();
    }

    internal sealed class Handler(AppDbContext db) : ICommandHandler<Command>
    {
        public async Task Handle(Command command, CancellationToken ct)
        {
            var letter = await db.DeadLetter(command.Id, ct);
            letter.Discard();
            db.Remove(letter);
        }
    }

    internal static void Map(IEndpointRouteBuilder letters) =>
        letters
            .MapDelete(
                "/{id}",
                async (string id, ISender sender, CancellationToken ct) =>
                {
                    await sender.Send(new Command(id), ct);
                    return TypedResults.NoContent();
                }
            )
            .WithSummary("Give it up for good");
}

internal static class DeadLetterLookup
{
    /// <exception cref="NotFoundException">There is none of this id in the caller's scope.</exception>
    public static async Task<DeadLetter> DeadLetter(this AppDbContext db, string id, CancellationToken ct)
    {
        // An id has the form of a key. Others need no look, and PostgreSQL would not take U+0000.
        var letter = EntityKey.IsValid(id)
            ? await db.Set<DeadLetter>().SingleOrDefaultAsync(d => d.Id == id, ct)
            : null;
        return letter ?? throw new NotFoundException($"There is no dead letter '{id}'.");
    }
}
