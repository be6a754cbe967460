"""What a program sees of a client, wherever its rules come from."""

import math
import unittest
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from uuid import UUID

from featureflags import FlagClient, User

from .fake_service import flag, rules


def valued(key, *values, off_variant="v0"):
    variants = [{"key": f"v{i}", "weight": int(i == 0), "value": value} for i, value in enumerate(values)]
    return {"key": key, "version": 1, "state": "on", "variants": variants, "off_variant": off_variant}


def when(key, condition):
    return flag(
        key, "off", rules=[{"id": "r", "order": 1, "when": condition, "rollout": {"variant": "on"}}]
    )


def client(*flags, segments=()):
    return FlagClient.offline(rules(*flags, segments=segments))


class GetterTests(unittest.TestCase):
    def setUp(self):
        self.client = client(
            valued("boolean", True, False),
            valued("text", "blue"),
            valued("number", 2.5),
            valued("one", 1),
            valued("object", {"a": [1]}),
            valued("null", None, 7),
        )

    def test_each_gives_values_of_its_type_and_the_default_for_others(self):
        ask = self.client
        self.assertIs(ask.boolean("boolean", "ann"), True)
        self.assertEqual(ask.string("text", "ann"), "blue")
        self.assertEqual(ask.number("number", "ann"), 2.5)
        self.assertEqual(ask.json("object", "ann"), {"a": [1]})
        self.assertIs(ask.boolean("one", "ann", False), False)
        self.assertEqual(ask.number("boolean", "ann", 9), 9)
        self.assertEqual(ask.string("object", "ann", "x"), "x")
        self.assertEqual(ask.json("text", "ann", []), [])

    def test_a_variant_without_a_value_gives_the_default_and_is_no_error(self):
        answer = self.client.evaluate("null", "ann", "default")
        self.assertEqual((answer.value, answer.variant, answer.error), ("default", "v0", None))

    def test_a_flag_that_is_not_there_gives_the_default_and_says_so(self):
        answer = self.client.evaluate("none", "ann", 5)
        self.assertEqual((answer.value, answer.reason, answer.error), (5, "error", "flag_not_found"))

    def test_no_user_makes_it_raise_and_what_is_wrong_with_one_is_logged_once(self):
        odd = object()
        users = (None, 7.5, True, [], {"id": 7.5}, {"attributes": []}, User("ann", {1: 2}), User("ann", {"x": odd}))
        with self.assertLogs("featureflags") as logged:
            for user in users * 2:
                with self.subTest(user=user):
                    self.assertEqual(self.client.evaluate("boolean", user, "d").value, "d")
                    self.assertEqual(self.client.evaluate("boolean", user).error, "invalid_user")
        lines = [record.getMessage() for record in logged.records]
        self.assertEqual(len(lines), len(set(lines)), lines)
        self.assertIn("an attribute can't be of type object", lines[-1])
        self.assertTrue(self.client.status.healthy)

    def test_a_failure_of_its_own_gives_the_default_and_is_logged_once(self):
        class Wrong(dict):
            def items(self):
                raise RuntimeError("wrong")

        with self.assertLogs("featureflags") as logged:
            for _ in range(3):
                self.assertEqual(self.client.evaluate("boolean", User("ann", Wrong(a=1)), 5).value, 5)
        self.assertEqual(self.client.evaluate("boolean", User("ann", Wrong(a=1))).error, "internal")
        self.assertEqual(len(logged.records), 1)
        self.assertTrue(self.client.status.healthy)


