"""Programs that fork after they have made a client, as servers do that load before they have workers."""

import os
import signal
import traceback
import unittest
import warnings

from featureflags import FlagClient

from .fake_service import KEY, FakeService, eventually, flag

_CHILDS_TIME = 60


@unittest.skipUnless(hasattr(os, "fork"), "There are no forks here.")
class ForkTests(unittest.TestCase):
    def setUp(self):
        self.service = FakeService(flag("checkout"))
        self.addCleanup(self.service.stop)

    def fork(self, work):
        """Has the work done by a child; what is given back waits for it, and that it was done."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            child = os.fork()
        if child == 0:
            signal.alarm(_CHILDS_TIME)
            code = 1
            try:
                work()
                code = 0
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(code)
        return lambda: self.assertEqual(os.waitpid(child, 0)[1], 0)

    def test_a_local_client_follows_the_service_in_both(self):
        with FlagClient.local(self.service.url, KEY) as client:
            eventually(lambda: client.status.connected)
            # As if another thread was just about to.
            with client._rules.problems._lock:
                done = self.fork(lambda: self.follow(client))
            eventually(lambda: len(self.service.asked("/v1/sdk/stream")) == 2)
            self.service.put(flag("checkout", "off"))
            eventually(lambda: not client.boolean("checkout", "ann", True))
            done()
            self.service.put(flag("checkout", "on"))
            eventually(lambda: client.boolean("checkout", "ann"))
            self.assertEqual(len(self.service.asked("/v1/sdk/stream")), 2)

    def follow(self, client):
        eventually(lambda: client.status.healthy and client.status.connected)
        eventually(lambda: not client.boolean("checkout", "ann", True))
        client.close()

    def test_a_remote_client_has_connections_of_its_own_in_each(self):
        with FlagClient.remote(self.service.url, KEY, cache_seconds=0.0) as client:
            self.assertIs(client.boolean("checkout", "ann"), True)
            with client._rules._lock, client._rules._trying:
                done = self.fork(lambda: self.assertIs(client.boolean("checkout", "bob"), True))
            done()
            self.assertEqual(len(self.service.peers), 2)
            self.assertIs(client.boolean("checkout", "ann"), True)
            self.assertEqual(len(self.service.peers), 2)

    def test_a_client_that_was_closed_stays_closed(self):
        client = FlagClient.local(self.service.url, KEY)
        self.assertTrue(client.wait_until_ready(20))
        client.close()
        self.fork(lambda: self.assertFalse(client._rules._thread.is_alive()))()
