using System.Linq.Expressions;
using FeatureFlags.BuildingBlocks.Persistence;
using Microsoft.EntityFrameworkCore;

namespace FeatureFlags.BuildingBlocks.Http;

/// <summary>The columns that a list of entities can be sorted by; the key is unique and breaks ties.</summary>
public sealed record ListColumns<T>(
    Expression<Func<T, string>> Key,
    Expression<Func<T, DateTimeOffset>> CreatedAt,
    Expression<Func<T, DateTimeOffset>> UpdatedAt
)
{
    // Compiled once a list, for the last row of a page only.
    internal string KeyOf(T row) => Key.Compile()(row);

    internal Expression<Func<T, DateTimeOffset>> Time(string column) => column == "created_at" ? CreatedAt : UpdatedAt;
}

/// <summary><c>sort=key|created_at|updated_at</c>, with a leading <c>-</c> for descending.</summary>
public sealed record ListSort(string Name)
{
    private static readonly string[] Known = ["key", "-key", "created_at", "-created_at", "updated_at", "-updated_at"];

    private bool Descending => Name[0] == '-';

    private string Column => Name.TrimStart('-');

    public static QueryParameter Parameter { get; } =
        QueryParameter.OneOf("sort", "The order, '-' for descending; key unless given.", Known);

    public static ListSort Read(QueryReader query) => new(query.OneOf("sort", Known) ?? "key");

    /// <exception cref="BadRequestException">The page token is garbage, or belongs to other filters.</exception>
    public async Task<Page<T>> Page<T>(
        IQueryable<T> rows,
        ListColumns<T> columns,
        int limit,
        string? pageToken,
        string filters,
        CancellationToken ct
    )
        where T : class
    {
        var after = PageToken.Decode(pageToken, filters, length: 2);
        var ordered =
            Column == "key"
                ? rows.PageBy(columns.Key, Descending, after?[1])
                : rows.PageBy(
                    columns.Time(Column),
                    columns.Key,
                    Descending,
                    after is [var at, var key] ? (PageToken.Time(at), key) : null
                );

        // One more than asked for tells whether there is a next page.
        var found = await ordered.Take(limit + 1).ToListAsync(ct);
        if (found.Count <= limit)
            return new Page<T>(found, null);

        found.RemoveAt(limit);
        var last = found[^1];
        var time = Column == "key" ? default : columns.Time(Column).Compile()(last);
        return new Page<T>(found, PageToken.Encode(filters, PageToken.Part(time), columns.KeyOf(last)));
    }
}
