using FeatureFlags.Rules;
using FeatureFlags.Rules.Json;

namespace FeatureFlags.UnitTests.Rules;

public sealed class ReadingTests
{
    private const string Variants = "'variants': [{'key': 'on', 'weight': 1}, {'key': 'off', 'weight': 1}]";

    [Test]
    public void What_is_left_out_is_filled_in()
    {
        var flag = Given.Flag("f", $"{{{Variants}, 'name': 'left to the caller'}}");

        Assert.That(flag.On, Is.False);
        Assert.That(flag.OffVariant, Is.EqualTo("off"));
        Assert.That(flag.BucketBy, Is.EqualTo(new[] { "id" }));
        Assert.That(flag.Salt, Is.EqualTo("f"));
        Assert.That(flag.Hashing, Is.EqualTo(HashingSchemes.Xxh64));
        Assert.That(flag.Rules, Is.Empty);
        Assert.That(flag.Prerequisites, Is.Empty);
        Assert.That(flag.References, Is.Empty);
    }

    [Test]
    public void What_is_written_is_read()
    {
        var flag = Given.Flag(
            "f",
            """
            {'state': 'on', 'variants': [{'key': 'a', 'weight': 2.5, 'value': {'x': 1}}, {'key': 'b', 'weight': 0, 'value': null}],
             'off_variant': 'b', 'bucket_by': ['device', 'id'], 'salt': 's', 'hashing': 'xxh64', 'prerequisites': [{'key': 'p', 'variant': ['v', 'w']}],
             'rules': [{'id': 'second', 'order': 2, 'description': 'late', 'rollout': {'distribution': [{'variant': 'a', 'weight': 1}, {'variant': 'b', 'weight': 3}]}},
                       {'id': 'first', 'order': -1, 'rollout': {'variant': 'b'}}]}
            """
        );

        Assert.That((flag.On, flag.OffVariant, flag.Salt), Is.EqualTo((true, "b", "s")));
        Assert.That(
            flag.Variants.Select(v => (v.Key, v.Weight, v.Value?.GetRawText())),
            Is.EqualTo(new[] { ("a", 2.5, "{\"x\": 1}"), ("b", 0, null) })
        );
        Assert.That(flag.BucketBy, Is.EqualTo(new[] { "device", "id" }));
        Assert.That(
            flag.Prerequisites.Select(p => (p.Key, string.Join(' ', p.Variants))),
            Is.EqualTo(new[] { ("p", "v w") })
        );
        Assert.That(
            flag.Rules.Select(r => (r.Id, r.Order, r.Description)),
            Is.EqualTo(new[] { ("first", -1, null), ("second", 2, "late") })
        );
        Assert.That(flag.Rules[1].Rollout, Is.EqualTo(new[] { new Share("a", 1), new Share("b", 3) }));
    }

    [TestCase("'a', 'disabled', 'off', 'control'", "off")]
    [TestCase("'a', 'disabled', 'false', 'control'", "control")]
    [TestCase("'a', 'disabled', 'false'", "false")]
    [TestCase("'a', 'disabled'", "disabled")]
    [TestCase("'a', 'b'", "a")]
    public void The_off_variant_is_found_by_its_name(string keys, string off)
    {
        var variants = keys.Split(", ").Select(key => $"{{'key': {key}, 'weight': 1}}");

        Assert.That(Given.Flag("f", $"{{'variants': [{string.Join(", ", variants)}]}}").OffVariant, Is.EqualTo(off));
    }

    [Test]
    public void Or_it_is_the_first_with_the_value_false() =>
        Assert.That(
            Given
                .Flag(
                    "f",
                    "{'variants': [{'key': 'a', 'weight': 1, 'value': true}, {'key': 'b', 'weight': 1, 'value': false}]}"
                )
                .OffVariant,
            Is.EqualTo("b")
        );

    [Test]
    public void References_say_where_they_stand()
    {
        var flag = Given.Flag(
            "f",
            $$"""
            {{{Variants}}, 'prerequisites': [{'key': 'p', 'variant': 'v'}],
             'rules': [{'id': 'r', 'order': 1, 'rollout': {'variant': 'on'}, 'when':
               {'segment': ['s', 't'], 'any': [{'not': {'flag': {'key': 'q', 'variant': ['v', 'w']} } }, {'segment': 'u'}]} }]}
            """
        );

        Assert.That(
            flag.References.Select(r => $"{r.Kind} {r.Key} ({string.Join(' ', r.Variants)}) {r.Path} {r.VariantPath}"),
            Is.EquivalentTo(
                new[]
                {
                    "Flag p (v) prerequisites[0].key prerequisites[0].variant",
                    "Segment s () rules[0].when.segment[0] ",
                    "Segment t () rules[0].when.segment[1] ",
                    "Flag q (v w) rules[0].when.any[0].not.flag.key rules[0].when.any[0].not.flag.variant",
                    "Segment u () rules[0].when.any[1].segment ",
                }
            )
        );
        Assert.That(flag.References[0].Node, Is.EqualTo(new ReferenceNode(ReferenceKind.Flag, "p")));
    }

