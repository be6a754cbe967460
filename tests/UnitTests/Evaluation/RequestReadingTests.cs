using System.Buffers;
using System.Text;
using System.Text.Json;
using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Http;
using FeatureFlags.Evaluation.Features;
using FeatureFlags.Rules;
using FeatureFlags.Rules.Engine;
using FeatureFlags.Rules.Json;

namespace FeatureFlags.UnitTests.Evaluation;

/// <summary>A request is read twice in two ways, the quick and the strict: they must agree wherever both can read.</summary>
internal sealed class RequestReadingTests
{
    private const string Usual = """
        {"flag_key": "checkout", "user": {"id": "user-8f3a2c71", "attributes":
          {"country": "CA", "plan": "pro", "age": 42, "beta": true, "device": {"os": "linux", "né\u00e9": [1, "a", null]}}}}
        """;

    [TestCase(Usual)]
    [TestCase("""{"user":{"attributes":null,"id":"\u00e9"},"flag_key":"a"}""")]
    [TestCase("""{"flag_key":"a","user":{"id":"b"}}""")]
    [TestCase("""{"flag_key":"a","user":{"id":"b","attributes":{}}} """)]
    public void The_usual_request_is_read_at_the_first_go(string body) =>
        Assert.That(Quick(Encoding.UTF8.GetBytes(body)), Is.Not.Null);

    [TestCase("""{"flag_key":"a","user":{"id":"b"}}}""")]
    [TestCase("""{"flag_key":"a","user":{"id":"b"},}""")]
    [TestCase("""{"flag_key":"a","flag_key":"a","user":{"id":"b"}}""")]
    [TestCase("""{"flag_key":"a","user":{"id":"b"},"user":{"id":"b"}}""")]
    [TestCase("""{"flag_key":"a","user":{"id":"b","id":"b"}}""")]
    [TestCase("""{"flag_key":"a","user":{"id":"b","attributes":null,"attributes":{}}}""")]
    [TestCase("""{"flag_key":"a","user":{"id":"b","attributes":{"x":1,"\u0078":2}}}""")]
    [TestCase("""{"flag_key":"a","user":{"id":"b","attributes":{"x":{"y":1,"y":2}}}}""")]
    [TestCase("""{"flag_key":"a","user":{"id":"b","attributes":{"x":[{"y":1,"y":2}]}}}""")]
    [TestCase("""{"flag_key":"a","user":{"id":"b","attributes":{"\u0000":1}}}""")]
    [TestCase("""{"flag_key":"a","user":{"id":"b","attributes":[]}}""")]
    [TestCase("""{"flag_key":"a","user":{"id":"b","attributes":5}}""")]
    [TestCase("""{"flag_key":"a","user":{"id":""}}""")]
    [TestCase("""{"flag_key":"a","user":{"id":null}}""")]
    [TestCase("""{"flag_key":"a","user":{"id":5}}""")]
    [TestCase("""{"flag_key":"a\u0000","user":{"id":"b"}}""")]
    [TestCase("""{"flag_key":"a","user":{"id":"\ud800"}}""")]
    [TestCase("""{"flag_key":"a","user":{"id":"b","name":"c"}}""")]
    [TestCase("""{"flag_key":"a","user":{"id":"b"},"tags":[]}""")]
    [TestCase("""{"flag_key":"a"}""")]
    [TestCase("""{"user":{"id":"b"}}""")]
    [TestCase("""["flag_key"]""")]
    [TestCase("")]
    public void What_is_wrong_is_left_to_the_strict_reader(string body)
    {
        var bytes = Encoding.UTF8.GetBytes(body);

        Assert.That(Quick(bytes), Is.Null);
        Assert.That(() => Strict(bytes), Throws.InstanceOf<CallerException>());
    }

    [Test]
    public void Both_readers_take_what_both_can_read_for_the_same([Range(1, 8)] int seed)
    {
        var random = new RandomRequests(new Random(seed));
        var read = 0;
        for (var i = 0; i < 5_000; i++)
        {
            var body = random.Next();
            if (Quick(body) is not { } quick)
                continue;

            read++;
            var strict = Strict(body);
            var text = Encoding.UTF8.GetString(body);
            Assert.That(quick.FlagKey, Is.EqualTo(strict.FlagKey), text);
            Assert.That(quick.User.Id, Is.EqualTo(strict.User.Id), text);
            Assert.That(Shown(quick.User.Attributes), Is.EqualTo(Shown(strict.User.Attributes)), text);
        }
        Assert.That(read, Is.GreaterThan(500));
    }

    [Test]
    public void Reading_allocates_what_it_keeps_and_little_more()
    {
        var body = new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(Usual));
        EvaluateFlag.Request.Parse(body);

