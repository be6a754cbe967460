"""What the conformance set can't say of patterns: what they cost."""

import random
import tracemalloc
import unittest

from featureflags._regex import Pattern


class PatternTests(unittest.TestCase):
    def test_what_takes_no_characters_costs_nothing_however_often_it_is_repeated(self):
        for source in (
            "^{2000000000}x",
            "^{2000000000,}x",
            "^{0,2000000000}x",
            "(?:){2000000}x",
            "(?:^|){1,2000000}x",
            "((?:^{1000}){1000}){1000}x",
            "(?:a{0}){2000000}x",
        ):
            with self.subTest(source=source):
                pattern = Pattern(source, False)
                self.assertLess(len(pattern._program), 20)
                self.assertTrue(pattern.is_found_in("x"))
                self.assertFalse(pattern.is_found_in("y"))
        self.assertFalse(Pattern("^{2000000000}x", False).is_found_in("yx"))
        self.assertTrue(Pattern("^{0}x", False).is_found_in("yx"))

    def test_one_that_is_larger_than_the_service_allows_is_refused(self):
        for source in ("a{5000}", "(a{50}){3}", "((a{1000}){1000}){1000}"):
            with self.assertRaises(ValueError):
                Pattern(source, False)

    def test_what_it_remembers_is_bounded(self):
        pattern, chance = Pattern("a.{200}c", False), random.Random(1)
        text = "".join(chance.choice("ab") for _ in range(4_900))
        tracemalloc.start()
        self.addCleanup(tracemalloc.stop)
        self.assertFalse(pattern.is_found_in(text))
        self.assertLess(tracemalloc.get_traced_memory()[0], 12_000_000)
