"""What an evaluation gives, and how a client is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Optional, Tuple


@dataclass(frozen=True)
class Evaluation:
    """What a flag gives a user, and why.

    :param flag_key: The flag that was asked for.
    :param value: The variant's value, or the caller's default where there is none.
    :param variant: The variant's key; None where the flag could not be found or asked.
    :param reason: ``rule_match``, ``default_distribution``, ``flag_off``, ``prerequisite_failed`` or ``error``.
    :param rule_id: The rule that held.
    :param error: Why the reason is ``error``. In words of the service: ``bucket_key_missing``, ``definition_unreadable``,
        ``cycle``, ``references_too_deep``, ``regex_timeout``. In words of this library: ``flag_not_found``,
        ``invalid_user``, ``type_mismatch``, ``not_ready``, ``unavailable``, ``unauthorized``, ``internal``.
    :param bucket: Where the user falls in [0, 1) for the flag's splits.
    :param gate_bucket: Where the user falls in [0, 1) for the flag's percentages.
    :param version: The flag's version that was evaluated.
    :param stale: Whether the rules, or the remembered answer, may be behind the service.
    """

    flag_key: str
    value: Any
    variant: Optional[str] = None
    reason: str = "error"
    rule_id: Optional[str] = None
    error: Optional[str] = None
    bucket: Optional[float] = None
    gate_bucket: Optional[float] = None
    version: Optional[int] = None
    stale: bool = False


@dataclass(frozen=True)
class Status:
    """How a client is, for health checks.

    :param mode: ``local``, ``remote`` or ``offline``.
    :param ready: Whether flags can be evaluated: locally, whether there are rules.
    :param connected: Whether changes arrive as they happen; remotely, whether the last call was answered.
    :param source: Where the rules came from: ``service``, ``file`` or ``bootstrap``; None remotely and without rules.
    :param revision: The rules' revision; None remotely and without rules.
    :param heard: Seconds since the service was last heard of; None: never.
    :param problems: What is wrong at present, each in a sentence.
    """

    mode: str
    ready: bool
    connected: bool
    source: Optional[str]
    revision: Optional[int]
    heard: Optional[float]
    problems: Tuple[str, ...]

    @property
    def healthy(self) -> bool:
        return self.ready and not self.problems
