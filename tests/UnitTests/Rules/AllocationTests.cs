using System.Diagnostics;
using System.Reflection;
using System.Text.Json;
using FeatureFlags.Rules;
using FeatureFlags.Testing;

namespace FeatureFlags.UnitTests.Rules;

/// <summary>
/// What an evaluation allocates is exact, on any machine, so unlike its time it is tested: nothing. What a context
/// costs is agreed to the byte, in the snapshot beside this file.
/// </summary>
public sealed class AllocationTests
{
    private const int Repetitions = 200;
    private const int Rounds = 3;
    private const int Members = 1_000_000;
    private const string ThreeClauses = "three clauses, percentage and split";
    private const string Halves = "'variants': [{'key': 'a', 'weight': 1}, {'key': 'b', 'weight': 1}]";

    private static readonly EvaluationContext Ann = Given.User(
        "user-00500000",
        """
        {'country': 'CA', 'plan': 'pro', 'age': 30, 'email': 'ann@mail.acme.com', 'app': '2.14.3-rc.1',
         'ip': '10.42.17.5', 'groups': ['staff', 'beta'], 'company': {'id': 4711, 'plan': 'team'}}
        """
    );

    /// <summary>Conditions that hold for Ann.</summary>
    private static readonly (string Name, string Condition)[] Conditions =
    [
        ("no condition", "{}"),
        ("equality", "{'attr': {'country': 'CA'}}"),
        ("nested attribute", "{'attr': {'company.plan': ['pro', 'team']}}"),
        ("text in any case", "{'attr': {'email': {'ends_with': ['@ACME.org', '.ACME.com'], 'ignore_case': true}}}"),
        ("version", "{'attr': {'app': {'semver_gte': '2.14.0', 'semver_lt': '3'}}}"),
        ("network", "{'attr': {'ip': {'ip_in': ['192.168.0.0/16', '10.0.0.0/8']}}}"),
        ("regular expression", "{'attr': {'email': {'matches': '^[a-z.]+@(mail|post)\\\\.acme\\\\.com$'}}}"),
        ("list", "{'attr': {'groups': {'has_any': ['beta', 'gamma'], 'size_gt': 1}}}"),
        ("percentage", "{'percentage': 100}"),
        ("percentage by a text", "{'percentage': 100, 'by': 'email', 'salt': 's'}"),
        ("percentage by a number", "{'percentage': 100, 'by': ['device', 'company.id']}"),
        ("segment", "{'segment': 'everyone'}"),
        ("segment by criteria", "{'segment': ['nobody', 'canadians']}"),
        ("flag", "{'flag': {'key': 'other', 'variant': 'on'}}"),
        (
            "nested",
            """
            {'any': [{'attr': {'country': 'US'}}, {'all': [{'attr': {'plan': 'pro'}},
                {'not': {'any': [{'attr': {'country': 'FR'}}, {'attr': {'beta': true}}]}}, {'attr': {'age': {'gte': 18}}}]}]}
            """
        ),
    ];

    private static readonly (string Name, string Flag)[] Flags =
    [
        ("off", $"{{{Halves}, 'state': 'off'}}"),
        ("on", "{'state': 'on', 'variants': [{'key': 'a', 'weight': 1}]}"),
        ("split", OnWith("'rules': []")),
        ("split by a text", OnWith("'bucket_by': ['device', 'email']")),
        ("split by a number", OnWith("'bucket_by': 'company.id', 'salt': 'other'")),
        ("split as Unleash hashes", OnWith("'hashing': 'unleash'")),
        ("split by nothing that is there", OnWith("'bucket_by': 'device'")),
        (
            ThreeClauses,
            OnWith(
                $"'rules': [{Rule(1, "{'attr': {'country': ['CA', 'US'], 'plan': 'pro', 'age': {'gte': 18}}, 'percentage': 100}")}]"
            )
        ),
        (
            "50 rules, the last holds",
            OnWith(
                $"'rules': [{string.Join(", ", Enumerable.Range(1, 50).Select(i => Rule(i, $"{{'attr': {{'age': {i - 20}}}}}")))}]"
            )
        ),
        (
            "prerequisites",
            OnWith("'prerequisites': [{'key': 'other', 'variant': ['off', 'on']}, {'key': 'on', 'variant': 'a'}]")
        ),
        ("prerequisite that is not met", OnWith("'prerequisites': [{'key': 'other', 'variant': 'off'}]")),
    ];

    private static readonly Lazy<RuleSet> Rules = new(() =>
        Given.RuleSet(
            [
                .. Conditions.Select(c => Given.FlagWhen(c.Condition, Key(c.Name))),
                .. Flags.Select(f => Given.Flag(Key(f.Name), f.Flag)),
                Given.FlagWhen("{'percentage': 100}", "other"),
            ],
            Given.Segment("nobody"),
            Given.Segment("canadians", "{'attr': {'country': 'CA'}, 'percentage': 100}"),
            Given.Segment("everyone") with
            {
                Included = MemberSet.Of(Enumerable.Range(0, Members).Select(i => $"user-{i:D8}")),
            }
        )
    );

    [OneTimeSetUp]
    public void Only_what_is_shipped_is_measured()
    {
        if (typeof(RuleSet).Assembly.GetCustomAttribute<DebuggableAttribute>() is { IsJITOptimizerDisabled: true })
            Assert.Ignore(
                "Code that is not optimised allocates more: run these tests with -c Release, as the build does."
            );
    }