    [TestCase("{}", "variants: is required")]
    [TestCase("{'variants': null}", "variants: is required")]
    [TestCase("{'variants': 'x'}", "variants: must be an array, not text")]
    [TestCase("{'variants': []}", "variants: must not be empty")]
    [TestCase("{'variants': [], 'off_variant': 'x'}", "variants: must not be empty")]
    [TestCase("{'variants': [1]}", "variants[0]: must be an object, not a number")]
    [TestCase("{'variants': [{'weight': 1}]}", "variants[0].key: is required")]
    [TestCase("{'variants': [{'key': 1, 'weight': 1}]}", "variants[0].key: must be text, not a number")]
    [TestCase("{'variants': [{'key': 'a b', 'weight': 1}]}", "variants[0].key: must start with")]
    [TestCase("{'variants': [{'key': '', 'weight': 1}]}", "variants[0].key: must start with")]
    [TestCase("{'variants': [{'key': 'a'}]}", "variants[0].weight: is required")]
    [TestCase("{'variants': [{'key': 'a', 'weight': -1}]}", "variants[0].weight: must be from 0")]
    [TestCase("{'variants': [{'key': 'a', 'weight': 1e10}]}", "variants[0].weight: must be from 0")]
    [TestCase("{'variants': [{'key': 'a', 'weight': 1e400}]}", "variants[0].weight: must be a finite number")]
    [TestCase("{'variants': [{'key': 'a', 'weight': '1'}]}", "variants[0].weight: must be a finite number, not text")]
    [TestCase("{'variants': [{'key': 'a', 'weight': 0}]}", "variants: must have a weight above 0")]
    [TestCase(
        "{'variants': [{'key': 'a', 'weight': 1, 'wieght': 1}]}",
        "variants[0].wieght: is unknown; known are: key, weight, value"
    )]
    [TestCase(
        "{'variants': [{'key': 'a', 'weight': 1}, {'key': 'a', 'weight': 1}]}",
        "variants[1].key: repeats the key 'a'"
    )]
    [TestCase(
        "{'variants': [{'key': 'a', 'weight': 1, 'value': 1}, {'key': 'b', 'weight': 1, 'value': '1'}]}",
        "variants[1].value: must be a number"
    )]
    [TestCase(
        "{'variants': [{'key': 'a', 'weight': 1, 'value': true}, {'key': 'b', 'weight': 1, 'value': 1}]}",
        "variants[1].value: must be a boolean"
    )]
    [TestCase(
        "{'variants': [{'key': 'a', 'weight': 1, 'value': 'a'}, {'key': 'b', 'weight': 1, 'value': 1}]}",
        "variants[1].value: must be text"
    )]
    [TestCase(
        "{'variants': [{'key': 'a', 'weight': 1, 'value': [1]}, {'key': 'b', 'weight': 1, 'value': true}]}",
        "variants[1].value: must be an object or array"
    )]
    [TestCase(
        "{'variants': [{'key': 'a', 'weight': 1, 'value': {'x': ['a\\u0000']}}]}",
        "variants[0].value: must not hold U+0000"
    )]
    [TestCase(
        "{'variants': [{'key': 'a', 'weight': 1, 'value': {'\\ud800': 1}}]}",
        "variants[0].value: must not hold U+0000"
    )]
    public void A_problem_with_variants_is_named_at_its_path(string body, string problem) =>
        AssertProblem(Given.ProblemsOf(body), problem);

    [TestCase(
        "'variants': [{'key': 'a', 'weight': 0.5}, {'key': 'b', 'weight': 2}]",
        "variants[0].weight: must be a whole number where hashing is unleash"
    )]
    [TestCase(
        "'variants': [{'key': 'a', 'weight': 1}], 'rules': [{'id': 'r', 'order': 1, 'when': {'any': [{'percentage': 0.5}]}, 'rollout': {'variant': 'a'}}]",
        "rules[0].when.any[0].percentage: must be a whole number where hashing is unleash"
    )]
    [TestCase(
        "'variants': [{'key': 'a', 'weight': 1}, {'key': 'b', 'weight': 2}], 'rules': [{'id': 'r', 'order': 1, 'rollout': {'distribution': [{'variant': 'a', 'weight': 50}, {'variant': 'b', 'weight': 50}]}}]",
        "rules[0].rollout.distribution: has weights that sum to 100, those of variants to 3: "
            + "where hashing is unleash, all splits of a flag must have the same sum"
    )]
    [TestCase(
        "'variants': [{'key': 'a', 'weight': 7}, {'key': 'b', 'weight': 0}], 'rules': [{'id': 'r', 'order': 1, 'rollout': {'distribution': [{'variant': 'a', 'weight': 1}, {'variant': 'b', 'weight': 1}]}}, {'id': 's', 'order': 2, 'rollout': {'distribution': [{'variant': 'a', 'weight': 1}, {'variant': 'b', 'weight': 2}]}}]",
        "rules[1].rollout.distribution: has weights that sum to 3, those of rules[0].rollout.distribution to 2"
    )]
    public void What_unleash_s_hashing_can_t_do_is_refused_by_path(string members, string problem)
    {
        AssertProblem(Given.ProblemsOf($"{{'hashing': 'unleash', {members}}}"), problem);
        Assert.That(Given.ProblemsOf($"{{{members}}}"), Is.Empty, "our own has no such limits");
    }

