using System.Text.Json;
using FeatureFlags.Client;
using FeatureFlags.Client.Testing;
using FeatureFlags.Rules;
using static FeatureFlags.ClientTests.Setup;

namespace FeatureFlags.ClientTests;

internal sealed class TestFlagsTests
{
    private static readonly EvaluationContext Bob = EvaluationContext.For("bob").Build();

    private readonly TestFlags _flags = new();

    [Test]
    public void A_flag_gives_what_was_set_last()
    {
        Assert.That(_flags.Client.GetBoolean("checkout", Bob, true), Is.True, "not set");

        _flags
            .Set("checkout", true)
            .Set("colour", "blue")
            .Set("limit", 3)
            .Set("layout", JsonElement.Parse("""{"a":1}"""));

        Assert.Multiple(() =>
        {
            Assert.That(_flags.Client.GetBoolean("checkout", Bob, false), Is.True);
            Assert.That(_flags.Client.GetString("colour", Bob, ""), Is.EqualTo("blue"));
            Assert.That(_flags.Client.GetInteger("limit", Bob, 0), Is.EqualTo(3));
            Assert.That(_flags.Client.GetJson("layout", Bob, default).GetRawText(), Is.EqualTo("""{"a":1}"""));
        });
        _flags.Set("checkout", false);
        Assert.That(_flags.Client.GetBoolean("checkout", Bob, true), Is.False);
        _flags.Remove("checkout");
        Assert.That(_flags.Client.GetBoolean("checkout", Bob, true), Is.True);
    }

    [Test]
    public void A_user_may_have_a_value_of_its_own()
    {
        _flags.SetFor("alice", "checkout", true);
        Assert.That(_flags.Client.GetBooleanDetails("checkout", Bob, true).Value, Is.True, "the caller's default");

        _flags.Set("checkout", false);

        Assert.That(_flags.Client.IsOn("checkout"), Is.True);
        Assert.That(_flags.Client.GetBoolean("checkout", Bob, true), Is.False);
    }

    [Test]
    public void A_whole_flag_is_evaluated_as_the_service_would()
    {
        _flags.SetDefinition(
            """
            {"key":"checkout","state":"on","variants":[{"key":"off","weight":1,"value":false},{"key":"on","weight":0,"value":true}],
             "rules":[{"id":"ca","order":1,"when":{"attr":{"country":"CA"}},"rollout":{"variant":"on"}}]}
            """
        );

        Assert.That(_flags.Client.GetBooleanDetails("checkout", Alice, false).RuleId, Is.EqualTo("ca"));
        Assert.That(_flags.Client.GetBoolean("checkout", Bob, true), Is.False);
    }

    [Test]
    public void What_can_not_be_is_said_where_it_is_set()
    {
        Assert.That(() => _flags.SetDefinition("""{"key":"a","variants":[]}"""), Throws.ArgumentException);
        Assert.That(() => _flags.Set("a", true).SetFor("bob", "a", "text"), Throws.ArgumentException);
        Assert.That(_flags.Client.GetBoolean("a", Bob, false), Is.True, "as before");
    }
}
