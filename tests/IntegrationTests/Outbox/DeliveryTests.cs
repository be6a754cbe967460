using System.Collections.Concurrent;
using FeatureFlags.BuildingBlocks;
using FeatureFlags.BuildingBlocks.Outbox;
using FeatureFlags.Testing;
using Microsoft.EntityFrameworkCore;

namespace FeatureFlags.IntegrationTests.Outbox;

[TestFixture(Engine.Sqlite)]
[TestFixture(Engine.Postgres)]
internal sealed class DeliveryTests(Engine engine) : OutboxFixture(engine)
{
    [Test]
    public async Task Every_subscriber_handles_every_change_once()
    {
        var node = await RunningNode();

        await node.Switch(true, "desk", "hall");
        await node.Switch(false, "desk");

        await Eventually.Holds(async () => await node.Open() == 0);
        Assert.That(await node.NotedBy(Ledger.Name), Is.EquivalentTo(new[] { 1, 2, 3 }));
        Assert.That(await node.NotedBy(Mailer.Name), Is.EquivalentTo(new[] { 1, 2, 3 }));
    }

    [Test]
    public async Task What_was_committed_before_the_process_ended_is_delivered_by_the_next_one()
    {
        var died = await IdleNode();
        await died.Switch(true, "desk");
        await died.DisposeAsync();

        var next = await RunningNode();

        await Eventually.Holds(async () => await next.Open() == 0);
        Assert.That(await next.NotedBy(Ledger.Name), Is.EqualTo(new[] { 1 }));
    }

    [Test]
    public async Task An_entitys_changes_are_handled_in_order_though_one_fails_at_first()
    {
        var node = await IdleNode();
        await node.Toggle("desk", times: 4);
        var failures = 0;
        node.Subscribers[Ledger.Name] = (message, _) =>
            message.Revision == 2 && ++failures <= 2 ? throw new TimeoutException("Not now.") : Task.CompletedTask;

        await node.Start();

        await Eventually.Holds(async () => await node.Open() == 0);
        Assert.That(failures, Is.EqualTo(3));
        Assert.That(await node.NotedBy(Ledger.Name), Is.EqualTo(new[] { 1, 2, 3, 4 }));
    }

    [Test]
    public async Task A_change_that_fails_holds_back_its_own_entity_only()
    {
        var node = await IdleNode(("Outbox:FirstBackoff", "00:01:00"), ("Outbox:MaxBackoff", "00:01:00"));
        await node.Switch(true, "desk");
        await node.Toggle("hall", times: 3);
        await node.Switch(false, "desk");
        node.Subscribers[Ledger.Name] = (message, _) =>
            message.Revision == 1 ? throw new TimeoutException("Not now.") : Task.CompletedTask;

        await node.Start();

        await Eventually.Holds(async () => (await node.NotedBy(Ledger.Name, "hall")).Count == 3);
        Assert.That(await node.NotedBy(Ledger.Name, "desk"), Is.Empty);
        Assert.That(await node.Open(Ledger.Name), Is.EqualTo(2));
    }

    [Test]
    public async Task A_subscriber_that_always_fails_holds_no_other_back()
    {
        var node = await IdleNode(("Outbox:FirstBackoff", "00:01:00"), ("Outbox:MaxBackoff", "00:01:00"));
        await node.Toggle("desk", times: 5);
        node.Subscribers[Mailer.Name] = (_, _) => throw new TimeoutException("Never.");

        await node.Start();

        await Eventually.Holds(async () => await node.Open(Ledger.Name) == 0);
        Assert.That(await node.NotedBy(Ledger.Name), Is.EqualTo(new[] { 1, 2, 3, 4, 5 }));
        Assert.That(await node.Open(Mailer.Name), Is.EqualTo(5));
    }