    [Test]
    public void With_unleash_s_hashing_whole_numbers_of_one_sum_are_fine_and_what_is_alone_has_no_say() =>
        Assert.That(
            Given.ProblemsOf(
                """
                {'hashing': 'unleash', 'variants': [{'key': 'a', 'weight': 1e2}, {'key': 'b', 'weight': 0}], 'rules': [
                 {'id': 'r', 'order': 1, 'when': {'percentage': 50.0}, 'rollout': {'distribution': [{'variant': 'a', 'weight': 1}, {'variant': 'b', 'weight': 2}]}},
                 {'id': 's', 'order': 2, 'rollout': {'distribution': [{'variant': 'a', 'weight': 3.0}, {'variant': 'b', 'weight': 0}]}},
                 {'id': 't', 'order': 3, 'rollout': {'distribution': [{'variant': 'a', 'weight': 2}, {'variant': 'b', 'weight': 1}]}}]}
                """
            ),
            Is.Empty
        );

    [TestCase("'state': 'paused'", "state: must be on or off")]
    [TestCase("'state': true", "state: must be text, not a boolean")]
    [TestCase("'off_variant': 'x'", "off_variant: must be a variant of this flag: on, off")]
    [TestCase("'bucket_by': ''", "bucket_by: must not be empty")]
    [TestCase("'bucket_by': []", "bucket_by: must not be empty")]
    [TestCase("'bucket_by': [1]", "bucket_by[0]: must be text, not a number")]
    [TestCase("'bucket_by': {}", "bucket_by: must be text or a list of texts, not an object")]
    [TestCase("'bucket_by': ['id', 'a..b']", "bucket_by[1]: must be a name, or up to")]
    [TestCase("'bucket_by': '.a'", "bucket_by: must be a name, or up to")]
    [TestCase("'bucket_by': 'a.b.c.d.e.f.g.h.i.j.k'", "bucket_by: must be a name, or up to")]
    [TestCase("'salt': ''", "salt: must not be empty")]
    [TestCase("'salt': 5", "salt: must be text, not a number")]
    [TestCase("'salt': 'a\\u0000'", "salt: must not hold U+0000")]
    [TestCase("'salt': '\\ud800'", "salt: must not hold U+0000 or half of a surrogate pair")]
    [TestCase("'hashing': 'md5'", "hashing: must be xxh64 or unleash")]
    [TestCase("'hashing': 1", "hashing: must be text, not a number")]
    [TestCase("'prerequisites': {}", "prerequisites: must be an array, not an object")]
    [TestCase("'prerequisites': ['x']", "prerequisites[0]: must be an object, not text")]
    [TestCase("'prerequisites': [{'variant': 'v'}]", "prerequisites[0].key: is required")]
    [TestCase("'prerequisites': [{'key': 'k'}]", "prerequisites[0].variant: is required")]
    [TestCase("'prerequisites': [{'key': 'k', 'variant': []}]", "prerequisites[0].variant: must not be empty")]
    [TestCase("'prerequisites': [{'key': 'k', 'variant': 'v', 'x': 1}]", "prerequisites[0].x: is unknown")]
    [TestCase(
        "'prerequisites': [{'key': 'k', 'variant': 'v'}, {'key': 'k', 'variant': 'w'}]",
        "prerequisites[1].key: repeats the flag 'k'"
    )]
    [TestCase("'rules': 1", "rules: must be an array, not a number")]
    [TestCase("'rules': [1]", "rules[0]: must be an object, not a number")]
    [TestCase("'rules': [{'order': 1, 'rollout': {'variant': 'on'}}]", "rules[0].id: is required")]
    [TestCase("'rules': [{'id': '', 'order': 1, 'rollout': {'variant': 'on'}}]", "rules[0].id: must not be empty")]
    [TestCase("'rules': [{'id': 'r', 'rollout': {'variant': 'on'}}]", "rules[0].order: is required")]
    [TestCase(
        "'rules': [{'id': 'r', 'order': 1.5, 'rollout': {'variant': 'on'}}]",
        "rules[0].order: must be a whole number"
    )]
    [TestCase("'rules': [{'id': 'r', 'order': 1}]", "rules[0].rollout: is required")]
    [TestCase(
        "'rules': [{'id': 'r', 'order': 1, 'rollout': {'variant': 'on'}, 'description': 1}]",
        "rules[0].description: must be text"
    )]
    [TestCase(
        "'rules': [{'id': 'r', 'order': 1, 'rollout': {'variant': 'on'}, 'enabled': true}]",
        "rules[0].enabled: is unknown"
    )]
    [TestCase(
        "'rules': [{'id': 'r', 'order': 1, 'rollout': {}}]",
        "rules[0].rollout: must name either a variant or a distribution"
    )]
    [TestCase(
        "'rules': [{'id': 'r', 'order': 1, 'rollout': {'variant': 'on', 'distribution': []}}]",
        "rules[0].rollout: must name either"
    )]
    [TestCase(
        "'rules': [{'id': 'r', 'order': 1, 'rollout': {'variant': 'x'}}]",
        "rules[0].rollout.variant: must be a variant of this flag"
    )]
    [TestCase(
        "'rules': [{'id': 'r', 'order': 1, 'rollout': {'variant': 5}}]",
        "rules[0].rollout.variant: must be text"
    )]
    [TestCase(
        "'rules': [{'id': 'r', 'order': 1, 'rollout': {'variant': 'on', 'variants': 'off'}}]",
        "rules[0].rollout.variants: is unknown"
    )]
    [TestCase(
        "'rules': [{'id': 'r', 'order': 1, 'rollout': {'distribution': [{'variant': 'on', 'weight': 1, 'wieght': 2}]}}]",
        "rules[0].rollout.distribution[0].wieght: is unknown"
    )]
    [TestCase(
        "'rules': [{'id': 'r', 'order': 1, 'rollout': {'distribution': []}}]",
        "rules[0].rollout.distribution: must not be empty"
    )]
    [TestCase(
        "'rules': [{'id': 'r', 'order': 1, 'rollout': {'distribution': [1]}}]",
        "rules[0].rollout.distribution[0]: must be an object"
    )]
    [TestCase(
        "'rules': [{'id': 'r', 'order': 1, 'rollout': {'distribution': [{'weight': 1}]}}]",
        "rules[0].rollout.distribution[0].variant: is required"
    )]
    [TestCase(
        "'rules': [{'id': 'r', 'order': 1, 'rollout': {'distribution': [{'variant': 'x', 'weight': 1}]}}]",
        "rules[0].rollout.distribution[0].variant: must be a variant"
    )]
    [TestCase(
        "'rules': [{'id': 'r', 'order': 1, 'rollout': {'distribution': [{'variant': 'on', 'weight': -1}]}}]",
        "rules[0].rollout.distribution[0].weight: must be from 0"
    )]
    [TestCase(
        "'rules': [{'id': 'r', 'order': 1, 'rollout': {'distribution': [{'variant': 'on', 'weight': 0}]}}]",
        "rules[0].rollout.distribution: must have a weight above 0"
    )]
    [TestCase(
        "'rules': [{'id': 'r', 'order': 1, 'rollout': {'distribution': [{'variant': 'on', 'weight': 1}, {'variant': 'on', 'weight': 1}]}}]",
        "rules[0].rollout.distribution[1].variant: repeats the variant 'on'"
    )]
    [TestCase(
        "'rules': [{'id': 'r', 'order': 1, 'rollout': {'variant': 'on'}}, {'id': 'r', 'order': 2, 'rollout': {'variant': 'on'}}]",
        "rules[1].id: repeats the id 'r'"
    )]
    [TestCase(
        "'rules': [{'id': 'r', 'order': 1, 'rollout': {'variant': 'on'}}, {'id': 's', 'order': 1, 'rollout': {'variant': 'on'}}]",
        "rules[1].order: repeats the order 1"
    )]
    [TestCase(
        "'rules': [{'id': 'r', 'order': 1, 'rollout': {'variant': 'on'}, 'when': 'all'}]",
        "rules[0].when: must be an object, not text"
    )]
    public void A_problem_with_a_flag_is_named_at_its_path(string member, string problem) =>
        AssertProblem(Given.ProblemsOf($"{{{Variants}, {member}}}"), problem);

