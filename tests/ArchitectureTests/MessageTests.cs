using FeatureFlags.ArchitectureTests.Violations;
using FeatureFlags.BuildingBlocks;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace FeatureFlags.ArchitectureTests;

internal sealed class MessageTests
{
    private static readonly IReadOnlyList<Type> Messages = MessageRules.MessagesIn(Code.Types);
    private static readonly IReadOnlyList<Type> Commands = MessageRules.CommandsIn(Code.Types);

    [Test]
    public void Every_message_has_one_handler() =>
        Assert.That(MessageRules.NotHandledOnce(Messages, RealHost.Services), Is.Empty);

    [Test]
    public void A_message_with_two_handlers_or_none_is_reported() =>
        Assert.That(
            MessageRules.NotHandledOnce(MessageRules.MessagesIn(Code.Violations), Registered()),
            Is.EquivalentTo([$"{typeof(Unanswered)} has 0 handlers", $"{typeof(AnsweredTwice.Query)} has 2 handlers"])
        );

    [Test]
    public void Every_command_has_a_validator() =>
        Assert.That(MessageRules.NotValidated(Commands, RealHost.Services), Is.Empty);

    [Test]
    public void A_command_without_a_validator_is_reported() =>
        Assert.That(
            MessageRules.NotValidated(MessageRules.CommandsIn(Code.Violations), Registered()),
            Is.EqualTo([$"{typeof(Unvalidated.Command)} has no validator"])
        );

    [Test]
    public void Nothing_is_published() => Assert.That(MessageRules.Publications(Code.Architecture), Is.Empty);

    [Test]
    public void A_publication_is_reported() =>
        Assert.That(MessageRules.Publications(Code.Violated), Is.EqualTo([$"{typeof(PastTheOutbox)} publishes"]));

    private static IReadOnlyList<ServiceDescriptor> Registered()
    {
        var services = new ServiceCollection();
        services.AddModules(new ConfigurationBuilder().Build(), [new ViolatingModule()]);
        return [.. services];
    }
}
