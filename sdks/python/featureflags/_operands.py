"""What text can mean to an operator: a decimal number, a moment, a version, an address."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from math import floor
from typing import Any, List, NamedTuple, Optional, Tuple

_DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?")


def number(value: Any) -> Optional[float]:
    """The value as a double; None if it is no number."""
    if isinstance(value, float):
        return value
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        return None
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


def decimal_text(text: str) -> Optional[float]:
    """The number that a text of plain decimal digits is."""
    return float(text) if _DECIMAL.fullmatch(text) else None


# Moments, in ticks of 100 ns since 1970.

_TICKS_PER_SECOND = 10_000_000
_TIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:[Tt]([01][0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9]|60)(?:\.([0-9]+))?"
    r"(?:[Zz]|([+-])([01][0-9]|2[0-3]):([0-5][0-9])))?"
)
_EPOCH = datetime(1970, 1, 1).toordinal()


def moment(value: Any) -> Optional[int]:
    """RFC 3339 text, a date (its midnight UTC) or epoch milliseconds; finer than a tick is cut off."""
    if isinstance(value, str):
        return _moment_of_text(value)
    milliseconds = number(value)
    if milliseconds is None or not -62_135_596_800_000 <= milliseconds <= 253_402_300_799_999:
        return None
    whole = floor(milliseconds)
    return whole * 10_000 + int((milliseconds - whole) * 10_000)


def _moment_of_text(text: str) -> Optional[int]:
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    date, hour, minute, second, fraction, sign, offset_hours, offset_minutes = match.groups()
    try:
        days = datetime(int(date[:4]), int(date[5:7]), int(date[8:])).toordinal() - _EPOCH
    except ValueError:
        return None
    seconds = days * 86_400
    if hour:
        seconds += int(hour) * 3600 + int(minute) * 60 + int(second)
    if sign:
        offset = int(offset_hours) * 3600 + int(offset_minutes) * 60
        seconds += offset if sign == "-" else -offset
    return seconds * _TICKS_PER_SECOND + int((fraction or "").ljust(7, "0")[:7])


# Versions, in the order of semver.org 2.0.0.

_NUMBER = "(0|[1-9][0-9]*)"
_IDENTIFIER = "(?:0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*)"
_VERSION = re.compile(
    rf"[vV]?{_NUMBER}(?:\.{_NUMBER}(?:\.{_NUMBER})?)?"
    rf"(?:-({_IDENTIFIER}(?:\.{_IDENTIFIER})*))?"
    r"(?:\+[0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*)?"
)

_Digits = Tuple[int, str]


class Version(NamedTuple):
    """A version: how many of its three numbers were written, and what it is ordered by."""

    given: int
    numbers: Tuple[_Digits, ...]
    prerelease: Tuple[Any, ...]

    @property
    def order(self) -> Tuple[Any, ...]:
        return self.numbers, self.prerelease

    def is_within(self, lowest: "Version", fixed: int) -> bool:
        """Not older than ``lowest``, and its first ``fixed`` numbers the same."""
        return self.numbers[:fixed] == lowest.numbers[:fixed] and self.order >= lowest.order

    @property
    def fixed_by_tilde(self) -> int:
        return min(self.given, 2)

    @property
    def fixed_by_caret(self) -> int:
        for i, digits in enumerate(self.numbers[: self.given]):
            if digits != (1, "0"):
                return i + 1
        return self.given


def version(value: Any) -> Optional[Version]:
    match = _VERSION.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return None
    given = [part for part in match.groups()[:3] if part is not None]
    numbers = tuple(_digits(part) for part in (given + ["0", "0"])[:3])
    # A release comes after all of its pre-releases, numbers before names, and more identifiers after fewer.
    prerelease = match.group(4)
    parts = (1,) if prerelease is None else (0, tuple(map(_identifier, prerelease.split("."))))
    return Version(len(given), numbers, parts)


def _digits(text: str) -> _Digits:
    # Without leading zeros the longer number is the greater one, of whatever length.
    return len(text), text


def _identifier(text: str) -> Tuple[Any, ...]:
    return (0, _digits(text)) if text.isdigit() else (1, text)


# Addresses and blocks.

_V4 = re.compile(r"(0|[1-9][0-9]{0,2})\.(0|[1-9][0-9]{0,2})\.(0|[1-9][0-9]{0,2})\.(0|[1-9][0-9]{0,2})")
_GROUP = re.compile(r"[0-9A-Fa-f]{1,4}")
_PREFIX = re.compile(r"0|[1-9][0-9]*")


class Address(NamedTuple):
    """An address: how many bits it has, and which. IPv4 written as IPv6 is IPv4."""

    length: int
    bits: int


class Network(NamedTuple):
    """A block of addresses."""

    length: int
    shift: int
    bits: int

    def __contains__(self, address: object) -> bool:
        return (
            isinstance(address, Address) and address.length == self.length and address.bits >> self.shift == self.bits
        )


def address(value: Any) -> Optional[Address]:
    if not isinstance(value, str):
        return None
    v4 = _v4(value)
    if v4 is not None:
        return Address(32, v4)
    bits = _v6(value)
    if bits is None:
        return None
    return Address(32, bits & 0xFFFFFFFF) if bits >> 32 == 0xFFFF else Address(128, bits)


def network(text: str) -> Network:
    """:raises ValueError: it is no block."""
    start, slash, digits = text.partition("/")
    known = address(start)
    if known is None or not slash or not _PREFIX.fullmatch(digits):
        raise ValueError(f"no CIDR block: {text}")
    prefix = int(digits) - (96 if known.length == 32 and ":" in start else 0)
    if not 0 <= prefix <= known.length:
        raise ValueError(f"no CIDR block: {text}")
    shift = known.length - prefix
    return Network(known.length, shift, known.bits >> shift)


def _v4(text: str) -> Optional[int]:
    match = _V4.fullmatch(text)
    if match is None:
        return None
    parts = [int(part) for part in match.groups()]
    return None if max(parts) > 255 else int.from_bytes(bytes(parts), "big")


def _v6(text: str) -> Optional[int]:
    head, gap, tail = text.partition("::")
    before = _groups(head, may_end_in_v4=not gap)
    after = _groups(tail, may_end_in_v4=True)
    if before is None or after is None:
        return None
    missing = 8 - len(before) - len(after)
    if missing != 0 if not gap else missing < 1:
        return None
    bits = 0
    for group in before + [0] * missing + after:
        bits = bits << 16 | group
    return bits


def _groups(text: str, may_end_in_v4: bool) -> Optional[List[int]]:
    if not text:
        return []
    groups = []
    parts = text.split(":")
    for i, part in enumerate(parts):
        v4 = _v4(part) if may_end_in_v4 and i == len(parts) - 1 else None
        if v4 is not None:
            groups += [v4 >> 16, v4 & 0xFFFF]
        elif _GROUP.fullmatch(part):
            groups.append(int(part, 16))
        else:
            return None
    return groups