    [TestCase("{'atr': {}}", "atr: is unknown; known are: attr")]
    [TestCase("{'attr': null}", "attr: must not be null")]
    [TestCase("{'attr': 5}", "attr: must be an object, not a number")]
    [TestCase("{'attr': {'': 1}}", "attr.: must not be empty")]
    [TestCase("{'attr': {'a..b': 1}}", "attr.a..b: must be a name")]
    [TestCase("{'attr': {'x': null}}", "attr.x: must not be null; whether")]
    [TestCase("{'attr': {'x': []}}", "attr.x: must not be empty")]
    [TestCase("{'attr': {'x': [1, {}]}}", "attr.x[1]: must be text, a finite number or a boolean, not an object")]
    [TestCase("{'attr': {'x': [1, null]}}", "attr.x[1]: must not be null")]
    [TestCase("{'attr': {'x': 1e400}}", "attr.x: must be text, a finite number or a boolean")]
    [TestCase("{'attr': {'x': '\\udc00'}}", "attr.x: must not hold U+0000 or half")]
    [TestCase("{'attr': {'\\ud800': 1}}", "attr: has a member whose name must not hold")]
    [TestCase("{'attr': {'x': {}}}", "attr.x: must name an operator")]
    [TestCase("{'attr': {'x': {'ignore_case': true}}}", "attr.x: must name an operator")]
    [TestCase("{'attr': {'x': {'like': 'a'}}}", "attr.x.like: is no operator; there are: eq, neq, in")]
    [TestCase("{'attr': {'x': {'like': 'a', 'ignore_case': true}}}", "attr.x.like: is no operator")]
    [TestCase("{'attr': {'x': {'like': 'a', 'numeric': true}}}", "attr.x.like: is no operator")]
    [TestCase("{'attr': {'x': {'eq': ['a']}}}", "attr.x.eq: must be one value; for a list there is in")]
    [TestCase("{'attr': {'x': {'in': 'a'}}}", "attr.x.in: must be a list")]
    [TestCase("{'attr': {'x': {'in': []}}}", "attr.x.in: must not be empty")]
    [TestCase("{'attr': {'x': {'exists': 'yes'}}}", "attr.x.exists: must be true or false")]
    [TestCase("{'attr': {'x': {'contains': 5}}}", "attr.x.contains: must be text, not a number")]
    [TestCase("{'attr': {'x': {'contains': ['a', 5]}}}", "attr.x.contains[1]: must be text, not a number")]
    [TestCase("{'attr': {'x': {'gt': '5'}}}", "attr.x.gt: must be a finite number, not text")]
    [TestCase("{'attr': {'x': {'lt': 1e400}}}", "attr.x.lt: must be a finite number")]
    [TestCase("{'attr': {'x': {'before': 'tomorrow'}}}", "attr.x.before: must be a time")]
    [TestCase("{'attr': {'x': {'after': true}}}", "attr.x.after: must be a time")]
    [TestCase("{'attr': {'x': {'after': 1e18}}}", "attr.x.after: must be a time")]
    [TestCase("{'attr': {'x': {'semver_gt': 'latest'}}}", "attr.x.semver_gt: must be a version")]
    [TestCase("{'attr': {'x': {'semver_gt': ['1.0.0']}}}", "attr.x.semver_gt: must be one version, not a list")]
    [TestCase("{'attr': {'x': {'semver_gt': 1}}}", "attr.x.semver_gt: must be text, not a number")]
    [TestCase("{'attr': {'x': {'semver_eq': ['1.0.0', '01.0.0']}}}", "attr.x.semver_eq[1]: must be a version")]
    [TestCase("{'attr': {'x': {'size_gt': -1}}}", "attr.x.size_gt: must be a whole number from 0")]
    [TestCase("{'attr': {'x': {'size_gt': '1'}}}", "attr.x.size_gt: must be a whole number from 0")]
    [TestCase("{'attr': {'x': {'contains': ['a', '\\ud800']}}}", "attr.x.contains[1]: must not hold U+0000 or half")]
    [TestCase("{'attr': {'x': {'size_gt': 1.5}}}", "attr.x.size_gt: must be a whole number from 0")]
    [TestCase("{'attr': {'x': {'ip_in': '10.0.0.1'}}}", "attr.x.ip_in: must be a CIDR block")]
    [TestCase("{'attr': {'x': {'ip_in': ['10.0.0.0/8', 'x/8']}}}", "attr.x.ip_in[1]: must be a CIDR block")]
    [TestCase("{'attr': {'x': {'matches': '('}}}", "attr.x.matches: must be a regular expression: ")]
    [TestCase("{'attr': {'x': {'matches': '[a-'}}}", "attr.x.matches: must be a regular expression: ")]
    [TestCase("{'attr': {'x': {'matches': 'a\\\\'}}}", "attr.x.matches: must be a regular expression: ")]
    [TestCase("{'attr': {'x': {'matches': '\\\\p'}}}", "attr.x.matches: must be a regular expression: ")]
    [TestCase(
        "{'attr': {'x': {'matches': '(?=a)'}}}",
        "attr.x.matches: must be a regular expression that is matched in linear time"
    )]
    [TestCase(
        "{'attr': {'x': {'matches': '(a)\\\\1'}}}",
        "attr.x.matches: must be a regular expression that is matched in linear time"
    )]
    [TestCase("{'attr': {'x': {'matches': '(a{100}){100}'}}}", "attr.x.matches: must not repeat as much")]
    [TestCase("{'attr': {'x': {'matches': ['a', '[[:alpha:]]']}}}", "attr.x.matches[1]: must not hold a POSIX class")]
    [TestCase("{'attr': {'x': {'matches': '[a[:^digit:]]'}}}", "attr.x.matches: must not hold a POSIX class")]
    [TestCase(
        "{'attr': {'x': {'gt': 1, 'ignore_case': true}}}",
        "attr.x.ignore_case: must stand beside an operator that compares text"
    )]
    [TestCase(
        "{'attr': {'x': {'eq': 1, 'numeric': true}}}",
        "attr.x.numeric: must stand beside an operator that compares numbers"
    )]
    [TestCase("{'attr': {'x': {'eq': 'a', 'ignore_case': 'yes'}}}", "attr.x.ignore_case: must be true or false")]
    [TestCase("{'segment': ''}", "segment: must not be empty")]
    [TestCase("{'segment': []}", "segment: must not be empty")]
    [TestCase("{'segment': '\\ud800'}", "segment: must not hold U+0000 or half of a surrogate pair")]
    [TestCase("{'segment': ['a', 1]}", "segment[1]: must be text, not a number")]
    [TestCase("{'flag': 'x'}", "flag: must be an object, not text")]
    [TestCase("{'flag': {'key': 'x'}}", "flag.variant: is required")]
    [TestCase("{'flag': {'key': 'x', 'variant': 'v', 'variants': 'w'}}", "flag.variants: is unknown")]
    [TestCase("{'percentage': -0.1}", "percentage: must be from 0 to 100")]
    [TestCase("{'percentage': 100.1}", "percentage: must be from 0 to 100")]
    [TestCase("{'percentage': '5'}", "percentage: must be a finite number, not text")]
    [TestCase("{'percentage': null}", "percentage: must not be null")]
    [TestCase("{'by': 'id'}", "by: must stand beside percentage")]
    [TestCase("{'salt': 's'}", "salt: must stand beside percentage")]
    [TestCase("{'percentage': 5, 'by': []}", "by: must not be empty")]
    [TestCase("{'percentage': 5, 'by': 'a.'}", "by: must be a name")]
    [TestCase("{'percentage': 5, 'salt': ''}", "salt: must not be empty")]
    [TestCase("{'all': []}", "all: must not be empty")]
    [TestCase("{'any': {}}", "any: must be an array, not an object")]
    [TestCase("{'any': [{}, 5]}", "any[1]: must be an object, not a number")]
    [TestCase("{'any': [{'not': {'attr': {'x': {'gt': 'a'}}}}]}", "any[0].not.attr.x.gt: must be a finite number")]
    [TestCase("{'not': []}", "not: must be an object, not an array")]
    public void A_problem_with_a_condition_is_named_at_its_path(string condition, string problem) =>
        AssertProblem(Given.ProblemsOfCondition(condition), $"rules[0].when.{problem}");

