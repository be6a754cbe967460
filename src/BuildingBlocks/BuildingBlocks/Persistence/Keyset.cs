using System.Linq.Expressions;

namespace FeatureFlags.BuildingBlocks.Persistence;

/// <summary>
/// Keyset paging: a page starts after the last row of the one before, by value, so rows written meanwhile neither
/// repeat nor hide others, and every page is one range of an index.
/// </summary>
public static class Keyset
{
    /// <summary>Orders by a text column and starts after <paramref name="after"/> (null: at the start).</summary>
    public static IQueryable<T> PageBy<T>(
        this IQueryable<T> rows,
        Expression<Func<T, string>> column,
        bool descending,
        string? after
    )
    {
        if (after is not null)
            rows = rows.Where(Where(column, value => Beyond(value, Captured(after), descending)));
        return descending ? rows.OrderByDescending(column) : rows.OrderBy(column);
    }

    /// <summary>Orders by a time and then a unique text, and starts after the pair <paramref name="after"/>.</summary>
    public static IQueryable<T> PageBy<T>(
        this IQueryable<T> rows,
        Expression<Func<T, DateTimeOffset>> time,
        Expression<Func<T, string>> tieBreak,
        bool descending,
        (DateTimeOffset Time, string Key)? after
    )
    {
        if (after is var (lastTime, lastKey))
        {
            var last = Captured(lastTime);
            // Said twice on purpose: the plain bound lets both engines seek in the index.
            rows = rows.Where(
                Where(
                    time,
                    t => descending ? Expression.LessThanOrEqual(t, last) : Expression.GreaterThanOrEqual(t, last)
                )
            );
            var later = Where(time, t => descending ? Expression.LessThan(t, last) : Expression.GreaterThan(t, last));
            var tie = Where(tieBreak, key => Beyond(key, Captured(lastKey), descending));
            var tieBody = new Rebind(tie.Parameters[0], later.Parameters[0]).Visit(tie.Body);
            rows = rows.Where(
                Expression.Lambda<Func<T, bool>>(Expression.OrElse(later.Body, tieBody), later.Parameters)
            );
        }
        return descending
            ? rows.OrderByDescending(time).ThenByDescending(tieBreak)
            : rows.OrderBy(time).ThenBy(tieBreak);
    }

    // A captured variable becomes a parameter; a constant would make a new SQL text, and plan, of every page.
    private static Expression Captured<T>(T value) => ((Expression<Func<T>>)(() => value)).Body;

    private static Expression<Func<T, bool>> Where<T, TColumn>(
        Expression<Func<T, TColumn>> column,
        Func<Expression, Expression> condition
    ) => Expression.Lambda<Func<T, bool>>(condition(column.Body), column.Parameters);

    // EF translates string.Compare(a, b) > 0 to a > b in the column's collation, which is ordinal on both engines.
    private static BinaryExpression Beyond(Expression value, Expression after, bool descending)
    {
        var compared = Expression.Call(typeof(string), nameof(string.Compare), null, value, after);
        var zero = Expression.Constant(0);
        return descending ? Expression.LessThan(compared, zero) : Expression.GreaterThan(compared, zero);
    }

    private sealed class Rebind(ParameterExpression from, ParameterExpression to) : ExpressionVisitor
    {
        protected override Expression VisitParameter(ParameterExpression node) => node == from ? to : node;
    }
}