    [Test]
    public async Task A_slow_change_holds_no_other_entity_back()
    {
        var node = await IdleNode();
        await node.Switch(true, "desk");
        await node.Switch(true, [.. Enumerable.Range(0, 100).Select(i => $"lamp-{i}")]);
        var answer = new TaskCompletionSource();
        node.Subscribers[Ledger.Name] = (message, ct) =>
            message.EntityKey == "desk" ? answer.Task.WaitAsync(ct) : Task.CompletedTask;

        await node.Start();

        await Eventually.Holds(async () => await node.Open(Ledger.Name) == 1);
        Assert.That(await node.NotedBy(Ledger.Name, "desk"), Is.Empty);
        answer.SetResult();
        await Eventually.Holds(async () => await node.Open(Ledger.Name) == 0);
    }

    [Test]
    public async Task A_subscriber_that_does_not_come_back_is_cut_off_and_the_change_tried_again()
    {
        var node = await IdleNode(("Outbox:Timeout", "00:00:00.200"));
        await node.Switch(true, "desk");
        var calls = 0;
        node.Subscribers[Ledger.Name] = (_, ct) =>
            ++calls == 1 ? Task.Delay(Timeout.InfiniteTimeSpan, ct) : Task.CompletedTask;

        await node.Start();

        await Eventually.Holds(async () => await node.Open() == 0);
        Assert.That(calls, Is.AtLeast(2));
        Assert.That(await node.NotedBy(Ledger.Name), Is.EqualTo(new[] { 1 }));
    }

    [Test]
    public async Task A_change_that_fails_every_time_becomes_a_dead_letter_and_the_entity_goes_on()
    {
        var node = await IdleNode();
        await node.Toggle("desk", times: 2);
        var calls = new ConcurrentQueue<long>();
        node.Subscribers[Ledger.Name] = (message, _) =>
        {
            calls.Enqueue(message.Revision);
            return message.Revision == 1 ? throw new TimeoutException("Never.") : Task.CompletedTask;
        };

        await node.Start();

        await Eventually.Holds(async () => await node.Open() == 0);
        var letter = (await node.DeadLetters()).Single();
        Assert.That(
            (letter.Subscriber, letter.Revision, letter.EntityKey, letter.Attempts, letter.LastError),
            Is.EqualTo((Ledger.Name, 1, "desk", 4, "TimeoutException: Never."))
        );
        Assert.That(calls, Is.EqualTo(new[] { 1, 1, 1, 1, 2 }));
        Assert.That(await node.NotedBy(Ledger.Name), Is.EqualTo(new[] { 2 }));
    }

    [Test]
    public async Task A_change_that_can_never_be_handled_is_dead_at_once()
    {
        var node = await IdleNode();
        await node.Switch(true, "desk");
        node.Subscribers[Ledger.Name] = (_, _) => throw new UnreadableMessageException("No such form.");

        await node.Start();

        await Eventually.Holds(async () => (await node.DeadLetters()).Count == 1);
        Assert.That((await node.DeadLetters()).Single().Attempts, Is.EqualTo(1));
    }

    [Test]
    public async Task A_delivery_whose_message_is_gone_is_dead_at_once()
    {
        var node = await IdleNode();
        await node.Switch(true, "desk");
        await node.InScope(db => db.Set<OutboxMessage>().ExecuteDeleteAsync());

        await node.Start();

        await Eventually.Holds(async () => (await node.DeadLetters()).Count == 4);
        Assert.That(await node.Open(), Is.Zero);
    }

    [Test]
    public async Task A_change_that_took_the_process_down_at_every_attempt_is_dead_without_another()
    {
        var node = await IdleNode();
        await node.Switch(true, "desk");
        await node.InScope(db =>
            db.Set<OutboxDelivery>()
                .Where(d => d.Subscriber == Ledger.Name)
                .ExecuteUpdateAsync(d => d.SetProperty(x => x.Attempts, 4))
        );

        await node.Start();

        await Eventually.Holds(async () => (await node.DeadLetters()).Count == 1);
        Assert.That(await node.NotedBy(Ledger.Name), Is.Empty);
    }

