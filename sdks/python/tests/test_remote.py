"""Evaluation by the service."""

import logging
import math
import threading
import time
import unittest
from decimal import Decimal
from unittest import mock

from featureflags import FlagClient, User
from featureflags._remote import RemoteRules, _json

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
        client = self.client(cache_seconds=60.0)
        first = client.evaluate("checkout", User("ann", {"a": 1, "b": [2.5]}))
        self.assertEqual((first.value, first.variant, first.reason), (True, "on", "default_distribution"))
        self.assertIsNotNone(first.bucket)
        self.service.put(flag("checkout", "off"))
        self.assertEqual(client.evaluate("checkout", User("ann", {"b": [2.5], "a": 1})), first)
        self.assertEqual(len(self.service.requests), 1)
        later = time.monotonic() + 61
        with mock.patch("time.monotonic", lambda: later):
            self.assertIs(client.boolean("checkout", User("ann", {"a": 1, "b": [2.5]}), True), False)

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
        for _ in range(2):
            self.assertEqual(client.evaluate("checkout", User(None), 5).error, "invalid_user")
            self.assertEqual(client.evaluate("checkout", User("ann", {"x": object()}), 5).error, "invalid_user")
        self.assertTrue(client.status.healthy)
        self.assertEqual(len(self.log), 2, self.log)

    def test_numbers_keep_their_digits_and_none_is_too_large_to_be_sent(self):
        wire = _json({"b": [Decimal("9007199254740992.50"), Decimal("1e999999")], "a": [math.inf, -math.inf, math.nan]})
        self.assertEqual(wire, '{"a":[1e999,-1e999,null],"b":[9007199254740992.50,1E+999999]}')
        self.assertIs(self.client().boolean("checkout", User("ann", {"x": Decimal("1e999999")})), True)
        self.assertEqual(self.service.requests[0][1]["user"]["attributes"], {"x": math.inf})

    def test_a_key_is_stripped_and_one_that_can_not_be_sent_is_refused_without_being_told(self):
        self.assertIs(self.client(key=f" {KEY}\n").boolean("checkout", "ann"), True)
        for key in ("ff_secret\nx", "ff_secret\0", "ff_secret\u2026", "", " ", None):
            for make in (FlagClient.local, FlagClient.remote):
                with self.assertRaises(ValueError) as caught:
                    make(self.service.url, key)
                self.assertNotIn("secret", str(caught.exception))
        with self.assertRaises(ValueError):
            FlagClient.remote(self.service.url, KEY, environment="a\nb")

    def test_an_answer_of_somebody_else_is_none(self):
        client = self.client(cache_seconds=0.0)
        self.assertIs(client.boolean("checkout", "ann"), True)
        for page in (200, 404, 422):
            self.service.page = page
            answer = client.evaluate("checkout", "ann")
            self.assertEqual((answer.value, answer.stale), (True, True), page)
            self.assertEqual(client.evaluate("checkout", f"{page}").error, "unavailable")
            self.service.page = None
            eventually(lambda: not client.evaluate("checkout", "ann").stale)

    def test_an_answer_to_another_question_is_none(self):
        client = self.client()
        asked = client._rules._post
        with mock.patch.object(client._rules, "_post", lambda body: asked(body.replace(b"checkout", b"split"))):
            self.assertEqual(client.evaluate("checkout", "ann").error, "unavailable")

    def test_a_service_that_hangs_holds_one_caller_at_a_time(self):
        client, asked, waiting, lock = self.client(cache_seconds=0.0), [], [], threading.Lock()
        self.assertIs(client.boolean("checkout", "ann"), True)
        self.service.hangs = True
        client._rules._close_idle()
        client._rules._service.timeout = 0.3
        self.assertTrue(client.evaluate("checkout", "ann").stale)
        self.assertGreater(client._rules._paused_until - time.monotonic(), 0.0)
        answer = RemoteRules._answer

        def counted(*question):
            with lock:
                waiting.append(question)
                asked.append(len(waiting))
            try:
                return answer(*question)
            finally:
                with lock:
                    waiting.pop()

        def ask():
            while len(asked) < 3:
                known, other = client.evaluate("checkout", "ann"), client.evaluate("checkout", "bob")
                if not (known.stale and other.error == "unavailable"):
                    asked.append(known)
                time.sleep(0.01)

        with mock.patch.object(RemoteRules, "_answer", counted), mock.patch(
            "featureflags._remote._PAUSE_BY_PATIENCE", 0
        ):
            threads = [threading.Thread(target=ask) for _ in range(10)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        self.assertEqual(set(asked), {1})
        self.service.hangs, client._rules._service.timeout = False, 2.0
        eventually(lambda: not client.evaluate("checkout", "ann").stale)

    def test_connections_are_kept_but_not_for_long(self):
        client = self.client(cache_seconds=0.0)
        for _ in range(3):
            client.evaluate("checkout", "ann")
        self.assertEqual(len(self.service.peers), 1)
        with mock.patch("featureflags._remote._LONGEST_IDLE", 0.0):
            for _ in range(3):
                client.evaluate("checkout", "ann")
        self.assertEqual(len(self.service.peers), 4)

    def test_in_an_outage_the_remembered_answers_go_on_and_nobody_waits(self):
        client = self.client(cache_seconds=0.0)
        self.assertIs(client.boolean("checkout", "ann"), True)
        self.service.stop()
        answer = client.evaluate("checkout", "ann")
        self.assertEqual((answer.value, answer.stale), (True, True))
        other = client.evaluate("checkout", "bob", "default")
        self.assertEqual((other.value, other.error), ("default", "unavailable"))
        client._rules._paused_until = time.monotonic() + 60
        with mock.patch.object(RemoteRules, "_answer") as asked:
            for _ in range(100):
                self.assertTrue(client.evaluate("checkout", "ann").stale)
        asked.assert_not_called()
        client._rules._paused_until = 0.0
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
