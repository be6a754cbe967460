namespace FeatureFlags.IntegrationTests.Outbox;

/// <summary>Gives each test an empty database and ends the nodes it started.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[Parallelizable(ParallelScope.Self)]
internal abstract class OutboxFixture(Engine engine)
{
    private readonly List<Node> _nodes = [];
    private TestDatabase _database = null!;

    [SetUp]
    public async Task CreateDatabase() => _database = await TestDatabase.Create(engine);

    [TearDown]
    public async Task End()
    {
        foreach (var node in _nodes)
            await node.DisposeAsync();
        _database.Dispose();
    }

    protected bool OnSqlite => engine == Engine.Sqlite;

    /// <summary>A node whose dispatcher does not run yet.</summary>
    protected async Task<Node> IdleNode(params (string Setting, string Value)[] settings)
    {
        var node = await Node.Create(_database, settings);
        _nodes.Add(node);
        return node;
    }

    protected async Task<Node> RunningNode(params (string Setting, string Value)[] settings) =>
        await (await IdleNode(settings)).Start();
}