    [Test]
    public async Task A_retried_dead_letter_is_delivered_with_its_attempts_counted_anew()
    {
        var node = await IdleNode();
        await node.Switch(true, "desk");
        node.Subscribers[Ledger.Name] = (_, _) => throw new UnreadableMessageException("No such form.");
        await node.Start();
        await Eventually.Holds(async () => (await node.DeadLetters()).Count == 1);
        var failures = 0;
        node.Subscribers[Ledger.Name] = (message, _) =>
            message.Revision == 1 && ++failures < 4 ? throw new TimeoutException("Not yet.") : Task.CompletedTask;

        await node.Send(new RetryDeadLetter.Command((await node.DeadLetters()).Single().Id));

        await Eventually.Holds(async () => await node.Open() == 0);
        Assert.That(failures, Is.EqualTo(4));
        Assert.That(await node.DeadLetters(), Is.Empty);
        Assert.That(await node.NotedBy(Ledger.Name, "desk"), Is.EqualTo(new[] { 1 }));
    }

    [Test]
    public async Task A_discarded_dead_letter_is_gone_and_the_discarding_is_itself_a_change()
    {
        var node = await IdleNode();
        await node.Switch(true, "desk");
        node.Subscribers[Ledger.Name] = (message, _) =>
            message.Entity == "lamp" ? throw new UnreadableMessageException("No such form.") : Task.CompletedTask;
        await node.Start();
        await Eventually.Holds(async () => (await node.DeadLetters()).Count == 1);
        var id = (await node.DeadLetters()).Single().Id;

        await node.Send(new DiscardDeadLetter.Command(id));

        await Eventually.Holds(async () => await node.Open() == 0);
        Assert.That(await node.DeadLetters(), Is.Empty);
        Assert.That(await node.NotedBy(Mailer.Name, id), Is.EqualTo(new[] { 2 }));
    }

    [TestCase("01JABCDEFGHJKMNPQRSTVWXYZ0.ledger")]
    [TestCase("garbage")]
    [TestCase("\0.ledger")]
    public async Task A_dead_letter_that_is_not_there_can_be_neither_retried_nor_discarded(string id)
    {
        var node = await IdleNode();

        Assert.That(() => node.Send(new RetryDeadLetter.Command(id)), Throws.TypeOf<NotFoundException>());
        Assert.That(() => node.Send(new DiscardDeadLetter.Command(id)), Throws.TypeOf<NotFoundException>());
    }

    [Test]
    public async Task Dead_letters_are_listed_oldest_first_by_pages_and_only_to_their_tenant()
    {
        var node = await IdleNode();
        await node.Switch(true, "a", "b", "c");
        await node.Switch(new Scope("globex", "production"), true, "d");
        node.Subscribers[Ledger.Name] = (_, _) => throw new UnreadableMessageException("No such form.");
        await node.Start();
        await Eventually.Holds(async () => await node.Open() == 0);

        var first = await node.Send(new ListDeadLetters.Query(Limit: 2, PageToken: null));
        var second = await node.Send(new ListDeadLetters.Query(Limit: 2, first.NextPageToken));

        var ids = first.Items.Concat(second.Items).Select(d => d.Id).ToList();
        Assert.That(first.Items, Has.Count.EqualTo(2));
        Assert.That(second.NextPageToken, Is.Null);
        Assert.That(
            first.Items.Concat(second.Items).Select(d => d.EntityKey),
            Is.EquivalentTo(new[] { "a", "b", "c" })
        );
        Assert.That(ids, Is.Ordered.Using((IComparer<string>)StringComparer.Ordinal));
        Assert.That(
            () => node.Send(new RetryDeadLetter.Command(ids[0]), new Scope("globex", "production")),
            Throws.TypeOf<NotFoundException>()
        );
    }
}
