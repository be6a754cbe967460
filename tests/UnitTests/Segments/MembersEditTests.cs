using System.Text.Json;
using FeatureFlags.Segments.Domain;

namespace FeatureFlags.UnitTests.Segments;

internal sealed class MembersEditTests
{
    [Test]
    public void It_names_a_list_and_what_to_add_and_remove()
    {
        var edit = Given.Edit("""{"list":"excluded","add":["b","a"],"remove":["c"]}""");

        Assert.Multiple(() =>
        {
            Assert.That(edit.Problems.Items, Is.Empty);
            Assert.That(edit.List, Is.EqualTo(ListName.Excluded));
            Assert.That(edit.Ids, Is.EqualTo(["b", "a", "c"]));
        });
    }

    [TestCase("""[]""", "")]
    [TestCase("""{"add":["a"]}""", "list")]
    [TestCase("""{"list":"all","add":["a"]}""", "list")]
    [TestCase("""{"list":1,"add":["a"]}""", "list")]
    [TestCase("""{"list":"included"}""", "add")]
    [TestCase("""{"list":"included","add":"a"}""", "add")]
    [TestCase("""{"list":"included","add":["a","a"]}""", "add[1]")]
    [TestCase("""{"list":"included","remove":["a",7]}""", "remove[1]")]
    [TestCase("""{"list":"included","add":["x","a"],"remove":["a"]}""", "remove[0]")]
    [TestCase("""{"list":"included","add":[],"drop":[]}""", "drop")]
    public void Each_is_refused_at(string body, string path) =>
        Assert.That(Given.Edit(body).Problems.Items.Select(p => p.Path), Is.EqualTo([path]));

    [TestCase(5_000, 5_000, true)]
    [TestCase(10_000, 0, true)]
    [TestCase(5_001, 5_000, false)]
    [TestCase(0, 10_001, false)]
    public void One_call_takes_10000_ids_added_and_removed_together(int add, int remove, bool taken)
    {
        var body = new
        {
            list = "included",
            add = Enumerable.Range(0, add).Select(i => $"a{i}"),
            remove = Enumerable.Range(0, remove).Select(i => $"r{i}"),
        };

        Assert.That(Given.Edit(JsonSerializer.Serialize(body)).Problems.Any, Is.Not.EqualTo(taken));
    }
}