    [Test]
    public void One_answer_names_everything_there_is_to_mend()
    {
        var problems = Given.ProblemsOf(
            "{'state': 'x', 'variants': [{'key': 'a', 'weight': -1}], 'prerequisites': [{'variant': 'v'}, {'variant': 'v'}], 'rules': [{'id': 'r', 'order': 1, 'when': {'attr': {'x': {'gt': 'a', 'lt': 'b'}}}, 'rollout': {'variant': 'b'}}]}"
        );

        Assert.That(
            problems.Select(p => p[..p.IndexOf(':', StringComparison.Ordinal)]),
            Is.EquivalentTo(
                new[]
                {
                    "state",
                    "variants[0].weight",
                    "prerequisites[0].key",
                    "prerequisites[1].key",
                    "rules[0].when.attr.x.gt",
                    "rules[0].when.attr.x.lt",
                    "rules[0].rollout.variant",
                }
            )
        );
    }

    [TestCase(@"\\[:alpha:]")]
    [TestCase(@"[a-z:]+")]
    [TestCase(@"^[\\p{L}:]$")]
    public void Brackets_and_colons_that_are_no_posix_class_are_accepted(string pattern) =>
        Assert.That(Given.ProblemsOfCondition($"{{'attr': {{'x': {{'matches': '{pattern}'}}}}}}"), Is.Empty);

