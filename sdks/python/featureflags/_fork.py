"""What a process that is forked has to make anew: locks that may be held for ever, connections, threads."""

from __future__ import annotations

# Logging, random and threading mend themselves, and are imported here to do so first.
import logging  # noqa: F401
import os
import random  # noqa: F401
import threading  # noqa: F401
import weakref
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Protocol

    class Forked(Protocol):
        def after_fork(self) -> None:
            """Called in the child, where no other thread is."""


_known: "weakref.WeakSet[Forked]" = weakref.WeakSet()


def mend_after_fork(one: "Forked") -> None:
    """Has it mended in each child that this process may fork."""
    _known.add(one)


def _mend() -> None:
    for one in list(_known):
        one.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_mend)
