"""The whole rules language: every file of sdks/conformance, and the vectors of the hashes."""

import json
import unittest
from decimal import Decimal
from pathlib import Path

from featureflags._hashing import bucket, murmur3, unleash_bucket, xxh64
from featureflags._rules import RuleSet
from featureflags._user import Context

REPOSITORY = Path(__file__).parents[3]
FILES = sorted((REPOSITORY / "sdks/conformance").glob("*.json"))


class ConformanceTests(unittest.TestCase):
    def test_local_evaluation_answers_as_the_conformance_set_says(self):
        asked = 0
        for path in FILES:
            text = path.read_text("utf-8")
            # Users' numbers keep their digits, which a bucket key needs; the rest is what json makes of it.
            file, exact = json.loads(text), json.loads(text, parse_float=Decimal)
            for group, exact_group in zip(file["groups"], exact["groups"]):
                rules = RuleSet.of(file["tenant"], group["flags"], group["segments"])
                for case, exact_case in zip(group["cases"], exact_group["cases"]):
                    asked += 1
                    with self.subTest(file=path.name, group=group["name"], case=case["name"]):
                        self.assertEqual(answer(rules, case["flag_key"], exact_case["user"]), case["expected"])
        self.assertGreater(asked, 2_000)


class HashingTests(unittest.TestCase):
    def setUp(self):
        self.vectors = json.loads((REPOSITORY / "docs/bucketing-vectors.json").read_text("utf-8"))

    def test_buckets_are_those_of_the_published_vectors(self):
        for vector in self.vectors["vectors"]:
            data = "\0".join(vector["parts"]).encode()
            self.assertEqual(f"{xxh64(data):016x}", vector["hash"], vector["parts"])
            self.assertEqual(bucket(*vector["parts"]), vector["bucket"], vector["parts"])

    def test_half_a_surrogate_pair_is_hashed_as_the_replacement_character(self):
        for vector in self.vectors["lone_surrogates"]:
            text = "".join(map(chr, vector["utf16"]))
            self.assertEqual(bucket(*vector["prefix"], text), vector["bucket"])


def answer(rules, flag_key, user):
    flag, context = rules.flags[flag_key], Context(user)
    decision = rules.decide(flag, context)
    optional = {
        "rule_id": decision.rule_id,
        "bucket": flag.bucket(context),
        "gate_bucket": flag.gate_bucket(context),
        "error": decision.error,
    }
    return {
        "variant": decision.variant,
        "value": flag.values[decision.variant],
        "reason": decision.reason,
        **{name: value for name, value in optional.items() if value is not None},
    }


if __name__ == "__main__":
    unittest.main()
