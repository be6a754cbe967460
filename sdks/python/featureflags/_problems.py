"""What is wrong at present: each thing logged once when it begins and once when it is over."""

from __future__ import annotations

import logging
import threading
from typing import Dict, Tuple

log = logging.getLogger("featureflags")


class Problems:
    """Problems by their kind, of which each is one at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_kind: Dict[str, str] = {}

    def note(self, kind: str, what: str) -> None:
        """Something is wrong. Logged unless it was already; what is said of it may change."""
        with self._lock:
            is_new = kind not in self._by_kind
            self._by_kind[kind] = what
        if is_new:
            log.warning("%s", what)

    def clear(self, *kinds: str) -> None:
        """It is not, or no more."""
        with self._lock:
            over = [kind for kind in kinds if self._by_kind.pop(kind, None)]
        for kind in over:
            log.info("Over: the problem with the %s", kind)

    def has(self, *kinds: str) -> bool:
        return any(kind in self._by_kind for kind in kinds)

    def all(self) -> Tuple[str, ...]:
        with self._lock:
            return tuple(self._by_kind.values())
