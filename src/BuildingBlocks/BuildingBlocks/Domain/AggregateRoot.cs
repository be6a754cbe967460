namespace FeatureFlags.BuildingBlocks.Domain;

/// <summary>
/// An entity that keeps its own rules and says what happened to it. What it raises goes to the outbox in the
/// transaction that stores it; a command in which nothing was raised is rolled back.
/// </summary>
public abstract class AggregateRoot
{
    private readonly List<Change> _changes = [];

    internal IReadOnlyList<Change> Changes => _changes;

    protected void Raise(Change change) => _changes.Add(change);

    internal void ForgetChanges() => _changes.Clear();
}
