"""Conditions made ready to ask, in the order the service asks their members."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Callable, Dict, Iterable, List, Optional, Tuple

from ._hashing import bucket, unleash_bucket
from ._operators import Options, compiled
from ._user import Context, attribute, bucket_key

if TYPE_CHECKING:
    from ._rules import Walk

#: Whether a condition holds in an evaluation.
Holds = Callable[["Walk"], bool]

#: A flag or segment that a condition names: ("flag" or "segment", its key).
Reference = Tuple[str, str]

_MEMBERS = frozenset(["attr", "percentage", "by", "salt", "segment", "flag", "all", "any", "not"])
_MATCHER_OPTIONS = frozenset(["ignore_case", "numeric"])


def one_or_many(value: Any) -> List[Any]:
    return value if isinstance(value, list) else [value]


@dataclass(frozen=True)
class Draws:
    """How a flag or segment places its users.

    :param tenant: The tenant, which Unleash's scheme leaves out.
    :param salt: The flag's salt, or what stands for a segment.
    :param unleash_total: The sum of the weights of a flag's splits where Unleash's scheme is meant, else None.
    """

    tenant: str
    salt: str
    unleash_total: Optional[int] = None

    def split(self, key: str) -> float:
        if self.unleash_total is not None:
            return unleash_bucket(self.salt, key, 86028157, self.unleash_total)
        return bucket(self.tenant, self.salt, key)

    def gate(self, key: str, salt: Optional[str] = None) -> float:
        if self.unleash_total is not None:
            return unleash_bucket(self.salt if salt is None else salt, key, 0, 100)
        return bucket(self.tenant, self.salt, "gate", *([] if salt is None else [salt]), key)


class Reader:
    """Reads the conditions of one flag or segment.

    :raises ValueError: a condition that is not known here.
    """

    def __init__(self, draws: Draws, by: List[str]) -> None:
        self._draws = draws
        self._by = by
        self.references: List[Reference] = []
        #: Whether a percentage draws what all percentages of the flag share.
        self.has_shared_gate = False

    def read(self, condition: Dict[str, Any]) -> Holds:
        unknown = condition.keys() - _MEMBERS
        if unknown:
            raise ValueError(f"unknown member of a condition: {', '.join(sorted(unknown))}")
        terms: List[Holds] = []
        for path, matcher in condition.get("attr", {}).items():
            terms.extend(self._matcher(path, matcher))
        if "percentage" in condition:
            terms.append(self._percentage(condition))
        if "segment" in condition:
            terms.append(self._segments(one_or_many(condition["segment"])))
        if "flag" in condition:
            terms.append(self.flag(condition["flag"]))
        if "all" in condition:
            terms.extend(self.read(inner) for inner in condition["all"])
        if "any" in condition:
            terms.append(_any([self.read(inner) for inner in condition["any"]]))
        if "not" in condition:
            terms.append(_not(self.read(condition["not"])))
        return terms[0] if len(terms) == 1 else _all(terms)

    def flag(self, reference: Dict[str, Any]) -> Holds:
        """Whether a flag gives one of the variants."""
        key, variants = reference["key"], frozenset(one_or_many(reference["variant"]))
        self.references.append(("flag", key))
        return lambda walk: walk.gives(key, variants)

    def _matcher(self, path: str, matcher: Any) -> Iterable[Holds]:
        if isinstance(matcher, list):
            matcher = {"in": matcher}
        elif not isinstance(matcher, dict):
            matcher = {"eq": matcher}
        options = Options(matcher.get("ignore_case", False), matcher.get("numeric", False))
        find = attribute(path)
        for name, operand in matcher.items():
            if name not in _MATCHER_OPTIONS:
                yield _ask(find, compiled(name, operand, options))

    def _percentage(self, condition: Dict[str, Any]) -> Holds:
        limit = condition["percentage"] / 100
        by = one_or_many(condition.get("by", self._by))
        salt = condition.get("salt")
        self.has_shared_gate |= salt is None and by == self._by
        find, draws = bucket_key(by), self._draws

        def holds(walk: "Walk") -> bool:
            key = find(walk.user)
            return key is not None and draws.gate(key, salt) < limit

        return holds

    def _segments(self, keys: List[str]) -> Holds:
        self.references.extend(("segment", key) for key in keys)
        if len(keys) == 1:
            return lambda walk: walk.is_member(keys[0])
        return lambda walk: any(walk.is_member(key) for key in keys)


def _ask(find: Callable[[Context], Any], test: Callable[[Any], bool]) -> Holds:
    return lambda walk: test(find(walk.user))


def _all(conditions: List[Holds]) -> Holds:
    def holds(walk: "Walk") -> bool:
        for condition in conditions:
            if not condition(walk):
                return False
        return True

    return holds


def _any(conditions: List[Holds]) -> Holds:
    def holds(walk: "Walk") -> bool:
        for condition in conditions:
            if condition(walk):
                return True
        return False

    return holds


def _not(condition: Holds) -> Holds:
    return lambda walk: not condition(walk)