class UserTests(unittest.TestCase):
    def test_an_id_alone_and_a_mapping_are_users_too(self):
        ask = client(when("f", {"attr": {"id": "ann"}}))
        for user in ("ann", {"id": "ann"}, {"id": "ann", "attributes": None}, User("ann")):
            self.assertIs(ask.boolean("f", user), True)

    def test_an_id_may_be_a_number_or_a_uuid(self):
        uuid = "12345678-1234-5678-1234-567812345678"
        ask = client(when("f", {"attr": {"id": ["42", uuid]}}), when("g", {"attr": {"x": uuid}}))
        for user in (42, {"id": 42}, User(42), UUID(uuid), User(UUID(uuid))):
            self.assertIs(ask.boolean("f", user), True, user)
        self.assertIs(ask.boolean("g", User("ann", {"x": UUID(uuid)})), True)

    def test_a_member_of_an_enumeration_is_its_text(self):
        class Plan(str, Enum):
            PRO = "pro"

            def __str__(self):
                return "a plan"

        operators = (
            {"eq": "pro"},
            {"neq": "free"},
            {"in": ["pro", "team"]},
            {"contains": "ro"},
            {"starts_with": "p"},
            {"eq": "PRO", "ignore_case": True},
            {"matches": "^pro$"},
        )
        for operator in operators:
            ask = client(when("pro", {"attr": {"x": operator}}), when("not", {"not": {"attr": {"x": operator}}}))
            with self.subTest(operator=operator):
                self.assertIs(ask.boolean(Plan.PRO, User("u", {"x": Plan.PRO})), True)
                self.assertIs(ask.boolean("pro", User("u", {Plan.PRO: 1, "x": [Plan.PRO]})), True)
                self.assertIs(ask.boolean("not", User("u", {"x": Plan.PRO}), True), False)
        ask = client(when("f", {"attr": {"pro": 1, "id": "pro"}}))
        self.assertIs(ask.boolean("f", User(Plan.PRO, {Plan.PRO: 1})), True)

    def test_numbers_without_an_end_are_greater_than_all_and_what_is_no_number_is_unequal(self):
        ask = client(when("gt", {"attr": {"x": {"gt": 1e308}}}), when("neq", {"attr": {"x": {"neq": 1}}}))
        for infinite in (math.inf, Decimal("inf"), Decimal("1e999999")):
            self.assertIs(ask.boolean("gt", User("u", {"x": infinite})), True)
        self.assertIs(ask.boolean("gt", User("u", {"x": math.nan}), True), False)
        self.assertIs(ask.boolean("neq", User("u", {"x": math.nan})), True)
        split = client({**valued("split", 1, 2), "bucket_by": ["x"]})
        for odd in (math.inf, math.nan):
            self.assertIsNone(split.evaluate("split", User("u", {"x": odd})).bucket)

    def test_nobody_knows_an_anonymous_user(self):
        ask = client(
            when("f", {"attr": {"id": {"exists": False}}}), {**valued("split", 1, 2), "bucket_by": ["id"]}
        )
        self.assertIs(ask.boolean("f", User()), True)
        self.assertIsNone(ask.evaluate("split", User()).bucket)

    def test_times_decimals_and_sets_are_what_they_look_like(self):
        after = client(when("f", {"attr": {"x": {"after": "2026-01-31T12:00:00Z"}}}))
        zone = timezone(timedelta(hours=2))
        self.assertIs(after.boolean("f", User("u", {"x": datetime(2026, 1, 31, 12, 0, 1)})), True)
        self.assertIs(after.boolean("f", User("u", {"x": datetime(2026, 1, 31, 13, tzinfo=zone)})), False)
        self.assertIs(after.boolean("f", User("u", {"x": date(2026, 2, 1)})), True)
        some = client(when("f", {"attr": {"x": {"has_any": ["a"]}}}), when("g", {"attr": {"x": 2.5}}))
        self.assertIs(some.boolean("f", User("u", {"x": {"a", "b"}})), True)
        self.assertIs(some.boolean("g", User("u", {"x": Decimal("2.50")})), True)

    def test_a_whole_number_of_any_size_can_be_compared(self):
        ask = client(when("f", {"attr": {"x": {"gt": 1e300}}}))
        self.assertIs(ask.boolean("f", User("u", {"x": 10**400})), True)
        self.assertIs(ask.boolean("f", User("u", {"x": -(10**400)})), False)


