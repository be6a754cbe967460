using System.Buffers;
using System.Text;
using System.Text.Json;
using FeatureFlags.Rules;
using FeatureFlags.Rules.Json;

namespace FeatureFlags.UnitTests.Rules;

/// <summary>Users and texts read from bytes at the first go, as requests are: either as from JSON, or not at all.</summary>
public sealed class QuickReadingTests
{
    private const string User = """
        {"user": {"id": "user-1", "attributes":
          {"text": "CA", "whole": 3, "real": 2.5, "yes": true, "no": false, "nothing": null, "e\u0078tra": "\u00e9",
           "tags": ["a", "\u00e9", 1, true, false, null], "none": [], "empty": {},
           "company": {"plan": "pro", "site": {"country": "FR"}}, "last": 1}}}
        """;

    [TestCase(
        "{'text': 'CA', 'whole': 3, 'real': {'gt': 2, 'lt': 3}, 'yes': true, 'no': false, 'extra': 'é', 'last': 1}"
    )]
    [TestCase("{'nothing': {'exists': false}, 'none': {'size_eq': 0}, 'empty': {'exists': true}}")]
    [TestCase("{'tags': {'has_all': ['a', 'é', 1, true, false], 'size_eq': 6}}")]
    [TestCase("{'company.plan': 'pro', 'company.site.country': 'FR', 'plan': {'exists': false}}")]
    public void A_user_read_from_bytes_has_the_attributes_that_were_written(string attributes)
    {
        var user = Read(User)!;

        Assert.That(user.Id, Is.EqualTo("user-1"));
        Assert.That(Given.Holds($"{{'attr': {attributes}}}", user), Is.True);
    }

    [TestCase("""{"user": {"attributes": null, "id": "user-1"}}""")]
    [TestCase("""{"user": {"id": "user-1", "attributes": {}}}""")]
    [TestCase("""{"user": {"id": "user-1"}} """)]
    public void A_user_needs_no_attributes(string body) =>
        Assert.That(Given.Holds("{'attr': {'id': 'user-1', 'x': {'exists': false}}}", Read(body)!), Is.True);

    [TestCase("")]
    [TestCase("[]")]
    [TestCase("""{"user": 5}""")]
    [TestCase("""{"user": 5, "id": "a"}""")]
    [TestCase("""{"user": {}}""")]
    [TestCase("""{"user": {"id": 5}}""")]
    [TestCase("""{"user": {"id": ""}}""")]
    [TestCase("""{"user": {"id": "\u0000"}}""")]
    [TestCase("""{"user": {"id": "\ud800"}}""")]
    [TestCase("""{"user": {"id": "a", "id": "b"}}""")]
    [TestCase("""{"user": {"id": "a", "name": "b"}}""")]
    [TestCase("""{"user": {"id": "a", "attributes": 5}}""")]
    [TestCase("""{"user": {"id": "a", "attributes": []}}""")]
    [TestCase("""{"user": {"id": "a", "attributes": {}, "attributes": {}}}""")]
    [TestCase("""{"user": {"id": "a", "attributes": {"x": 1, "\u0078": 2}}}""")]
    [TestCase("""{"user": {"id": "a", "attributes": {"\u0000": 1}}}""")]
    [TestCase("""{"user": {"id": "a", "attributes": {"x": {"y": 1, "y": 2}}}}""")]
    [TestCase("""{"user": {"id": "a", "attributes": {"x": [[1]]}}}""")]
    [TestCase("""{"user": {"id": "a", "attributes": {"x": [{}]}}}""")]
    [TestCase("""{"user": {"id": "a"}}}""")]
    [TestCase("""{"user": {"id": "a"}""")]
    public void What_is_not_as_usual_is_not_read(string body) => Assert.That(Read(body), Is.Null);

    [Test]
    public void Nor_are_bytes_that_are_no_utf8() =>
        Assert.That(
            Read(new ReadOnlySequence<byte>([.. """{"user": {"id": """u8, (byte)'"', 0xff, .. "\"}}"u8])),
            Is.Null
        );

