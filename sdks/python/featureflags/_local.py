"""Rules held in this process, and kept up to date by a thread."""

from __future__ import annotations

import gzip
import json
import os
import socket
import threading
import time
import zlib
from random import uniform
from typing import Any, Mapping, Optional, Union

from ._document import Document, RulesFile, UnreadableRules
from ._http import Service, ServiceError, abandon, error_of, longest_wait, media_type, wait_after
from ._model import Evaluation, Status
from ._problems import Problems
from ._stream import Message, messages
from ._user import AnyUser, Context

#: A path, or the body of ``GET /v1/sdk/rules``.
AnyRules = Union[str, "os.PathLike[str]", Mapping[str, Any]]

_SILENCE = 45.0  # The service says something every 15 s.
_POLL_AWAY_AFTER = 5.0  # A service that is back may refuse streams.
_REFUSED_WAIT = 30.0
_SAVE_EVERY = 1.0


class Rules:
    """What is held, and evaluated."""

    def __init__(self) -> None:
        self.problems = Problems()
        self.source: Optional[str] = None
        self._document: Optional[Document] = None
        self._is_ready = threading.Event()

    def after_fork(self) -> None:
        self.problems.after_fork()
        self._is_ready = threading.Event()
        if self._document is not None:
            self._is_ready.set()

    @property
    def document(self) -> Optional[Document]:
        return self._document

    def hold(self, document: Document, source: str) -> None:
        self._document, self.source = document, source
        self._is_ready.set()

    def bootstrap(self, rules: AnyRules) -> None:
        """Begins with these rules, or notes that they can't be read."""
        try:
            if isinstance(rules, Mapping):
                self.hold(Document.of(rules), "bootstrap")
            else:
                with open(rules, encoding="utf-8") as file:
                    self.hold(Document.read(file.read()), "bootstrap")
        except (UnreadableRules, OSError, ValueError) as error:
            self.problems.note("bootstrap", f"The rules to begin with can't be read: {error}")

    def wait_until_ready(self, timeout: float) -> bool:
        return self._is_ready.wait(timeout)

    def evaluate(self, flag_key: str, user: AnyUser, with_buckets: bool) -> Evaluation:
        document = self._document
        if document is None:
            return Evaluation(flag_key, None, error="not_ready")
        stale = self.is_stale
        flag = document.rules.flags.get(flag_key)
        if flag is None:
            return Evaluation(flag_key, None, error="flag_not_found", stale=stale)
        context = Context(user)
        decision = document.rules.decide(flag, context)
        return Evaluation(
            flag_key,
            flag.values.get(decision.variant),
            decision.variant,
            decision.reason,
            decision.rule_id,
            decision.error,
            flag.bucket(context) if with_buckets else None,
            flag.gate_bucket(context) if with_buckets else None,
            flag.version,
            stale,
        )

    @property
    def is_stale(self) -> bool:
        return False

    def status(self) -> Status:
        document = self._document
        return Status(
            "offline",
            ready=document is not None,
            connected=False,
            source=self.source,
            revision=None if document is None else document.revision,
            heard=None,
            problems=self.problems.all(),
        )

    def close(self) -> None:
        """There is nothing to let go of."""