    private static IEnumerable<TestCaseData> BeyondLimits()
    {
        static string Many(int count, Func<int, string> item) =>
            string.Join(", ", Enumerable.Range(0, count).Select(item));
        static string Long(int length) => new('x', length);
        static string When(string condition) =>
            $"{{{Variants}, 'rules': [{{'id': 'r', 'order': 1, 'when': {condition}, 'rollout': {{'variant': 'on'}}}}]}}";
        static string Nested(int depth) =>
            string.Concat(Enumerable.Repeat("{'not': ", depth)) + "{}" + new string('}', depth);

        TestCaseData Case(string limit, Func<int, string> body, int most, string path, int? named = null) =>
            new TestCaseData(body(most), body(most + 1), path, named ?? most).SetArgDisplayNames(limit);

        yield return Case(
            "variants",
            n => $"{{'variants': [{Many(n, i => $"{{'key': 'v{i}', 'weight': 1}}")}]}}",
            Limits.Variants,
            "variants"
        );
        yield return Case(
            "value",
            n => $"{{'variants': [{{'key': 'a', 'weight': 1, 'value': '{Long(n - 2)}'}}]}}",
            Limits.ValueLength,
            "variants[0].value"
        );
        yield return Case(
            "weight",
            n => $"{{'variants': [{{'key': 'a', 'weight': {n}}}]}}",
            Limits.Weight,
            "variants[0].weight"
        );
        yield return Case(
            "variant key",
            n => $"{{'variants': [{{'key': '{Long(n)}', 'weight': 1}}]}}",
            Limits.KeyLength,
            "variants[0].key"
        );
        yield return Case(
            "shares",
            n =>
                $"{{'variants': [{Many(Limits.Variants, i => $"{{'key': 'v{i}', 'weight': 1}}")}], 'rules': [{{'id': 'r', 'order': 1, 'rollout': {{'distribution': [{Many(n, i => $"{{'variant': 'v{i}', 'weight': 1}}")}]}}}}]}}",
            Limits.Variants,
            "rules[0].rollout.distribution"
        );
        yield return Case(
            "rule id",
            n => $"{{{Variants}, 'rules': [{{'id': '{Long(n)}', 'order': 1, 'rollout': {{'variant': 'on'}}}}]}}",
            Limits.KeyLength,
            "rules[0].id"
        );
        yield return Case(
            "variants of a flag condition",
            n => When($"{{'flag': {{'key': 'k', 'variant': [{Many(n, i => $"'v{i}'")}]}}}}"),
            Limits.Variants,
            "rules[0].when.flag.variant"
        );
        yield return Case(
            "salt of a percentage",
            n => When($"{{'percentage': 1, 'salt': '{Long(n)}'}}"),
            Limits.KeyLength,
            "rules[0].when.salt"
        );
        yield return Case(
            "rules",
            n =>
                $"{{{Variants}, 'rules': [{Many(n, i => $"{{'id': '{i}', 'order': {i}, 'rollout': {{'variant': 'on'}}}}")}]}}",
            Limits.Rules,
            "rules"
        );
        yield return Case(
            "prerequisites",
            n => $"{{{Variants}, 'prerequisites': [{Many(n, i => $"{{'key': 'k{i}', 'variant': 'v'}}")}]}}",
            Limits.Prerequisites,
            "prerequisites"
        );
        yield return Case(
            "bucket_by",
            n => $"{{{Variants}, 'bucket_by': [{Many(n, i => $"'a{i}'")}]}}",
            Limits.BucketBy,
            "bucket_by"
        );
        yield return Case("salt", n => $"{{{Variants}, 'salt': '{Long(n)}'}}", Limits.KeyLength, "salt");
        yield return Case(
            "description",
            n =>
                $"{{{Variants}, 'rules': [{{'id': 'r', 'order': 1, 'description': '{Long(n)}', 'rollout': {{'variant': 'on'}}}}]}}",
            Limits.DescriptionLength,
            "rules[0].description"
        );
        yield return Case(
            "nesting",
            n => When(Nested(n - 1)),
            Limits.Nesting,
            "rules[0].when" + string.Concat(Enumerable.Repeat(".not", Limits.Nesting)),
            named: Limits.Nesting - 1
        );
        yield return Case(
            "nesting of groups",
            n =>
                When(
                    string.Concat(Enumerable.Repeat("{'any': [", n - 1))
                        + "{}"
                        + string.Concat(Enumerable.Repeat("]}", n - 1))
                ),
            Limits.Nesting,
            "rules[0].when" + string.Concat(Enumerable.Repeat(".any[0]", Limits.Nesting)),
            named: Limits.Nesting - 1
        );
        yield return Case(
            "conditions",
            n => When($"{{'all': [{Many(n - 1, i => "{'percentage': 1}")}]}}"),
            Limits.Conditions,
            "rules[0].when.all"
        );
        yield return Case(
            "segments",
            n => When($"{{'segment': [{Many(n, i => $"'s{i}'")}]}}"),
            Limits.Conditions,
            "rules[0].when.segment"
        );
        yield return Case(
            "list",
            n => When($"{{'attr': {{'x': [{Many(n, i => $"{i}")}]}}}}"),
            Limits.ListLength,
            "rules[0].when.attr.x"
        );
        yield return Case(
            "text",
            n => When($"{{'attr': {{'x': '{Long(n)}'}}}}"),
            Limits.TextLength,
            "rules[0].when.attr.x"
        );
        yield return Case(
            "path",
            n => When($"{{'attr': {{'{Long(n)}': 1}}}}"),
            Limits.PathLength,
            $"rules[0].when.attr.{Long(Limits.PathLength + 1)}"
        );
        yield return Case(
            "path parts",
            n => $"{{{Variants}, 'bucket_by': '{Many(n, i => "p").Replace(", ", ".", StringComparison.Ordinal)}'}}",
            Limits.PathParts,
            "bucket_by"
        );
        yield return Case(
            "regex",
            n => When($"{{'attr': {{'x': {{'matches': '{Long(n)}'}}}}}}"),
            Limits.RegexLength,
            "rules[0].when.attr.x.matches"
        );
        yield return Case(
            "regexes",
            n => When($"{{'attr': {{'x': {{'matches': [{Many(n, i => "'a'")}]}}}}}}"),
            Limits.Regexes,
            $"rules[0].when.attr.x.matches[{Limits.Regexes}]"
        );
    }

