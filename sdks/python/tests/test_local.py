"""Local evaluation: how rules get here, stay here, and what becomes of them in every fault."""

import gzip
import io
import itertools
import json
import logging
import tempfile
import threading
import time
import unittest
from pathlib import Path
from unittest import mock

from featureflags import FlagClient, User
from featureflags._http import Service, ServiceError, longest_wait, wait_after
from featureflags._local import SyncedRules
from featureflags._stream import messages

from .fake_service import KEY, FakeService, eventually, flag, rules


class LocalTests(unittest.TestCase):
    def setUp(self):
        self.service = FakeService(flag("checkout"))
        self.addCleanup(self.service.stop)
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.file = Path(folder.name) / "rules"
        self.log = []
        handler = logging.Handler(logging.WARNING)
        handler.emit = lambda record: self.log.append(record.getMessage())
        logger = logging.getLogger("featureflags")
        logger.addHandler(handler)
        logger.propagate = False
        self.addCleanup(logger.removeHandler, handler)

    def client(self, key=KEY, silence=5.0, poll_every=30.0, tenant=None, environment=None, **options):
        service = Service(self.service.url, key, tenant, environment, timeout=5.0)
        options = {"cache_file": None, "bootstrap": None, **options}
        client = FlagClient(SyncedRules(service, poll_every=poll_every, silence=silence, **options))
        self.addCleanup(client.close)
        return client

    def connected(self, **options):
        client = self.client(**options)
        eventually(lambda: client.status.connected)
        return client

    def refused_wait(self, seconds):
        """Makes clients try again after that long what they would leave at that for a while."""
        for name in ("_REFUSED_WAIT", "_POLL_AWAY_AFTER"):
            short = mock.patch(f"featureflags._local.{name}", seconds)
            short.start()
            self.addCleanup(short.stop)

    def test_the_first_rules_are_there_soon_and_changes_follow(self):
        with FlagClient.local(self.service.url, KEY) as client:
            self.assertTrue(client.wait_until_ready(20))
            self.assertIs(client.boolean("checkout", "ann"), True)
            self.service.put(flag("checkout", "off"), flag("new"))
            eventually(lambda: client.boolean("new", "ann"))
            self.assertIs(client.boolean("checkout", "ann", True), False)
            self.service.put(removed=["new"])
            eventually(lambda: client.evaluate("new", "ann").error == "flag_not_found")
            eventually(lambda: client.status.healthy and client.status.connected)
            self.assertEqual((client.status.revision, client.status.source), (3, "service"))
            self.assertFalse(client.evaluate("checkout", "ann").stale)
        self.assertEqual(self.log, [])

    def test_without_rules_the_default_is_given_and_why(self):
        self.service.stop()
        client = self.client()
        answer = client.evaluate("checkout", "ann", "default")
        self.assertEqual((answer.value, answer.reason, answer.error), ("default", "error", "not_ready"))
        self.assertFalse(client.wait_until_ready(0.01))
        self.service.start()

    def test_a_stream_goes_on_from_where_it_broke_off(self):
        client = self.connected()
        self.service.stop()
        eventually(lambda: client.status.problems)
        self.service.put(flag("checkout", "off"))
        self.service.start()
        eventually(lambda: client.status.revision == 2)
        last = [headers for _, headers in self.service.asked("/v1/sdk/stream") if "Last-Event-ID" in headers][-1]
        self.assertEqual(last["Last-Event-ID"], "1.E1")

    def test_an_outage_is_logged_once_and_seen_in_the_status_and_evaluations_go_on(self):
        client = self.connected()
        self.service.stop()
        eventually(lambda: client.status.problems)
        eventually(lambda: self.assertIs(client.boolean("checkout", "ann"), True) or client._rules._failures > 4)
        self.assertTrue(client.evaluate("checkout", "ann").stale)
        self.assertFalse(client.status.healthy)
        self.service.start()
        eventually(lambda: client.status.healthy and client.status.connected)
        self.assertEqual(len(self.log), 1, self.log)
        self.assertIn("Revision 1 stays in force", self.log[0])

    def test_it_is_soon_back_with_the_service(self):
        client = self.connected()
        self.service.stop()
        eventually(lambda: client._rules._failures > 4)
        self.service.put(flag("checkout", "off"))
        self.service.start()
        # It takes two seconds at most, where no test takes the machine's.
        eventually(lambda: not client.boolean("checkout", "ann", True), within=10.0)

    def test_after_a_short_trouble_of_the_stream_alone_changes_come_soon_again(self):
        client = self.connected()
        self.service.has_stream = False
        eventually(lambda: len(self.service.asked("/v1/sdk/stream")) >= 4)
        self.service.put(flag("checkout", "off"))
        self.service.has_stream = True
        eventually(lambda: not client.boolean("checkout", "ann", True), within=10.0)
        self.assertEqual(len(self.service.asked("/v1/sdk/rules")), 1)

    def test_waits_grow_are_spread_and_respect_what_the_service_asks_for(self):
        error = OSError("refused")
        self.assertEqual([longest_wait(seconds) for seconds in (0, 299, 301)], [1.5, 1.5, 15.0])
        for failures, bound in ((1, 0.25), (2, 0.5), (3, 1.0), (4, 1.5), (100_000, 1.5)):
            waits = [wait_after(error, failures, 1.5) for _ in range(100)]
            self.assertTrue(0.0 <= min(waits) < bound / 2 < max(waits) <= bound, (failures, waits))
        asked = [wait_after(ServiceError("busy", 503, 20.0), 1, 1.5) for _ in range(100)]
        self.assertTrue(20.0 <= min(asked) < max(asked) <= 25.0, asked)

    def test_a_revoked_key_is_logged_once_and_what_is_held_stays_in_force(self):
        client = self.connected()
        self.service.key = "another"
        eventually(lambda: any("refuses the key" in problem for problem in client.status.problems))
        self.assertIs(client.boolean("checkout", "ann"), True)
        self.assertTrue(client.evaluate("checkout", "ann").stale)
        self.assertEqual(len(self.log), 1, self.log)
        asked = len(self.service.requests)
        time.sleep(1.0)
        self.assertEqual(len(self.service.requests), asked)

    def test_a_stream_that_stalls_is_given_up_and_rules_are_asked_for(self):
        client = self.connected(silence=1.0)
        self.service.is_silent = True
        self.service.put(flag("checkout", "off"))
        eventually(lambda: not client.boolean("checkout", "ann", True))
        eventually(lambda: any("nothing was heard" in problem for problem in client.status.problems))
        self.assertFalse(client.status.connected)
        self.service.is_silent = False
        eventually(lambda: client.status.healthy and client.status.connected)
        self.assertEqual(len(self.log), 1, self.log)

    def test_what_a_proxy_says_is_no_sign_of_life(self):
        lines = io.BytesIO(b": ping\n\nretry: 3\n\nid: 1\n\ndata: x\n\nevent: y\n\n")
        self.assertEqual([message.data for message in messages(lines.readline)], ["", "x"])
        client = self.connected(silence=0.5)
        self.service.is_silent = self.service.pings = True
        eventually(lambda: any("nothing was heard" in problem for problem in client.status.problems))

    def test_a_page_of_somebody_else_is_no_stream(self):
        self.service.page = 200
        client = self.client()
        eventually(lambda: client.status.problems)
        time.sleep(1.0)
        self.assertFalse(client.status.connected or client.status.ready)
        self.assertLess(len(self.service.requests), 3)

    def test_rules_that_are_damaged_on_their_way_are_left_out_and_asked_for_again(self):
        self.refused_wait(0.2)
        self.service.has_stream = False
        whole = gzip.compress(json.dumps(self.service.rules).encode())
        flipped = bytearray(whole)
        flipped[10] |= 0b110  # Blocks of that type are not known.
        for damaged in (bytes(flipped), whole[:-1], b"?" + whole, gzip.compress(b"[" * 100_000)):
            with self.subTest(damaged=damaged[:20]):
                self.service.rules_body = damaged
                client = self.client(poll_every=0.2)
                eventually(lambda: client.status.problems)
                self.assertFalse(client.status.ready)
                self.service.rules_body = None
                eventually(lambda: client.status.ready)

    def test_nothing_ends_the_thread_and_if_something_did_it_would_show(self):
        self.refused_wait(0.2)
        for step in ("_poll", "_follow"):
            self.service.has_stream = False
            with mock.patch.object(SyncedRules, step, side_effect=MemoryError) as failing:
                client = self.client(poll_every=0.2)
                eventually(lambda: failing.call_count > 1)
            self.service.has_stream = True
            eventually(lambda: client.status.healthy and client.status.connected)
        with mock.patch.object(SyncedRules, "_run"):
            client = self.client()
        eventually(lambda: not client.status.healthy)
        self.assertIn("died", client.status.problems[0])
        self.assertTrue(client._rules.is_stale)

    def test_where_no_stream_gets_through_rules_are_asked_for_and_answered_by_their_tag(self):
        self.service.has_stream = False
        client = self.client(poll_every=0.2)
        self.assertTrue(client.wait_until_ready(20))
        eventually(lambda: any("If-None-Match" in headers for _, headers in self.service.asked("/v1/sdk/rules")))
        self.service.put(flag("checkout", "off"))
        eventually(lambda: not client.boolean("checkout", "ann", True))
        self.assertFalse(client.evaluate("checkout", "ann").stale)
        self.assertEqual(len(self.log), 1, self.log)

    def test_a_change_that_can_not_be_read_is_not_half_taken_and_all_rules_are_asked_for(self):
        self.refused_wait(0.5)
        client = self.connected()
        self.service.garbles = True
        self.service.put(flag("checkout", "off"))
        eventually(lambda: client.status.problems)
        self.assertIs(client.boolean("checkout", "ann"), True)
        self.service.garbles = False
        eventually(lambda: not client.boolean("checkout", "ann", True))

    def test_a_change_from_elsewhere_leads_to_all_rules(self):
        client = self.connected()
        with self.service.changed:
            self.service.rules["event_id"] = "other"
            self.service.rules["flags"] = [flag("checkout", "off")]
            self.service.changes = [{"from": "1.E1", "revision": 9, "event_id": "E9"}]
            self.service.changed.notify_all()
        eventually(lambda: not client.boolean("checkout", "ann", True))

    def test_a_busy_service_is_left_alone_for_as_long_as_it_asks(self):
        self.service.unavailable_for = 2
        client = self.client()
        eventually(lambda: client.status.problems)
        asked, since = len(self.service.requests), time.monotonic()
        self.service.unavailable_for = None
        self.assertTrue(client.wait_until_ready(20))
        self.assertGreater(time.monotonic() - since, 1.5)
        self.assertEqual(len(self.service.requests), asked + 1)

    def test_rules_are_kept_in_a_file_for_a_start_without_the_service(self):
        client = self.connected(cache_file=self.file)
        self.service.put(flag("checkout", "off"))
        eventually(lambda: client.status.revision == 2)
        client.close()
        self.service.stop()
        again = self.client(cache_file=self.file)
        self.assertIs(again.boolean("checkout", "ann", True), False)
        self.assertEqual((again.status.source, again.status.revision), ("file", 2))
        self.assertEqual([path.name for path in self.file.parent.iterdir()], ["rules"])
        self.service.start()
        eventually(lambda: again.status.connected)
        stream = self.service.asked("/v1/sdk/stream")[-1]
        self.assertEqual(stream[1]["Last-Event-ID"], "2.E2")

    def test_a_damaged_file_is_logged_once_left_out_and_replaced(self):
        self.connected(cache_file=self.file).close()
        whole = self.file.read_bytes()
        for damaged in (whole[:-9], whole.replace(b'"checkout"', b'"Checkout"'), b"", b"\xff\x00", b"{}"):
            with self.subTest(damaged=damaged[-20:]):
                self.log.clear()
                self.file.write_bytes(damaged)
                self.service.stop()
                client = self.client(cache_file=self.file)
                self.assertEqual(client.evaluate("checkout", "ann").error, "not_ready")
                self.assertTrue(any("file" in problem for problem in client.status.problems))
                self.assertEqual(sum("file" in line for line in self.log), 1, self.log)
                self.service.start()
                eventually(lambda: client.status.healthy)
                client.close()
                self.assertEqual(self.file.read_bytes(), whole)

    def test_a_damaged_file_is_replaced_also_where_the_rules_to_begin_with_are_the_newest(self):
        self.file.write_text("damaged")
        client = self.client(cache_file=self.file, bootstrap=self.service.rules)
        eventually(lambda: client.status.healthy and client.status.connected)
        client.close()
        self.service.stop()
        self.assertEqual(self.client(cache_file=self.file).status.source, "file")

    def test_a_file_of_another_key_is_left_out_unless_it_is_said_whose_rules_are_wanted(self):
        self.connected(cache_file=self.file).close()
        self.assertNotIn(KEY, self.file.read_text())
        self.service.stop()
        rotated = self.client(key="another", cache_file=self.file)
        self.assertEqual(rotated.evaluate("checkout", "ann").error, "not_ready")
        self.assertIn("another key", rotated.status.problems[0])
        named = self.client(key="another", tenant="acme", environment="production", cache_file=self.file)
        self.assertIs(named.boolean("checkout", "ann"), True)
        for whose in ({"tenant": "globex"}, {"tenant": "acme", "environment": "staging"}):
            self.assertFalse(self.client(cache_file=self.file, **whose).status.ready)
        self.service.start()
        self.service.key = "another"
        eventually(lambda: rotated.status.healthy)
        rotated.close()
        self.service.stop()
        self.assertTrue(self.client(key="another", cache_file=self.file).status.ready)

    def test_a_file_that_can_not_be_written_is_logged_once_stops_nothing_and_is_written_later(self):
        full = OSError("No space left on device")
        with mock.patch("featureflags._local._SAVE_EVERY", 0.05):
            with mock.patch("featureflags._document.RulesFile.write", side_effect=full) as failing:
                client = self.connected(cache_file=self.file)
                self.service.put(flag("checkout", "off"))
                eventually(lambda: client.status.revision == 2)
                tried = failing.call_count
                eventually(lambda: failing.call_count > tried + 2)
            self.assertIn("No space left", client.status.problems[0])
            self.assertEqual(len(self.log), 1, self.log)
            eventually(lambda: client.status.healthy)
            self.assertIn('"revision":2', self.file.read_text())

    def test_a_bootstrap_is_where_it_begins_unless_there_is_a_file(self):
        self.service.stop()
        first = rules(flag("checkout", "off"))
        client = self.client(bootstrap=first, cache_file=self.file)
        self.assertIs(client.boolean("checkout", "ann", True), False)
        self.assertEqual(client.status.source, "bootstrap")
        self.service.start()

    def test_a_bootstrap_that_can_not_be_read_is_no_problem_once_there_are_rules(self):
        self.service.stop()
        client = self.client(bootstrap=self.file)
        self.assertIn("begin with", client.status.problems[0])
        self.service.start()
        eventually(lambda: client.status.healthy)

    def test_offline_it_evaluates_a_file_and_speaks_to_nobody(self):
        self.file.write_text(json.dumps(rules(flag("checkout"))))
        client = FlagClient.offline(self.file)
        self.assertIs(client.boolean("checkout", User("ann")), True)
        self.assertEqual((client.status.mode, client.status.healthy), ("offline", True))
        broken = FlagClient.offline(self.file.parent / "none")
        self.assertEqual(broken.evaluate("checkout", "ann", 1).value, 1)
        self.assertFalse(broken.status.healthy)
        self.assertEqual(self.service.requests, [])

    def test_rules_of_a_later_format_are_refused_whole(self):
        client = FlagClient.offline({**rules(flag("checkout")), "format": 2})
        self.assertEqual(client.evaluate("checkout", "ann").error, "not_ready")
        self.assertIn("format 2", client.status.problems[0])

    def test_a_clock_that_is_days_off_and_jumps_changes_nothing(self):
        two_days, jumps = 2 * 86_400, itertools.count()
        with mock.patch("time.time", lambda: 1e9 + (-1) ** next(jumps) * two_days):
            client = self.connected(silence=0.5, cache_file=self.file)
            self.service.put(flag("checkout", "off"))
            eventually(lambda: client.status.revision == 2)
            self.service.is_silent = True
            eventually(lambda: client.status.problems)
            self.assertIs(client.boolean("checkout", "ann", True), False)
            client.close()

    def test_closing_waits_for_no_stream_and_leaves_no_thread(self):
        client = self.connected(silence=600.0)
        self.service.is_silent = True
        client.close()
        self.assertNotIn("featureflags-sync", [thread.name for thread in threading.enumerate()])
        self.assertIs(client.boolean("checkout", "ann"), True)

    def test_threads_may_ask_while_rules_change(self):
        client, wrong, stop = self.connected(), [], threading.Event()

        def ask():
            while not stop.is_set():
                answer = client.evaluate("checkout", User("ann", {"x": 1}))
                if answer.error is not None or answer.version is None:
                    wrong.append(answer)

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for i in range(20):
            self.service.put(flag("checkout", "on" if i % 2 else "off"))
        eventually(lambda: client.status.revision == 21)
        stop.set()
        for thread in threads:
            thread.join()
        self.assertEqual(wrong, [])
