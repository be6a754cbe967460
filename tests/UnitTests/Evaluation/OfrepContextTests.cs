using System.Buffers;
using System.Text;
using System.Text.Json;
using FeatureFlags.Evaluation.Ofrep;
using FeatureFlags.Rules;
using FeatureFlags.Rules.Json;

namespace FeatureFlags.UnitTests.Evaluation;

/// <summary>A context is read in two ways, the quick and the strict: they must agree wherever both can read.</summary>
internal sealed class OfrepContextTests
{
    [TestCase("""{"context":{"targetingKey":"ada","country":"CA","n":1.5,"o":{"a":[true,null]}}}""", "ada")]
    [TestCase("""{"context":{"country":"CA","targetingKey":"ada"}}""", "ada")]
    [TestCase("""{"context":{"a":1,"targetingKey":"ada","b":2,"id":"other"}}""", "ada")]
    [TestCase("""{"context":{"targetingKey":null,"a":1}}""", null)]
    [TestCase("""{"context":{"targetingKey":""}}""", null)]
    [TestCase("""{"context":{}}""", null)]
    public void The_usual_context_is_read_at_the_first_go_as_the_strict_reader_would(string body, string? id)
    {
        var bytes = Bytes(body);
        var strict = OfrepContext.Typed(OfrepContext.Given(bytes));

        var quick = QuickJson.Read(bytes, OfrepContext.Quick);

        Assert.That(quick, Is.Not.Null);
        Assert.That(quick!.Id, Is.EqualTo(id));
        Assert.That(strict.Id, Is.EqualTo(id));
        Assert.That(quick.Attributes.Names.ToArray(), Is.EqualTo(strict.Attributes.Names.ToArray()));
        Assert.That(quick.Attributes.Names.ToArray(), Does.Not.Contain(EvaluationContext.TargetingKey));
        foreach (var name in quick.Attributes.Names)
            Assert.That(Shown(quick, name), Is.EqualTo(Shown(strict, name)), name);
    }

    [TestCase("{}", null)]
    [TestCase("""{"later":1,"context":{"targetingKey":"ada"}}""", null)]
    [TestCase("""{"context":{"targetingKey":5}}""", ErrorCode.InvalidContext)]
    [TestCase("""{"context":{"targetingKey":"\u0000"}}""", ErrorCode.InvalidContext)]
    [TestCase("""{"context":[]}""", ErrorCode.InvalidContext)]
    [TestCase("""{"context":{},"context":{}}""", ErrorCode.ParseError)]
    [TestCase("""{"context":{"a":1,"a":1}}""", ErrorCode.ParseError)]
    [TestCase("""{"context":{}}}""", ErrorCode.ParseError)]
    [TestCase("", ErrorCode.ParseError)]
    public void What_is_unusual_or_wrong_is_left_to_the_strict_reader(string body, string? code)
    {
        var bytes = Bytes(body);

        Assert.That(QuickJson.Read(bytes, OfrepContext.Quick), Is.Null);
        if (code is null)
            Assert.That(() => OfrepContext.Read(bytes), Throws.Nothing);
        else
            Assert.That(
                () => OfrepContext.Read(bytes),
                Throws.TypeOf<OfrepException>().With.Property(nameof(OfrepException.Code)).EqualTo(code)
            );
    }

    private static ReadOnlySequence<byte> Bytes(string body) => new(Encoding.UTF8.GetBytes(body));

    private static string Shown(EvaluationContext context, string name) =>
        context.Attributes.Find(name, FeatureFlags.Rules.Engine.Attributes.HashOf(name)).ToJson();
}