    [TestCaseSource(nameof(BeyondLimits))]
    public void A_definition_may_go_to_a_limit_and_not_beyond(string atLimit, string beyond, string path, int named)
    {
        Assert.That(Given.ProblemsOf(atLimit), Is.Empty);
        var problems = Given.ProblemsOf(beyond);
        Assert.That(problems, Has.Length.EqualTo(1));
        Assert.That(problems[0], Does.StartWith(path + ": "));
        Assert.That(problems[0], Does.Match($@": .*\b{named}\b"));
    }

    [Test]
    public void A_list_that_is_too_long_is_refused_once_whatever_it_holds()
    {
        var nulls = string.Join(", ", Enumerable.Repeat("null", Limits.ListLength + 1));

        Assert.That(
            Given.ProblemsOfCondition($"{{'attr': {{'x': [{nulls}]}}}}"),
            Is.EqualTo(new[] { $"rules[0].when.attr.x: must have at most {Limits.ListLength} elements" })
        );
    }

    [TestCase("'attr': {'x': 1}", "attr.x")]
    [TestCase("'percentage': 1", "percentage")]
    [TestCase("'segment': 's'", "segment")]
    [TestCase("'flag': {'key': 'f', 'variant': 'v'}", "flag")]
    [TestCase("'all': [{}]", "all")]
    [TestCase("'any': [{}]", "any")]
    [TestCase("'not': {}", "not")]
    public void The_first_condition_beyond_the_limit_is_the_one_that_is_named(string condition, string path)
    {
        var gates = string.Join(", ", Enumerable.Repeat("{'percentage': 1}", Limits.Conditions));

        AssertProblem(
            Given.ProblemsOfCondition($"{{'all': [{gates}, {{{condition}}}]}}"),
            $"rules[0].when.all[{Limits.Conditions}].{path}: is one of more than"
        );
    }