        var before = GC.GetAllocatedBytesForCurrentThread();
        EvaluateFlag.Request.Parse(body);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.That(allocated, Is.LessThan(2_000));
    }

    private static EvaluateFlag.Request? Quick(byte[] body) =>
        QuickJson.Read(new ReadOnlySequence<byte>(body), EvaluateFlag.Request.Quick);

    private static EvaluateFlag.Request Strict(byte[] body) =>
        EvaluateFlag.Request.Strict(JsonBody.Parse(new ReadOnlySequence<byte>(body)).Root);

    private static string Shown(Attributes attributes)
    {
        var text = new StringBuilder("{");
        foreach (var name in attributes.Names)
            text.Append(name).Append('=').Append(Shown(attributes.Find(name, Attributes.HashOf(name)))).Append(';');
        return text.Append('}').ToString();
    }

    private static string Shown(in AttributeValue value) =>
        value.Kind switch
        {
            ValueKind.Text => $"'{value.Text}'",
            ValueKind.Number => $"{BitConverter.DoubleToInt64Bits(value.Number):x} {value.TryGetBucketKey(out _)}",
            ValueKind.Boolean => $"{value.Boolean}",
            ValueKind.List => $"[{string.Join(',', value.List.ToArray().Select(element => Shown(element)))}]",
            ValueKind.Object => Shown(value.Object),
            _ => "-",
        };

    /// <summary>Requests that are right more often than not, and wrong in every way that was thought of.</summary>
    private sealed class RandomRequests(Random random)
    {
        private static readonly string[] Names =
        [
            "a",
            "b",
            "c",
            "country",
            "id",
            "d.e",
            "",
            "\\u0061",
            "é",
            "\\ud83d\\ude00",
            "\\u0000",
            "\\ud800",
        ];

        private static readonly string[] Scalars =
        [
            "\"a\"",
            "\"\"",
            "\"é😀\"",
            "\"\\u00e9\\n\"",
            "\"\\ud83d\\ude00\"",
            "\"\\udc00\"",
            "\"\\u0000\"",
            "0",
            "-0",
            "1.5e300",
            "1e400",
            "-1e400",
            "9007199254740992",
            "9007199254740993",
            "-9007199254740992",
            "-9007199254740993",
            "9007199254740992.0000001",
            "1e-320",
            "123456789012345678901234567890",
            "true",
            "false",
            "null",
        ];

        public byte[] Next()
        {
            string[] members = [$"\"flag_key\":{(Rarely() ? Any(0) : "\"checkout\"")}", $"\"user\":{User()}"];
            if (Rarely())
                members = [.. members, $"\"{One(Names)}\":{Any(0)}"];
            if (Rarely())
                members = members[..1];
            random.Shuffle(members);
            var bytes = Encoding.UTF8.GetBytes($"{Space()}{{{string.Join($"{Space()},", members)}}}{Space()}");
            // A byte that is another, here and there.
            if (random.Next(4) == 0)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            return bytes;
        }

        private string User()
        {
            string[] members =
            [
                $"\"id\":{(Rarely() ? Any(0) : "\"ada\"")}",
                $"\"attributes\":{(Rarely() ? Any(1) : Object(1))}",
            ];
            if (Rarely())
                members = [.. members, $"\"{One(Names)}\":{Any(0)}"];
            random.Shuffle(members);
            return $"{{{string.Join(',', members)}}}";
        }

        private string Any(int depth) =>
            random.Next(depth < 14 ? 8 : 6) switch
            {
                6 => $"[{string.Join(',', Many(() => Rarely() ? Any(depth + 1) : One(Scalars)))}]",
                7 => Object(depth + 1),
                _ => One(Scalars),
            };

        private string Object(int depth)
        {
            // Names are rarely repeated, and once in a while there are more members than usual.
            var count = random.Next(200) == 0 ? random.Next(60, 70) : random.Next(4);
            var members = Enumerable
                .Range(0, count)
                .Select(i =>
                    $"{Space()}\"{(Rarely() ? One(Names) : $"n{i}")}\":{Space()}{(random.Next(3) == 0 ? Any(depth) : One(Scalars))}"
                );
            return $"{{{string.Join(',', members)}}}";
        }

        private List<string> Many(Func<string> next) =>
            Enumerable.Range(0, random.Next(5)).Select(_ => next()).ToList();

        private string Space() => Rarely() ? One([" ", "\n\t", "/**/"]) : "";

        private bool Rarely() => random.Next(12) == 0;

        private string One(string[] values) => values[random.Next(values.Length)];
    }
}
