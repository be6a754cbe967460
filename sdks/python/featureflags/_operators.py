"""Every operator of the rules language: a table of how an operand becomes a test of one value."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Callable, Dict, List, NamedTuple, Optional

from ._operands import Version, address, decimal_text, moment, network, number, version
from ._regex import Pattern
from ._text import folded

#: Says of a value whether it holds; None: it is of a type that the operator does not take.
Test = Callable[[Any], Optional[bool]]


class Options(NamedTuple):
    """What stands beside the operators of a matcher."""

    ignore_case: bool
    numeric: bool


class _Operator(NamedTuple):
    compile: Callable[[Any, Options], Test]
    is_negated: bool = False
    is_on_whole: bool = False


def compiled(name: str, operand: Any, options: Options) -> Callable[[Any], bool]:
    """Whether an attribute, which may be missing or a list, satisfies the operator.

    :raises ValueError: the operator or the operand is not known here.
    """
    operator = OPERATORS.get(name)
    if operator is None:
        raise ValueError(f"unknown operator: {name}")
    test, is_negated = operator.compile(operand, options), operator.is_negated
    if operator.is_on_whole:
        return lambda value: test(value) is True

    def holds(value: Any) -> bool:
        if value is None:
            return False
        if isinstance(value, list):
            return any(test(element) for element in value) != is_negated
        outcome = test(value)
        return outcome is not None and outcome != is_negated

    return holds


class _Scalars:
    """Scalars of any type, compared strictly: a text is never a number, a boolean never 1."""

    def __init__(self, values: List[Any], ignore_case: bool) -> None:
        self._case = folded if ignore_case else str
        self._known = {self._strict(value) for value in values}

    def ask(self, value: Any) -> Optional[bool]:
        strict = self._strict(value)
        return None if strict is None else strict in self._known

    def are_within(self, values: List[Any]) -> bool:
        return self._known <= {self._strict(value) for value in values}

    def _strict(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._case(value)
        if isinstance(value, bool):
            return bool, value
        if isinstance(value, (int, float, Decimal)):
            return number(value)
        return None


def _any_of(operand: Any) -> List[Any]:
    return operand if isinstance(operand, list) else [operand]


def _equals(operand: Any, options: Options) -> Test:
    return _Scalars(_any_of(operand), options.ignore_case).ask


def _exists(operand: Any, options: Options) -> Test:
    return lambda value: (value is not None) == operand


def _on_text(holds: Callable[[str, str], bool]) -> Callable[[Any, Options], Test]:
    def compile_text(operand: Any, options: Options) -> Test:
        case = folded if options.ignore_case else str
        parts = [case(part) for part in _any_of(operand)]

        def test(value: Any) -> Optional[bool]:
            if not isinstance(value, str):
                return None
            text = case(value)
            return any(holds(text, part) for part in parts)

        return test

    return compile_text


def _matches(operand: Any, options: Options) -> Test:
    patterns = [Pattern(source, options.ignore_case) for source in _any_of(operand)]

    def test(value: Any) -> Optional[bool]:
        return any(pattern.is_found_in(value) for pattern in patterns) if isinstance(value, str) else None

    return test


def _on_number(holds: Callable[[float, float], bool]) -> Callable[[Any, Options], Test]:
    def compile_number(operand: Any, options: Options) -> Test:
        limit = number(operand)
        if limit is None:
            raise ValueError(f"not a number: {operand!r}")

        def test(value: Any) -> Optional[bool]:
            known = decimal_text(value) if options.numeric and isinstance(value, str) else number(value)
            return None if known is None else holds(known, limit)

        return test

    return compile_number


def _on_time(holds: Callable[[int, int], bool]) -> Callable[[Any, Options], Test]:
    def compile_time(operand: Any, options: Options) -> Test:
        limit = moment(operand)
        if limit is None:
            raise ValueError(f"not a time: {operand!r}")

        def test(value: Any) -> Optional[bool]:
            known = moment(value)
            return None if known is None else holds(known, limit)

        return test

    return compile_time


def _on_version(holds: Callable[[Version, Version], bool]) -> Callable[[Any, Options], Test]:
    def compile_version(operand: Any, options: Options) -> Test:
        limits = [_version(text) for text in _any_of(operand)]

        def test(value: Any) -> Optional[bool]:
            known = version(value)
            return None if known is None else any(holds(known, limit) for limit in limits)

        return test

    return compile_version


def _version(text: Any) -> Version:
    known = version(text)
    if known is None:
        raise ValueError(f"not a version: {text!r}")
    return known


def _in_network(operand: Any, options: Options) -> Test:
    networks = [network(text) for text in _any_of(operand)]

    def test(value: Any) -> Optional[bool]:
        known = address(value)
        return None if known is None else any(known in block for block in networks)

    return test


def _on_list(holds: Callable[[List[Any], Any], bool]) -> Callable[[Any, Options], Test]:
    return lambda operand, options: lambda value: holds(value, operand) if isinstance(value, list) else None


def _has_any(operand: Any, options: Options) -> Test:
    scalars = _Scalars(operand, options.ignore_case)
    return lambda value: any(map(scalars.ask, value)) if isinstance(value, list) else None


def _has_all(operand: Any, options: Options) -> Test:
    scalars = _Scalars(operand, options.ignore_case)
    return lambda value: scalars.are_within(value) if isinstance(value, list) else None


_contains = _on_text(lambda text, part: part in text)
_starts_with = _on_text(str.startswith)
_ends_with = _on_text(str.endswith)
_semver_eq = _on_version(lambda version, limit: version.order == limit.order)

OPERATORS: Dict[str, _Operator] = {
    "eq": _Operator(_equals),
    "neq": _Operator(_equals, is_negated=True),
    "in": _Operator(_equals),
    "not_in": _Operator(_equals, is_negated=True),
    "exists": _Operator(_exists, is_on_whole=True),
    "contains": _Operator(_contains),
    "not_contains": _Operator(_contains, is_negated=True),
    "starts_with": _Operator(_starts_with),
    "not_starts_with": _Operator(_starts_with, is_negated=True),
    "ends_with": _Operator(_ends_with),
    "not_ends_with": _Operator(_ends_with, is_negated=True),
    "matches": _Operator(_matches),
    "not_matches": _Operator(_matches, is_negated=True),
    "gt": _Operator(_on_number(lambda number, limit: number > limit)),
    "gte": _Operator(_on_number(lambda number, limit: number >= limit)),
    "lt": _Operator(_on_number(lambda number, limit: number < limit)),
    "lte": _Operator(_on_number(lambda number, limit: number <= limit)),
    "before": _Operator(_on_time(lambda moment, limit: moment < limit)),
    "after": _Operator(_on_time(lambda moment, limit: moment > limit)),
    "semver_eq": _Operator(_semver_eq),
    "semver_neq": _Operator(_semver_eq, is_negated=True),
    "semver_gt": _Operator(_on_version(lambda version, limit: version.order > limit.order)),
    "semver_gte": _Operator(_on_version(lambda version, limit: version.order >= limit.order)),
    "semver_lt": _Operator(_on_version(lambda version, limit: version.order < limit.order)),
    "semver_lte": _Operator(_on_version(lambda version, limit: version.order <= limit.order)),
    "semver_tilde": _Operator(_on_version(lambda version, lowest: version.is_within(lowest, lowest.fixed_by_tilde))),
    "semver_caret": _Operator(_on_version(lambda version, lowest: version.is_within(lowest, lowest.fixed_by_caret))),
    "has_any": _Operator(_has_any, is_on_whole=True),
    "has_all": _Operator(_has_all, is_on_whole=True),
    "size_eq": _Operator(_on_list(lambda values, size: len(values) == size), is_on_whole=True),
    "size_gt": _Operator(_on_list(lambda values, size: len(values) > size), is_on_whole=True),
    "size_lt": _Operator(_on_list(lambda values, size: len(values) < size), is_on_whole=True),
    "ip_in": _Operator(_in_network),
}
