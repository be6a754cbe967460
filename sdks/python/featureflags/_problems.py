"""What is wrong at present: each thing logged once when it begins and once when it is over."""

from __future__ import annotations

import logging
import threading
from typing import Dict, Set, Tuple

log = logging.getLogger("featureflags")

_MOST_TOLD = 50


class Problems:
    """Problems by their kind, of which each is one at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_kind: Dict[str, str] = {}
        self._told: Set[str] = set()

    def after_fork(self) -> None:
        self._lock = threading.Lock()

    def note(self, kind: str, what: str) -> None:
        """Something is wrong. Logged unless it was already; what is said of it may change."""
        with self._lock:
            is_new = kind not in self._by_kind
            self._by_kind[kind] = what
        if is_new:
            _log(logging.WARNING, what)

    def tell(self, what: str) -> None:
        """Something was wrong, and is over already. Logged unless the same was before."""
        with self._lock:
            is_new = what not in self._told and len(self._told) < _MOST_TOLD
            if is_new:
                self._told.add(what)
        if is_new:
            _log(logging.WARNING, what)

    def clear(self, *kinds: str) -> None:
        """It is not, or no more."""
        with self._lock:
            over = [kind for kind in kinds if self._by_kind.pop(kind, None)]
        for kind in over:
            _log(logging.INFO, f"Over: the problem with the {kind}")

    def has(self, *kinds: str) -> bool:
        return any(kind in self._by_kind for kind in kinds)

    def all(self) -> Tuple[str, ...]:
        with self._lock:
            return tuple(self._by_kind.values())


def _log(level: int, what: str) -> None:
    try:
        log.log(level, "%s", what)
    except Exception:  # A handler of the program's must end neither an evaluation nor the thread that keeps the rules.
        pass
