"""Evaluation by the service, with the answers remembered for a while."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections import OrderedDict
from dataclasses import replace
from decimal import Decimal
from math import isfinite, isnan
from typing import Any, List, Optional, Tuple, Union

from ._http import FAILURES, Service, ServiceError, abandon, error_of, longest_wait, media_type, wait_after
from ._model import Evaluation, Status
from ._problems import Problems
from ._user import AnyUser, Context

_REFUSED_PAUSE = 15.0
_MOST_IDLE = 8
_LONGEST_IDLE = 30.0  # Less than a service or a proxy leaves a connection open for.
_PAUSE_BY_PATIENCE = 4  # A caller may spend a fifth of its time waiting for a service that hangs.


class RemoteRules:
    """Asks the service. While it can't, what was remembered is the answer, however old: it is asked again after a pause,
    which grows, by one caller at a time, and nobody else waits."""

    def __init__(self, service: Service, cache_seconds: float, cache_size: int) -> None:
        self.problems = Problems()
        self._service = service
        self._cache_seconds = cache_seconds
        self._cache_size = cache_size
        self._lock = threading.Lock()
        self._answers: "OrderedDict[Tuple[str, bytes], Tuple[float, Evaluation]]" = OrderedDict()
        self._idle: List[Tuple[float, http.client.HTTPConnection]] = []
        self._is_closed = False
        self._heard_at: Optional[float] = None
        self._failures = 0
        self._away_since = 0.0
        self._paused_until = 0.0
        self._trying = threading.Lock()

    def after_fork(self) -> None:
        self.problems.after_fork()
        self._lock, self._trying = threading.Lock(), threading.Lock()
        idle, self._idle = self._idle, []
        for _, connection in idle:
            abandon(connection.sock)

    def evaluate(self, flag_key: str, user: AnyUser, with_buckets: bool) -> Evaluation:
        context = Context(user)
        wire = {"flag_key": flag_key, "user": {"id": context.id, "attributes": context.attributes}}
        body = _json(wire).encode()
        known, is_young = self._remembered(flag_key, body)
        if is_young and known is not None:
            return known
        asked = self._ask(flag_key, body) if self._failures == 0 else self._try(flag_key, body)
        if isinstance(asked, Evaluation):
            return asked
        return Evaluation(flag_key, None, error=asked) if known is None else replace(known, stale=True)

    def wait_until_ready(self, timeout: float) -> bool:
        return True

    def status(self) -> Status:
        problems, heard_at = self.problems.all(), self._heard_at
        return Status(
            "remote",
            ready=True,
            connected=heard_at is not None and not problems,
            source=None,
            revision=None,
            heard=None if heard_at is None else time.monotonic() - heard_at,
            problems=problems,
        )

    def close(self) -> None:
        with self._lock:
            self._is_closed = True
        self._close_idle()

    def _close_idle(self, seconds: float = 0.0) -> None:
        """Closes the connections that were idle for so long."""
        until = time.monotonic() - seconds
        with self._lock:
            old = [one for one in self._idle if one[0] <= until]
            self._idle = [one for one in self._idle if one[0] > until]
        for _, connection in old:
            connection.close()

    def _remembered(self, flag_key: str, body: bytes) -> Tuple[Optional[Evaluation], bool]:
        with self._lock:
            remembered = self._answers.get((flag_key, body))
            if remembered is None:
                return None, False
            self._answers.move_to_end((flag_key, body))
        until, answer = remembered
        return answer, time.monotonic() < until

    def _remember(self, flag_key: str, body: bytes, answer: Evaluation) -> None:
        with self._lock:
            self._answers[flag_key, body] = time.monotonic() + self._cache_seconds, answer
            self._answers.move_to_end((flag_key, body))
            while len(self._answers) > self._cache_size:
                self._answers.popitem(last=False)

    def _try(self, flag_key: str, body: bytes) -> Union[Evaluation, str]:
        """Asks a service that failed, unless it is too early or somebody else does."""
        if self._trying.acquire(blocking=False):
            try:
                if time.monotonic() >= self._paused_until:
                    return self._ask(flag_key, body)
            finally:
                self._trying.release()
        return "unauthorized" if self.problems.has("key") else "unavailable"

    def _ask(self, flag_key: str, body: bytes) -> Union[Evaluation, str]:
        """The answer, or why there is none."""
        began = time.monotonic()
        try:
            answer = self._answer(flag_key, body)
        except (*FAILURES, ServiceError) as error:
            return self._failed(error, time.monotonic() - began)
        self._heard_at, self._failures = time.monotonic(), 0
        self.problems.clear("service", "key")
        if answer.error != "invalid_user":
            self._remember(flag_key, body, answer)
        return answer

    def _failed(self, error: Exception, took: float) -> str:
        now = time.monotonic()
        self._away_since = now if self._failures == 0 else self._away_since
        self._failures += 1
        self._close_idle()
        if isinstance(error, ServiceError) and error.is_refusal:
            self._paused_until = now + _REFUSED_PAUSE
            self.problems.note("key", f"The flag service refuses the key: {error}")
            return "unauthorized"
        pause = wait_after(error, self._failures, longest_wait(now - self._away_since))
        self._paused_until = now + max(pause, took * _PAUSE_BY_PATIENCE)
        self.problems.note("service", f"No answer from the flag service: {error}. Remembered answers go on, or defaults")
        return "unavailable"

    def _answer(self, flag_key: str, body: bytes) -> Evaluation:
        response, text = self._post(body)
        # What stands in between, an ingress say, may have a 404 of its own.
        if media_type(response) == "application/problem+json":
            if response.status == 404:
                return Evaluation(flag_key, None, error="flag_not_found")
            if response.status in (400, 413, 422):
                self.problems.tell(f"The flag service takes no such user, who gets defaults: {error_of(response)}")
                return Evaluation(flag_key, None, error="invalid_user")
        if response.status != 200:
            raise error_of(response)
        try:
            answer = json.loads(text)
            if answer["flag_key"] != flag_key:
                raise ServiceError("it answered for another flag")
            details = answer["details"]
            return Evaluation(
                flag_key,
                answer["value"],
                answer["variant"],
                answer["reason"],
                answer.get("rule_id"),
                details.get("error"),
                details.get("bucket"),
                details.get("gate_bucket"),
                answer["version"],
                answer.get("stale", False),
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ServiceError(f"its answer is not of the form that is agreed: {error!r}") from error

    def _post(self, body: bytes) -> Tuple[http.client.HTTPResponse, bytes]:
        headers = {"Content-Type": "application/json"}
        self._close_idle(_LONGEST_IDLE)
        with self._lock:
            connection = self._idle.pop()[1] if self._idle else None
        if connection is not None:
            try:
                return self._exchange(connection, headers, body)
            except (ConnectionError, http.client.HTTPException):
                connection.close()  # It may have lain idle for too long.
            except BaseException:
                connection.close()
                raise
        connection = self._service.connect()
        try:
            return self._exchange(connection, headers, body)
        except BaseException:
            connection.close()
            raise

    def _exchange(
        self, connection: http.client.HTTPConnection, headers: Any, body: bytes
    ) -> Tuple[http.client.HTTPResponse, bytes]:
        response = self._service.send(connection, "POST", "/v1/evaluate", headers, body)
        text = response.read()
        with self._lock:
            is_kept = not self._is_closed and not response.will_close and len(self._idle) < _MOST_IDLE
            if is_kept:
                self._idle.append((time.monotonic(), connection))
        if not is_kept:
            connection.close()
        return response, text


def _json(value: Any) -> str:
    """As :func:`json.dumps` has it, in one order, and but for numbers: a Decimal keeps its digits, and what is beyond all
    doubles is so to the service too."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(name)}:{_json(value[name])}" for name in sorted(value)) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_json, value)) + "]"
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, float) and not isfinite(value):
        return "null" if isnan(value) else f"{'-' if value < 0 else ''}1e999"
    return json.dumps(value)
