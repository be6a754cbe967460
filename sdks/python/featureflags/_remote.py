"""Evaluation by the service, with the answers remembered for a while."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections import OrderedDict
from dataclasses import replace
from decimal import Decimal
from typing import Any, List, Optional, Tuple, Union

from ._http import FAILURES, Service, ServiceError, error_of, jittered
from ._model import Evaluation, Status
from ._problems import Problems
from ._user import AnyUser, Context

_LONGEST_PAUSE = 1.5
_REFUSED_PAUSE = 15.0
_MOST_IDLE = 8


class RemoteRules:
    """Asks the service. While it can't, what was remembered is the answer, however old, and nobody waits for it: it is
    asked again after a pause, which grows."""

    def __init__(self, service: Service, cache_seconds: float, cache_size: int) -> None:
        self.problems = Problems()
        self._service = service
        self._cache_seconds = cache_seconds
        self._cache_size = cache_size
        self._lock = threading.Lock()
        self._answers: "OrderedDict[Tuple[str, bytes], Tuple[float, Evaluation]]" = OrderedDict()
        self._idle: List[http.client.HTTPConnection] = []
        self._is_closed = False
        self._heard_at: Optional[float] = None
        self._failures = 0
        self._paused_until = 0.0

    def evaluate(self, flag_key: str, user: AnyUser, with_buckets: bool) -> Evaluation:
        context = Context(user)
        wire = {"flag_key": flag_key, "user": {"id": context.id, "attributes": context.attributes}}
        body = json.dumps(wire, default=_plain, sort_keys=True, separators=(",", ":")).encode()
        known, is_young = self._remembered(flag_key, body)
        if is_young and known is not None:
            return known
        error = "unavailable"
        if time.monotonic() >= self._paused_until:
            asked = self._ask(flag_key, body)
            if isinstance(asked, Evaluation):
                return asked
            error = asked
        elif self.problems.has("key"):
            error = "unauthorized"
        return Evaluation(flag_key, None, error=error) if known is None else replace(known, stale=True)

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
            idle, self._idle = self._idle, []
        for connection in idle:
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

    def _ask(self, flag_key: str, body: bytes) -> Union[Evaluation, str]:
        """The answer, or why there is none."""
        try:
            answer = self._answer(flag_key, body)
        except (*FAILURES, ServiceError) as error:
            return self._failed(error)
        self._heard_at, self._failures = time.monotonic(), 0
        self.problems.clear("service", "key")
        if answer.error != "invalid_user":
            self._remember(flag_key, body, answer)
        return answer

    def _failed(self, error: Exception) -> str:
        self._failures += 1
        if isinstance(error, ServiceError) and error.is_refusal:
            self._paused_until = time.monotonic() + _REFUSED_PAUSE
            self.problems.note("key", f"The flag service refuses the key: {error}")
            return "unauthorized"
        pause = jittered(self._failures, _LONGEST_PAUSE)
        if isinstance(error, ServiceError):
            pause = max(pause, error.retry_after)
        self._paused_until = time.monotonic() + pause
        self.problems.note("service", f"No answer from the flag service: {error}. Remembered answers go on, or defaults")
        return "unavailable"

    def _answer(self, flag_key: str, body: bytes) -> Evaluation:
        response, text = self._post(body)
        if response.status == 404:
            return Evaluation(flag_key, None, error="flag_not_found")
        if response.status in (400, 413, 422):
            return Evaluation(flag_key, None, error="invalid_user")
        if response.status != 200:
            raise error_of(response)
        try:
            answer = json.loads(text)
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
        with self._lock:
            connection = self._idle.pop() if self._idle else None
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
                self._idle.append(connection)
        if not is_kept:
            connection.close()
        return response, text


def _plain(value: Decimal) -> Any:
    return int(value) if value == value.to_integral_value() else float(value)