class DefinitionTests(unittest.TestCase):
    def test_a_definition_beyond_this_library_gives_its_off_variant_in_error_and_harms_no_other(self):
        ask = client(
            when("newer", {"attr": {"x": {"sounds_like": "y"}}}),
            when("odd", {"moon": "full"}),
            when("pattern", {"attr": {"x": {"matches": "(?<=a)b"}}}),
            {"key": "broken", "off_variant": "off", "variants": 7},
            {**flag("hashed"), "hashing": "md5"},
            {**flag("needs"), "prerequisites": [{"key": "newer", "variant": "off"}]},
            when("in-segment", {"segment": "newer"}),
            flag("fine"),
            segments=[{"key": "newer", "version": 1, "criteria": {"attr": {"x": {"sounds_like": "y"}}}}],
        )
        for key in ("newer", "odd", "pattern", "broken", "hashed"):
            answer = ask.evaluate(key, "ann", "default")
            self.assertEqual((answer.variant, answer.error), ("off", "definition_unreadable"), key)
        self.assertEqual(ask.evaluate("needs", "ann").reason, "prerequisite_failed")
        self.assertEqual(ask.evaluate("in-segment", "ann").error, "definition_unreadable")
        self.assertIs(ask.boolean("fine", "ann"), True)

    def test_a_chain_that_is_too_long_is_an_error_where_it_begins(self):
        chain = [flag("f1")]
        for i in range(2, 52):
            chain.append(when(f"f{i}", {"flag": {"key": f"f{i - 1}", "variant": ["on", "off"]}}))
        fan = [flag("g1")]
        for i in range(2, 15):
            before = {"flag": {"key": f"g{i - 1}", "variant": "on"}}
            fan.append(when(f"g{i}", {"all": [before, before]}))
        ask = client(*chain, *fan)
        self.assertIs(ask.boolean("f50", "ann"), True)
        self.assertEqual(ask.evaluate("f51", "ann").error, "references_too_deep")
        self.assertIs(ask.boolean("g13", "ann"), True)
        self.assertEqual(ask.evaluate("g14", "ann").error, "references_too_deep")

    def test_the_longest_chain_of_the_deepest_conditions_is_evaluated(self):
        def deep(condition):
            for _ in range(9):
                condition = {"attr": {"id": "ann"}, "any": [condition]}
            return condition

        def chain(first):
            flags = [first]
            for i in range(2, 50):
                flags.append(when(f"f{i}", deep({"flag": {"key": f"f{i - 1}", "variant": "on"}})))
            segment = {"key": "s", "version": 1, "criteria": deep({"flag": {"key": "f49", "variant": "on"}})}
            return client(*flags, when("f", {"segment": "s"}), segments=[segment])

        self.assertIs(chain(flag("f1")).boolean("f49", "ann"), True)
        self.assertEqual(chain(flag("f1")).evaluate("f", "ann").error, "references_too_deep")
        self.assertIs(chain(flag("f1", "off")).boolean("f49", "ann", True), False)
        too_long = User("ann", {"x": "a" * 1_000_000})
        slow = chain(when("f1", {"attr": {"x": {"matches": "b"}}}))
        self.assertEqual(slow.evaluate("f49", too_long).error, "regex_timeout")

    def test_a_circle_ends(self):
        ask = client(
            when("a", {"flag": {"key": "b", "variant": "on"}}),
            when("b", {"flag": {"key": "a", "variant": "on"}}),
            when("s", {"segment": "s"}),
            segments=[{"key": "s", "version": 1, "criteria": {"segment": "s"}}],
        )
        for key in ("a", "b", "s"):
            self.assertIs(ask.boolean(key, "ann", True), False)

    def test_a_pattern_that_would_hold_a_backtracking_engine_for_ever_is_quick(self):
        ask = client(when("f", {"attr": {"x": {"matches": "^(a+)+$"}}}))
        self.assertIs(ask.boolean("f", User("u", {"x": "a" * 5000 + "b"}), True), False)