    [Test]
    public void The_last_condition_within_the_limit_counts()
    {
        // The group is read last, behind its members.
        var gates = string.Join(", ", Enumerable.Repeat("{'percentage': 0}", Limits.Conditions - 1));

        Assert.That(Given.Holds($"{{'all': [{gates}]}}", Given.User()), Is.False);
    }

    [Test]
    public void Conditions_beyond_the_limit_are_one_problem_however_many_they_are()
    {
        var gates = string.Join(", ", Enumerable.Repeat("{'percentage': 1}", Limits.Conditions + 50));

        Assert.That(
            Given.ProblemsOfCondition($"{{'all': [{gates}]}}"),
            Is.EqualTo(
                new[]
                {
                    $"rules[0].when.all[{Limits.Conditions}].percentage: is one of more than {Limits.Conditions} conditions",
                }
            )
        );
    }

    [Test]
    public void What_the_caller_found_wrong_before_does_not_make_a_definition_unreadable()
    {
        var problems = new Problems();
        problems.Add("name", "is wrong");
        JsonObjectReader Body(string json) => JsonObjectReader.Over(Given.Json(json), "", problems)!;

        Assert.That(FlagDefinition.Read("f", Body($"{{{Variants}}}"), problems), Is.Not.Null);
        Assert.That(
            SegmentDefinition.Read("s", Body("{'criteria': {'percentage': 5, 'by': 'x'}}"), problems),
            Is.Not.Null
        );
    }

    [Test]
    public void A_segments_criteria_are_read_like_a_rules_condition()
    {
        var problems = new Problems();
        var body = JsonObjectReader.Over(
            Given.Json("{'criteria': {'attr': {'x': {'gt': 'a'}}}, 'name': 'left to the caller'}"),
            "",
            problems
        )!;

        Assert.That(SegmentDefinition.Read("s", body, problems), Is.Null);
        Assert.That(problems.Items.Single().Path, Is.EqualTo("criteria.attr.x.gt"));
        Assert.That(Given.Segment("s").Criteria, Is.Null);
        Assert.That(Given.Segment("s", "{'segment': 't'}").References.Single().Path, Is.EqualTo("criteria.segment"));
    }

    [TestCase("a", true)]
    [TestCase("A1._-", true)]
    [TestCase("", false)]
    [TestCase(".a", false)]
    [TestCase("a/b", false)]
    [TestCase("é", false)]
    public void A_key_has_its_form(string key, bool isValid) => Assert.That(Keys.IsValid(key), Is.EqualTo(isValid));

    private static void AssertProblem(string[] problems, string expected)
    {
        Assert.That(problems, Has.Length.EqualTo(1), string.Join('\n', problems));
        Assert.That(problems[0], Does.StartWith(expected));
    }
}
