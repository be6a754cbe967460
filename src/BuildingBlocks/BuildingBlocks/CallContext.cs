namespace FeatureFlags.BuildingBlocks;

/// <summary>
/// Who does the present piece of work, and where. Set once at the edge (a request, a delivery, a start-up task);
/// queries are filtered and saves are checked by it.
/// </summary>
public sealed class CallContext
{
    private Scope? _scope;
    private Action<DateTimeOffset>? _noteUse;

    /// <exception cref="InvalidOperationException">Nobody said which tenant this work is for.</exception>
    public Scope Scope => _scope ?? throw new InvalidOperationException("This work belongs to no tenant.");

    /// <summary>The scope, or an impossible one where there is none, so that unscoped work sees no tenant's rows.</summary>
    internal Scope ScopeOrNowhere => _scope ?? default;

    public bool HasScope => _scope is not null;

    /// <summary>Who acts: the token's <c>sub</c>, or the name of a part of the service.</summary>
    public string Actor { get; private set; } = "system";

    public string? RequestId { get; private set; }

    /// <summary>Until when the caller may go on: its token's or key's end. Null where there is none.</summary>
    public DateTimeOffset? Until { get; private set; }

    /// <summary>
    /// Cancelled when the caller may not go on although <see cref="Until"/> has not come: its API key was revoked, or
    /// is good for less than before. Never for the bearer of a token, nor for the service's own work.
    /// </summary>
    public CancellationToken Revoked { get; private set; }

    public void Enter(Scope scope, string actor, string? requestId = null, DateTimeOffset? until = null)
    {
        _scope = scope;
        Actor = actor;
        RequestId = requestId;
        Until = until;
    }

    /// <summary>Whether the caller came by API key: it may work in this scope and know of no other.</summary>
    public bool IsByKey => _noteUse is not null;

    /// <summary>Ties the caller's work to its API key.</summary>
    /// <param name="noteUse">Takes that the key is in use, and when.</param>
    /// <param name="revoked">See <see cref="Revoked"/>.</param>
    public void ComeByKey(Action<DateTimeOffset> noteUse, CancellationToken revoked)
    {
        Revoked = revoked;
        _noteUse = noteUse;
    }

    /// <summary>Says that the caller is still there: by its key, if it has one, it works on long after it came.</summary>
    public void GoOn(DateTimeOffset now) => _noteUse?.Invoke(now);
}
