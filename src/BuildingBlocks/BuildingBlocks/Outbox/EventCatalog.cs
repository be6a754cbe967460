namespace FeatureFlags.BuildingBlocks.Outbox;

/// <summary>
/// Every type of event that the modules say they raise. Who filters or subscribes by type, entity or action finds the
/// known ones here, so that a new module's events need no change elsewhere.
/// </summary>
public sealed class EventCatalog
{
    public EventCatalog(IEnumerable<IModule> modules)
    {
        Types = Sorted(modules.SelectMany(m => m.EventTypes));
        Entities = Sorted(Types.Select(type => type[..Dot(type)]));
        Actions = Sorted(Types.Select(type => type[(Dot(type) + 1)..]));
    }

    /// <summary><c>flag.created</c>, …</summary>
    public IReadOnlySet<string> Types { get; }

    /// <summary>What changes are about: <c>flag</c>, …</summary>
    public IReadOnlySet<string> Entities { get; }

    /// <summary>What happens to them: <c>created</c>, …</summary>
    public IReadOnlySet<string> Actions { get; }

    internal void Require(string type)
    {
        if (!Types.Contains(type))
            throw new InvalidOperationException($"No module says that it raises '{type}': see IModule.EventTypes.");
    }

    private static int Dot(string type) => type.IndexOf('.', StringComparison.Ordinal);

    private static SortedSet<string> Sorted(IEnumerable<string> names) => new(names, StringComparer.Ordinal);
}
