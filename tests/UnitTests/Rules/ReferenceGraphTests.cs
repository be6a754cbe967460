using FeatureFlags.Rules;

namespace FeatureFlags.UnitTests.Rules;

public sealed class ReferenceGraphTests
{
    [TestCase("a = b", "a b a", "b = a")]
    [TestCase("a = a", "a a")]
    [TestCase("a = b", "a b c d a", "b = c", "c = d", "d = a")]
    [TestCase("a = b c", "a c a", "b = d", "c = a", "d = a")]
    [TestCase("a = s:x", "a s:x a", "s:x = a")]
    public async Task A_cycle_through_the_start_is_found_by_the_shortest_way(
        string start,
        string cycle,
        params string[] stored
    ) => Assert.That(await FindCycle(start, stored), Is.EqualTo(cycle));

    [TestCase("a = b", "b = c")]
    [TestCase("a = b c", "b = d", "c = d", "d = e")]
    [TestCase("a = b", "b = c", "c = b")]
    [TestCase("a = s:a", "s:a = b")]
    [TestCase("a = unknown")]
    [TestCase("a =")]
    public async Task Without_a_cycle_through_the_start_there_is_none(string start, params string[] stored) =>
        Assert.That(await FindCycle(start, stored), Is.Null);

    [Test]
    public async Task Each_step_is_loaded_once_and_no_node_twice()
    {
        var batches = new List<string>();

        await FindCycle("a = b c", ["b = d e", "c = e", "d = c", "e = f"], batches);

        Assert.That(batches, Is.EqualTo(new[] { "b c", "d e", "f" }));
    }

    private static async Task<string?> FindCycle(string start, string[] stored, List<string>? batches = null)
    {
        var edges = stored
            .Append(start)
            .Select(Parsed)
            .ToDictionary(e => e.From, e => (IReadOnlyCollection<ReferenceNode>)e.To);
        var (from, to) = Parsed(start);
        var cycle = await ReferenceGraph.FindCycle(
            from,
            to,
            (nodes, _) =>
            {
                batches?.Add(string.Join(' ', nodes.Select(Named)));
                return Task.FromResult<IReadOnlyDictionary<ReferenceNode, IReadOnlyCollection<ReferenceNode>>>(
                    nodes.Where(edges.ContainsKey).ToDictionary(node => node, node => edges[node])
                );
            }
        );
        return cycle is null ? null : string.Join(' ', cycle.Select(Named));
    }

    private static (ReferenceNode From, ReferenceNode[] To) Parsed(string edges)
    {
        var equals = edges.IndexOf('=', StringComparison.Ordinal);
        return (
            Node(edges[..equals].Trim()),
            [.. edges[(equals + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Node)]
        );
    }

    private static ReferenceNode Node(string name) =>
        name.StartsWith("s:", StringComparison.Ordinal)
            ? new ReferenceNode(ReferenceKind.Segment, name[2..])
            : new ReferenceNode(ReferenceKind.Flag, name);

    private static string Named(ReferenceNode node) => node.Kind == ReferenceKind.Segment ? $"s:{node.Key}" : node.Key;
}
