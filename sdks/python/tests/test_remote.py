"""Evaluation by the service."""

import logging
import time
import unittest

from featureflags import FlagClient, User

from .fake_service import KEY, FakeService, eventually, flag


class RemoteTests(unittest.TestCase):
    def setUp(self):
        self.service = FakeService(flag("checkout"), flag("split", bucket_by=["company"], state="on"))
        self.addCleanup(self.service.stop)
        self.log = []
        handler = logging.Handler(logging.WARNING)
        handler.emit = lambda record: self.log.append(record.getMessage())
        logger = logging.getLogger("featureflags")
        logger.addHandler(handler)
        logger.propagate = False
        self.addCleanup(logger.removeHandler, handler)

    def client(self, key=KEY, **options):
        client = FlagClient.remote(self.service.url, key, **options)
        self.addCleanup(client.close)
        return client

    def test_the_service_answers_and_the_answer_is_remembered_for_a_while(self):
        client = self.client(cache_seconds=0.3)
        first = client.evaluate("checkout", User("ann", {"a": 1, "b": [2.5]}))
        self.assertEqual((first.value, first.variant, first.reason), (True, "on", "default_distribution"))
        self.assertIsNotNone(first.bucket)
        self.assertEqual(client.evaluate("checkout", User("ann", {"b": [2.5], "a": 1})), first)
        self.assertEqual(len(self.service.requests), 1)
        self.service.put(flag("checkout", "off"))
        eventually(lambda: not client.boolean("checkout", User("ann", {"a": 1, "b": [2.5]}), True))

    def test_users_and_flags_are_told_apart(self):
        client = self.client()
        for flag_key in ("checkout", "split"):
            for user in ("ann", "bob", User("ann", {"x": 1}), User("ann", {"x": "1"}), User("ann", {"x": True})):
                client.evaluate(flag_key, user)
        self.assertEqual(len(self.service.requests), 10)

    def test_it_remembers_so_many_answers_and_no_more(self):
        client = self.client(cache_size=2)
        for user in ("ann", "bob", "ann", "cid", "ann", "bob"):
            client.evaluate("checkout", user)
        asked = [body["user"]["id"] for _, body in self.service.requests]
        self.assertEqual(asked, ["ann", "bob", "cid", "bob"])

    def test_what_is_unknown_or_can_not_be_sent_gives_the_default_and_is_no_outage(self):
        client = self.client()
        self.assertEqual(client.evaluate("none", "ann", 5).value, 5)
        self.assertEqual(client.evaluate("none", "ann").error, "flag_not_found")
        self.assertEqual(client.evaluate("checkout", User(None), 5).error, "invalid_user")
        self.assertEqual(client.evaluate("checkout", User("ann", {"x": object()}), 5).error, "invalid_user")
        self.assertEqual((client.status.healthy, self.log), (True, []))

    def test_in_an_outage_the_remembered_answers_go_on_and_nobody_waits(self):
        client = self.client(cache_seconds=0.0)
        self.assertIs(client.boolean("checkout", "ann"), True)
        self.service.stop()
        answer = client.evaluate("checkout", "ann")
        self.assertEqual((answer.value, answer.stale), (True, True))
        other = client.evaluate("checkout", "bob", "default")
        self.assertEqual((other.value, other.error), ("default", "unavailable"))
        began = time.monotonic()
        for _ in range(1000):
            client.evaluate("checkout", "ann")
        self.assertLess(time.monotonic() - began, 2.0)
        self.assertFalse(client.status.connected)
        self.assertEqual(len(self.log), 1, self.log)
        self.service.start()
        eventually(lambda: not client.evaluate("checkout", "ann").stale)
        self.assertTrue(client.status.healthy)

    def test_a_refused_key_is_logged_once_and_left_at_that(self):
        client = self.client(key="wrong")
        for _ in range(5):
            self.assertEqual(client.evaluate("checkout", "ann").error, "unauthorized")
        self.assertEqual((len(self.service.requests), len(self.log)), (1, 1))
        self.assertIn("refuses the key", client.status.problems[0])