class SyncedRules(Rules):
    """Rules that follow the service: by its stream, by asking again and again where that does not get through, and
    going on with what they are where nothing does."""

    def __init__(
        self,
        service: Service,
        cache_file: Optional[Union[str, "os.PathLike[str]"]],
        bootstrap: Optional[AnyRules],
        poll_every: float,
        silence: float = _SILENCE,
    ) -> None:
        super().__init__()
        self._service = service
        self._file: Optional[RulesFile] = None
        if cache_file is not None:
            self._file = RulesFile(cache_file, service.owner, service.tenant, service.environment)
        self._poll_every = poll_every
        self._silence = silence
        self._cursor: Optional[str] = None
        self._stopping = threading.Event()
        self._socket: Optional[socket.socket] = None
        self._is_connected = False
        self._heard_at: Optional[float] = None
        self._polled_at = 0.0
        self._away_since: Optional[float] = None
        self._failures = 0
        self._saved_at: Optional[float] = None
        self._unsaved: Optional[Document] = None
        self._read_file()
        if self.document is None and bootstrap is not None:
            self.bootstrap(bootstrap)
        self._thread = self._start()

    def after_fork(self) -> None:
        super().after_fork()
        abandon(self._socket)
        self._socket, self._is_connected = None, False
        stopping, self._stopping = self._stopping, threading.Event()
        if stopping.is_set():
            self._stopping.set()
            return
        try:
            self._thread = self._start()
        except RuntimeError as error:  # It is seen in the status, too.
            self.problems.tell(f"After a fork there is no thread to keep the rules up to date: {error}")

    @property
    def is_stale(self) -> bool:
        return self.source != "service" or self.problems.has("service", "key") or self._is_dead

    def status(self) -> Status:
        heard_at, status = self._heard_at, super().status()
        death = ("The thread that keeps the rules up to date has died",) if self._is_dead else ()
        return Status(
            "local",
            status.ready,
            self._is_connected,
            status.source,
            status.revision,
            None if heard_at is None else time.monotonic() - heard_at,
            status.problems + death,
        )

    def close(self) -> None:
        self._stopping.set()
        sock = self._socket
        if sock is not None:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # It is closed already.
        self._thread.join(timeout=self._service.timeout)

    @property
    def _is_dead(self) -> bool:
        return not (self._thread.is_alive() or self._stopping.is_set())

    def _start(self) -> threading.Thread:
        document = self.document
        self._cursor = None if document is None else document.cursor
        thread = threading.Thread(target=self._run, name="featureflags-sync", daemon=True)
        thread.start()
        return thread

    def _run(self) -> None:
        while not self._stopping.is_set():
            wait = _REFUSED_WAIT
            try:
                wait = self._follow()
            except Exception as error:  # Without this thread there would be no more changes.
                self.problems.tell(f"The rules could not be kept up to date: {error!r}")
            finally:
                self._is_connected = False
            self._stopping.wait(wait)
        self._save(now=True)

    def _follow(self) -> float:
        """Follows one stream to its end, and makes the best of that.

        :returns: How long to leave the service alone.
        """
        heard_before = self._heard_at
        failure: Optional[Exception] = None
        try:
            self._stream()
        except Exception as error:
            failure = error
        self._is_connected = False
        self._save()
        if self._stopping.is_set():
            return 0.0
        self._failures = 1 if self._heard_at != heard_before else self._failures + 1
        if failure is None:
            return wait_after(None, self._failures, self._longest_wait())
        if time.monotonic() - self._polled_at >= self._poll_after():
            try:
                self._poll()
            except Exception as error:
                return 0.0 if self._stopping.is_set() else self._without_service(error)
            return self._without_stream(failure)
        return self._without_stream(failure) if self.problems.has("stream") else self._without_service(failure)

    def _poll_after(self) -> float:
        """Seconds after which rules are asked for once more while there is no stream."""
        if self.problems.has("stream"):
            return self._poll_every / 2
        return _POLL_AWAY_AFTER if self._away_since is not None else 0.0

    def _without_stream(self, error: Exception) -> float:
        if not self.problems.has("stream"):
            self._failures = 1
        self.problems.note("stream", f"No stream from the flag service, which is asked instead: {_said(error)}")
        return wait_after(error, self._failures, self._poll_every)

    def _without_service(self, error: Exception) -> float:
        if self._away_since is None:
            self._away_since = time.monotonic()
        if isinstance(error, ServiceError) and error.is_refusal:
            self.problems.clear("service", "stream")
            self.problems.note("key", f"The flag service refuses the key: {error}. {self._what_now()}")
            return uniform(_REFUSED_WAIT / 2, _REFUSED_WAIT)
        self.problems.clear("stream")
        self.problems.note("service", f"No rules from the flag service: {_said(error)}. {self._what_now()}")
        if isinstance(error, UnreadableRules):
            return uniform(_REFUSED_WAIT / 2, _REFUSED_WAIT)
        return wait_after(error, self._failures, self._longest_wait())

    def _longest_wait(self) -> float:
        return longest_wait(0.0 if self._away_since is None else time.monotonic() - self._away_since)

    def _what_now(self) -> str:
        document = self.document
        return "There are none yet" if document is None else f"Revision {document.revision} stays in force"

    def _poll(self) -> None:
        self._polled_at = time.monotonic()
        headers = {"Accept-Encoding": "gzip"}
        if self._cursor is not None:
            headers["If-None-Match"] = f'"{self._cursor}"'
        connection = self._service.connect()
        try:
            self._socket = connection.sock
            response = self._service.send(connection, "GET", "/v1/sdk/rules", headers)
            if response.status == 200:
                body = response.read()
                if response.getheader("Content-Encoding") == "gzip":
                    body = _unzipped(body)
                self._take(Document.read(body))
            elif response.status != 304:
                raise error_of(response)
        finally:
            connection.close()
        self._hear()

    def _stream(self) -> None:
        headers = {"Accept": "text/event-stream"}
        if self._cursor is not None:
            headers["Last-Event-ID"] = self._cursor
        connection = self._service.connect()
        try:
            self._socket = sock = connection.sock
            if self._stopping.is_set():
                return
            response = self._service.send(connection, "GET", "/v1/sdk/stream", headers)
            if response.status != 200:
                raise error_of(response)
            if media_type(response) != "text/event-stream":
                raise ServiceError(f"it answered with {media_type(response)}, which is no stream")
            sock.settimeout(self._silence)
            heard_before, lived_at = self._heard_at, time.monotonic()

            def read_line() -> bytes:
                # What a proxy says to keep the connection open is not the service's word.
                if time.monotonic() - lived_at > self._silence:
                    raise socket.timeout
                return response.readline()

            for message in messages(read_line):
                self._apply(message)
                self._is_connected = True
                lived_at = time.monotonic()
                self._hear()
                self.problems.clear("stream")
                self._save()
            if self._heard_at == heard_before:
                raise ServiceError("its stream ended before anything was heard")
        except socket.timeout as error:
            raise ServiceError("nothing was heard of it for too long") from error
        finally:
            connection.close()

    def _apply(self, message: Message) -> None:
        if message.type == "snapshot":
            self._take(Document.read(message.data))
        elif message.type == "delta":
            # Whatever is wrong with it: without a cursor the next stream begins with all rules.
            cursor, self._cursor = self._cursor, None
            delta = json.loads(message.data)
            if self.document is None or delta["from"] != cursor:
                raise ServiceError(f"it told of a change from {delta['from']}, and held is {cursor}")
            self._take(self.document.changed(delta))

    def _take(self, document: Document) -> None:
        self.hold(document, "service")
        self._cursor = document.cursor
        self._unsaved = document
        self.problems.clear("bootstrap")

    def _hear(self) -> None:
        # If it said nothing of rules, these are still the ones.
        document = self.document
        if document is not None:
            if self.source == "bootstrap":
                self._unsaved = document
            self.source = "service"
        self._heard_at = time.monotonic()
        self._away_since = None
        self.problems.clear("service", "key")

    def _read_file(self) -> None:
        if self._file is None:
            return
        try:
            document = self._file.read()
        except (UnreadableRules, OSError) as error:
            self.problems.note("file", f"The rules kept in a file can't be read, and are left out: {error}")
            return
        if document is not None:
            self.hold(document, "file")

    def _save(self, now: bool = False) -> None:
        document = self._unsaved
        if self._file is None or document is None:
            return
        if not now and self._saved_at is not None and time.monotonic() - self._saved_at < _SAVE_EVERY:
            return
        self._saved_at = time.monotonic()
        try:
            self._file.write(document)
        except Exception as error:  # It is written again with the next sign of life.
            self.problems.note("file", f"The rules can't be kept in a file: {_said(error)}")
        else:
            self._unsaved = None
            self.problems.clear("file")


def _unzipped(body: bytes) -> bytes:
    try:
        return gzip.decompress(body)
    except (OSError, EOFError, zlib.error) as error:
        raise UnreadableRules(f"damaged on their way: {error}") from error


def _said(error: Exception) -> str:
    return str(error) or repr(error)
