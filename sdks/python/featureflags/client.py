"""The client: what a program asks for its flags."""

from __future__ import annotations

import os
from dataclasses import replace
from types import TracebackType
from typing import Any, Callable, Optional, Type, Union

from ._fork import mend_after_fork
from ._http import Service
from ._local import AnyRules, Rules, SyncedRules
from ._model import Evaluation, Status
from ._remote import RemoteRules
from ._user import AnyUser


class FlagClient:
    """Evaluates flags, from any number of threads. Make one for the life of the program, and close it at the end.

    No evaluation raises: where there is no answer it gives the default, and says why. Make a client by :meth:`local`,
    :meth:`remote` or :meth:`offline`.
    """

    def __init__(self, rules: Union[Rules, RemoteRules]) -> None:
        self._rules = rules
        mend_after_fork(rules)

    @classmethod
    def local(
        cls,
        url: str,
        key: str,
        *,
        cache_file: Union[str, "os.PathLike[str]", None] = None,
        bootstrap: Optional[AnyRules] = None,
        tenant: Optional[str] = None,
        environment: Optional[str] = None,
        poll_every: float = 30.0,
        timeout: float = 5.0,
    ) -> "FlagClient":
        """Holds the rules in this process and evaluates there; a thread keeps them up to date. It returns at once:
        :meth:`wait_until_ready` waits for the first rules.

        :param url: Of the service, such as ``https://flags.example.com``.
        :param key: A server key (``ff_server_…``) with the scopes ``evaluate flags:r segments:r``.
        :param cache_file: Where the rules are kept, for a start without the service. One for each environment and
            process. One that was written with another key, or for another service, is left out.
        :param bootstrap: Rules to begin with where there is no such file: the body of ``GET /v1/sdk/rules``, or a file
            of it.
        :param tenant: Needed where the key is another bearer token than an API key; so is ``environment``. Where both
            are given, a cache file of theirs is taken whatever key it was written with.
        :param poll_every: Seconds between questions where the stream does not get through.
        :param timeout: Seconds to wait for an answer; for a connection it is two at most.
        :raises ValueError: the URL is none, or the key can't be one.
        """
        service = Service(url, key, tenant, environment, timeout)
        return cls(SyncedRules(service, cache_file, bootstrap, poll_every))

    @classmethod
    def remote(
        cls,
        url: str,
        key: str,
        *,
        tenant: Optional[str] = None,
        environment: Optional[str] = None,
        cache_seconds: float = 5.0,
        cache_size: int = 1_000,
        timeout: float = 2.0,
    ) -> "FlagClient":
        """Asks the service for each evaluation, and remembers answers for a while: for programs that must not hold the
        rules, or live for a moment only. Users need an id.

        :param url: Of the service, such as ``https://flags.example.com``.
        :param key: An API key with the scope ``evaluate``.
        :param tenant: Needed where the key is another bearer token than an API key; so is ``environment``.
        :param cache_seconds: For how long an answer is good.
        :param cache_size: How many are remembered.
        :param timeout: Seconds to wait for an answer; for a connection it is two at most.
        :raises ValueError: the URL is none, or the key can't be one.
        """
        return cls(RemoteRules(Service(url, key, tenant, environment, timeout), cache_seconds, cache_size))

    @classmethod
    def offline(cls, rules: AnyRules) -> "FlagClient":
        """Evaluates these rules, and speaks to nobody.

        :param rules: The body of ``GET /v1/sdk/rules``, or a file of it.
        """
        held = Rules()
        held.bootstrap(rules)
        return cls(held)

    def evaluate(self, flag_key: str, user: AnyUser, default: Any = None) -> Evaluation:
        """What the flag gives the user, and why.

        :param flag_key: The flag's key.
        :param user: A :class:`User`, an id, or ``{"id": …, "attributes": {…}}``.
        :param default: The value where there is none: no such flag, no such user, no rules, a variant without a value.
        """
        return self._evaluated(flag_key, user, default, _is_anything, with_buckets=True)

    def boolean(self, flag_key: str, user: AnyUser, default: bool = False) -> bool:
        """The value of a flag that gives true or false; the default where it gives none, or something else."""
        value: bool = self._evaluated(flag_key, user, default, _is_boolean).value
        return value

    def string(self, flag_key: str, user: AnyUser, default: str = "") -> str:
        """The value of a flag that gives text; the default where it gives none, or something else."""
        value: str = self._evaluated(flag_key, user, default, _is_string).value
        return value

    def number(self, flag_key: str, user: AnyUser, default: float = 0) -> float:
        """The value of a flag that gives a number; the default where it gives none, or something else."""
        value: float = self._evaluated(flag_key, user, default, _is_number).value
        return value

    def json(self, flag_key: str, user: AnyUser, default: Any = None) -> Any:
        """The value of a flag that gives an object or a list; the default where it gives none, or something else. It is
        shared: don't change it."""
        return self._evaluated(flag_key, user, default, _is_json).value

    def wait_until_ready(self, timeout: float = 5.0) -> bool:
        """Waits until flags can be evaluated, be it with rules from a file.

        :param timeout: Seconds to wait at most.
        :returns: Whether they can.
        """
        return self._rules.wait_until_ready(timeout)

    @property
    def status(self) -> Status:
        """How the client is, for health checks."""
        return self._rules.status()

    def close(self) -> None:
        """Ends the thread and the connections. What is held can still be evaluated."""
        self._rules.close()

    def __enter__(self) -> "FlagClient":
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        self.close()

    def _evaluated(
        self,
        flag_key: str,
        user: AnyUser,
        default: Any,
        is_right: Callable[[Any], bool],
        with_buckets: bool = False,
    ) -> Evaluation:
        try:
            if isinstance(flag_key, str):
                # A member of an Enum has a hash of its own, by which nothing would be found.
                flag_key = str.__str__(flag_key)
            evaluation = self._rules.evaluate(flag_key, user, with_buckets)
        except (TypeError, ValueError) as error:
            self._rules.problems.tell(f"Nothing can be evaluated for such a user, who gets defaults: {error}")
            return Evaluation(flag_key, default, error="invalid_user")
        except Exception as error:  # Whatever is wrong in here must not stop the caller.
            self._rules.problems.tell(f"An evaluation of {flag_key!r} failed: {error!r}")
            return Evaluation(flag_key, default, error="internal")
        if evaluation.value is None:
            return replace(evaluation, value=default)
        if not is_right(evaluation.value):
            return replace(evaluation, value=default, reason="error", rule_id=None, error="type_mismatch")
        return evaluation


def _is_anything(value: Any) -> bool:
    return True


def _is_boolean(value: Any) -> bool:
    return isinstance(value, bool)


def _is_string(value: Any) -> bool:
    return isinstance(value, str)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_json(value: Any) -> bool:
    return isinstance(value, (dict, list))