    [Test]
    public void The_conditions_hold_so_that_all_of_them_is_measured(
        [ValueSource(nameof(ConditionNames))] string name
    ) => Assert.That(Rules.Value.Evaluate(Key(name), Ann).Variant, Is.EqualTo("on"));

    [Test]
    public void An_evaluation_allocates_nothing([ValueSource(nameof(Names))] string name)
    {
        var flag = Rules.Value.Find(Key(name))!;

        Assert.That(AllocatedBy(() => Read(flag.Evaluate(Ann))), Is.Zero);
    }

    [Test]
    public void Nor_does_one_for_a_user_of_any_kind([ValueSource(nameof(Names))] string name)
    {
        var flag = Rules.Value.Find(Key(name))!;
        EvaluationContext[] users =
        [
            Given.User(id: null),
            Given.User("ユーザー\ud83d\ude00"),
            // Longer than what is encoded on the stack.
            Given.User(new string('é', 2_000)),
            Given.User("user-2", $"{{'email': '{new string('é', 2_000)}'}}"),
            Given.User(
                "user-1",
                "{'country': ['FR', 'CA'], 'age': '30', 'email': 5, 'app': 'x', 'ip': [1], 'company': 'x'}"
            ),
        ];

        foreach (var user in users)
            Assert.That(AllocatedBy(() => Read(flag.Evaluate(user))), Is.Zero, user.Id);
    }

    [Test]
    public void Nor_do_the_examples_of_an_operator([ValueSource(nameof(OperatorNames))] string name)
    {
        foreach (var example in Operators.Find(name)!.Examples)
        {
            var flag = Given.RuleSet(Given.FlagWhen($"{{'attr': {{'x': {example.Matcher}}}}}")).Find("flag")!;
            var user = Given.User(attributes: example.Attribute is null ? "{}" : $"{{'x': {example.Attribute}}}");

            Assert.That(AllocatedBy(() => Read(flag.Evaluate(user))), Is.Zero, example.Matcher);
        }
    }

    [Test]
    public void Nor_do_a_hundred_flags_for_one_user()
    {
        var flag = Flags.Single(f => f.Name == ThreeClauses).Flag;
        var rules = Given.RuleSet([.. Enumerable.Range(0, 100).Select(i => Given.Flag($"flag-{i}", flag))]);
        string[] keys = [.. rules.Flags.Select(f => f.Key)];

        Assert.That(
            AllocatedBy(() =>
            {
                foreach (var key in keys)
                    Read(rules.Find(key)!.Evaluate(Ann));
            }),
            Is.Zero
        );
    }

    [Test]
    public async Task A_context_takes_the_bytes_that_were_agreed()
    {
        (string Name, string Attributes)[] contexts =
        [
            ("no attributes", "{}"),
            ("one text", "{'country': 'CA'}"),
            ("five attributes", "{'country': 'CA', 'plan': 'pro', 'age': 30, 'email': 'ann@acme.com', 'beta': true}"),
            ("nested", "{'company': {'id': 4711, 'plan': 'team'}}"),
            ("list", "{'groups': ['staff', 'beta', 3]}"),
            ("20 numbers", $"{{{string.Join(", ", Enumerable.Range(10, 20).Select(i => $"'n{i}': {i}"))}}}"),
        ];
        var bytes = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var (name, attributes) in contexts)
        {
            var json = Given.Json(attributes);
            // Kept, or the compiler might see that nobody needs it.
            EvaluationContext? kept = null;
            bytes[name] = AllocatedBy(() => kept = EvaluationContext.FromJson("user-1", json));
            GC.KeepAlive(kept);
        }

        await Snapshot.VerifyJson(JsonSerializer.Serialize(bytes));
    }

    [Test]
    public void An_allocation_would_be_seen() =>
        Assert.That(AllocatedBy(() => GC.KeepAlive(new object())), Is.GreaterThanOrEqualTo(24));

    private static IEnumerable<string> ConditionNames => Conditions.Select(c => c.Name);

    private static IEnumerable<string> Names => [.. ConditionNames, .. Flags.Select(f => f.Name)];

    private static IEnumerable<string> OperatorNames => Operators.All.Select(o => o.Name);

    private static string OnWith(string members) => $"{{{Halves}, 'state': 'on', {members}}}";

    private static string Rule(int order, string when) =>
        $"{{'id': 'r{order}', 'order': {order}, 'when': {when}, 'rollout': {{'distribution': [{{'variant': 'a', 'weight': 1}}, {{'variant': 'b', 'weight': 2}}]}}}}";

    private static string Key(string name) => string.Concat(name.Where(c => char.IsAsciiLetterOrDigit(c)));

    /// <summary>All that an answer can be asked for.</summary>
    private static void Read(in FeatureFlags.Rules.Evaluation answer)
    {
        _ = answer.Variant;
        _ = answer.Value;
        _ = answer.Reason;
        _ = answer.RuleId;
        _ = answer.Error;
        _ = answer.Bucket;
        _ = answer.GateBucket;
    }

    /// <summary>
    /// The bytes of one repetition on this thread: the least of some rounds, because what is done once, such as growing
    /// an automaton, is not the action's. What is allocated only now and then shows as a fraction.
    /// </summary>
    private static double AllocatedBy(Action action)
    {
        var least = double.MaxValue;
        for (var round = 0; round < Rounds; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < Repetitions; i++)
                action();
            least = Math.Min(least, (double)(GC.GetAllocatedBytesForCurrentThread() - before) / Repetitions);
        }
        return least;
    }
}