    [Test]
    public void Bytes_in_pieces_are_read_as_those_in_one()
    {
        var bytes = Encoding.UTF8.GetBytes(User);
        var first = new Piece(bytes.AsMemory(0, 40), null);
        var last = new Piece(bytes.AsMemory(40), first);

        var user = Read(new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length))!;

        Assert.That(Given.Holds("{'attr': {'id': 'user-1', 'text': 'CA', 'last': 1}}", user), Is.True);
    }

    [Test]
    public void An_object_is_read_with_up_to_64_members()
    {
        var most = Read(WithMembers(64))!;

        Assert.That(Given.Holds("{'attr': {'n0': 0, 'n8': 8, 'n63': 63}}", most), Is.True);
        Assert.That(Read(WithMembers(65)), Is.Null);

        static string WithMembers(int count) =>
            $"{{\"user\": {{\"id\": \"a\", \"attributes\": {{{string.Join(", ", Enumerable.Range(0, count).Select(i => $"\"n{i}\": {i}"))}}}}}}}";
    }

    [Test]
    public void Objects_are_read_as_deep_as_a_path_can_ask()
    {
        var path = string.Join('.', Enumerable.Repeat("n", Limits.PathParts));

        Assert.That(Given.Holds($"{{'attr': {{'{path}': 1}}}}", Read(Nested(Limits.PathParts))!), Is.True);
        Assert.That(Read(Nested(Limits.PathParts + 1)), Is.Null);

        static string Nested(int depth) =>
            $"{{\"user\": {{\"id\": \"a\", \"attributes\": {string.Concat(Enumerable.Repeat("{\"n\": ", depth))}1{new string('}', depth)}}}}}";
    }

    [TestCase("9007199254740992", true)]
    [TestCase("9007199254740993", false)]
    [TestCase("-9007199254740992", true)]
    [TestCase("-9007199254740993", false)]
    public void A_number_read_from_bytes_is_a_bucket_key_within_2_to_the_53(string number, bool isKey)
    {
        var user = Read($"{{\"user\": {{\"id\": \"a\", \"attributes\": {{\"n\": {number}}}}}}}")!;

        Assert.That(Given.Holds("{'percentage': 100, 'by': 'n'}", user), Is.EqualTo(isKey));
    }

    [TestCase("""["a", "\u00e9", ""]""", "a é ")]
    [TestCase("[]", "")]
    [TestCase("""["a", 5]""", null)]
    [TestCase("""["a", null]""", null)]
    [TestCase("""["a", ["b"]]""", null)]
    [TestCase("""["a", "\u0000"]""", null)]
    [TestCase("""["a", "\ud800"]""", null)]
    [TestCase("\"a\"", null)]
    [TestCase("null", null)]
    public void A_list_of_texts_is_read_whole_or_not_at_all(string list, string? texts) =>
        Assert.That(
            QuickJson.Read(
                Bytes($"{{\"list\": {list}}}"),
                (ref Utf8JsonReader json) =>
                {
                    json.Read();
                    var read = QuickJson.Texts(ref json);
                    json.Read();
                    return read is null ? null : string.Join(' ', read);
                }
            ),
            Is.EqualTo(texts)
        );

    private static EvaluationContext? Read(string body) => Read(Bytes(body));

    private static EvaluationContext? Read(ReadOnlySequence<byte> body) =>
        QuickJson.Read(
            body,
            (ref Utf8JsonReader json) =>
            {
                json.Read();
                var user = EvaluationContext.TryRead(ref json);
                json.Read();
                return user;
            }
        );

    private static ReadOnlySequence<byte> Bytes(string body) => new(Encoding.UTF8.GetBytes(body));

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(ReadOnlyMemory<byte> memory, Piece? before)
        {
            Memory = memory;
            if (before is null)
                return;
            RunningIndex = before.RunningIndex + before.Memory.Length;
            before.Next = this;
        }
    }
}
