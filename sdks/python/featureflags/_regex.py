"""Regular expressions as the service matches them: by UTF-16 code units, in time linear to the text.

Python's own ``re`` will not do. It backtracks, so that ``(a+)+$`` from somebody's flag could hold a thread for ever, and
it means other things by ``\\s``, ``\\w``, ``$`` and ``{,2}``. All a rule asks is whether a pattern is found anywhere, so a
set of states that moves along the text is enough, and where it has been before it remembers the next step.
"""

from __future__ import annotations

import sys
import unicodedata
from array import array
from functools import lru_cache
from typing import Callable, Dict, FrozenSet, List, NamedTuple, Optional, Tuple, Union

from ._blocks import BLOCKS
from ._pattern_size import pattern_size
from ._text import is_space

_LARGEST = 5_000
_MOST_STEPS = 1_000_000
_MOST_BYTES = 8_388_608  # Of steps that are remembered, for each pattern …
_BYTES_OF_A_STEP = 300  # … of which each takes so many, and the states that it leads to.
_BYTES_OF_A_STATE = 32
_UNKNOWN: FrozenSet[int] = frozenset([-1])
_END, _LAST_NEWLINE = -1, -2
_NEWLINE = 10

_Set = Callable[[int], bool]


class TextTooLong(Exception):
    """The text is too long for this pattern, as docs/rules.md limits it."""


class Pattern:
    """A pattern of a rule.

    :raises ValueError: the service would have refused it, or knows more than this module.
    """

    def __init__(self, source: str, ignore_case: bool) -> None:
        size = pattern_size(_units(source))
        if size > _LARGEST:
            raise ValueError(f"it has size {size}, and may have {_LARGEST}")
        self._longest_text = _MOST_STEPS // size
        tree = _Parser(source, ignore_case).parse()
        self._program: List[_Instruction] = []
        self._emit(tree)
        self._program.append(_Instruction("match"))
        self._start: FrozenSet[int] = frozenset([0])
        self._steps: Dict[Tuple[FrozenSet[int], int, int], Optional[FrozenSet[int]]] = {}
        self._remembered = 0

    def is_found_in(self, text: str) -> bool:
        """:raises TextTooLong: it might take too long."""
        units = _units(text)
        if len(units) > self._longest_text:
            raise TextTooLong
        states, before, last = self._start, _END, len(units) - 1
        for at, unit in enumerate(units):
            after = _LAST_NEWLINE if unit == _NEWLINE and at == last else unit
            following = self._step(states, before, after)
            if following is None:
                return True
            states, before = following, unit
        return self._step(states, before, _END) is None

    def _step(self, states: FrozenSet[int], before: int, after: int) -> Optional[FrozenSet[int]]:
        """Where these states lead over one unit; None when the pattern has been found before it."""
        steps, key = self._steps, (states, before, after)
        following = steps.get(key, _UNKNOWN)
        if following is _UNKNOWN:
            following = steps[key] = self._followed(states, before, after)
            # Threads that meet here lose some of the count, or remember once more: neither matters.
            to = following or ()
            self._remembered += _BYTES_OF_A_STEP + sys.getsizeof(to) + _BYTES_OF_A_STATE * len(to)
            if self._remembered > _MOST_BYTES:
                self._steps, self._remembered = {}, 0
        return following

    def _followed(self, states: FrozenSet[int], before: int, after: int) -> Optional[FrozenSet[int]]:
        unit = _NEWLINE if after == _LAST_NEWLINE else after
        seen, left, following = set(states), list(states), {0}
        while left:
            at = left.pop()
            instruction = self._program[at]
            if instruction.kind == "match":
                return None
            if instruction.kind == "unit":
                if unit != _END and instruction.accepts(unit):
                    following.add(at + 1)
                continue
            if instruction.kind == "assert" and not instruction.holds(before, after):
                continue
            for to in instruction.targets or (at + 1,):
                if to not in seen:
                    seen.add(to)
                    left.append(to)
        return frozenset(following)

    def _emit(self, node: "_Node") -> None:
        program = self._program
        if isinstance(node, _Unit):
            program.append(_Instruction("unit", accepts=node.accepts))
        elif isinstance(node, _Assertion):
            program.append(_Instruction("assert", holds=node.holds))
        elif isinstance(node, _Sequence):
            for part in node.parts:
                self._emit(part)
        elif isinstance(node, _Choice):
            self._emit_choice(node)
        elif _takes_nothing(node.part):
            # Once is as often as one likes, and two billion times are allowed.
            if node.least > 0:
                self._emit(node.part)
        else:
            for _ in range(node.least):
                self._emit(node.part)
            if node.most is None:
                fork = len(program)
                program.append(_Instruction("fork"))
                self._emit(node.part)
                program.append(_Instruction("fork", targets=(fork,)))
                program[fork] = _Instruction("fork", targets=(fork + 1, len(program)))
            else:
                forks = []
                for _ in range(node.most - node.least):
                    forks.append(len(program))
                    program.append(_Instruction("fork"))
                    self._emit(node.part)
                for fork in forks:
                    program[fork] = _Instruction("fork", targets=(fork + 1, len(program)))

    def _emit_choice(self, node: "_Choice") -> None:
        program, ends = self._program, []
        for branch in node.branches[:-1]:
            fork = len(program)
            program.append(_Instruction("fork"))
            self._emit(branch)
            ends.append(len(program))
            program.append(_Instruction("fork"))
            program[fork] = _Instruction("fork", targets=(fork + 1, len(program)))
        self._emit(node.branches[-1])
        for end in ends:
            program[end] = _Instruction("fork", targets=(len(program),))


def _units(text: str) -> "array[int]":
    units = array("H")
    units.frombytes(text.encode("utf-16-le" if _IS_LITTLE else "utf-16-be", "surrogatepass"))
    return units


_IS_LITTLE = array("H", [1]).tobytes()[0] == 1


class _Instruction(NamedTuple):
    kind: str
    targets: Tuple[int, ...] = ()
    accepts: _Set = lambda unit: False
    holds: Callable[[int, int], bool] = lambda before, after: False


class _Unit(NamedTuple):
    accepts: _Set


class _Assertion(NamedTuple):
    """Holds between the unit before, or _END, and the one after, _END, or _LAST_NEWLINE."""

    holds: Callable[[int, int], bool]


class _Sequence(NamedTuple):
    parts: List["_Node"]


class _Choice(NamedTuple):
    branches: List["_Node"]


class _Repeat(NamedTuple):
    part: "_Node"
    least: int
    most: Optional[int]


_Node = Union[_Unit, _Assertion, _Sequence, _Choice, _Repeat]


def _takes_nothing(node: _Node) -> bool:
    """Whether it matches between characters only."""
    if isinstance(node, (_Sequence, _Choice)):
        return all(map(_takes_nothing, node.parts if isinstance(node, _Sequence) else node.branches))
    if isinstance(node, _Repeat):
        return node.most == 0 or _takes_nothing(node.part)
    return isinstance(node, _Assertion)


@lru_cache(maxsize=4096)
def _category(unit: int) -> str:
    return unicodedata.category(chr(unit))


def _is_digit(unit: int) -> bool:
    return _category(unit) == "Nd"


def _is_word(unit: int) -> bool:
    category = _category(unit)
    return category[0] == "L" or category in ("Mn", "Nd", "Pc")


def _is_word_at_boundary(unit: int) -> bool:
    return unit >= 0 and (_is_word(unit) or unit in (0x200C, 0x200D))


def _at_start(before: int, after: int) -> bool:
    return before == _END


def _at_line_start(before: int, after: int) -> bool:
    return before in (_END, _NEWLINE)


def _at_end(before: int, after: int) -> bool:
    return after == _END


def _at_last_line_end(before: int, after: int) -> bool:
    return after in (_END, _LAST_NEWLINE)


def _at_line_end(before: int, after: int) -> bool:
    return after in (_END, _LAST_NEWLINE, _NEWLINE)


def _at_boundary(before: int, after: int) -> bool:
    return _is_word_at_boundary(before) != _is_word_at_boundary(after)


def _not_at_boundary(before: int, after: int) -> bool:
    return not _at_boundary(before, after)


def _not(accepts: _Set) -> _Set:
    return lambda unit: not accepts(unit)


def _lower(unit: int) -> int:
    lower = chr(unit).lower()
    return ord(lower) if len(lower) == 1 and ord(lower) <= 0xFFFF else unit


@lru_cache(maxsize=1)
def _alike() -> Dict[int, Tuple[int, ...]]:
    """The units that differ in case only, of those that have such."""
    by_lower: Dict[int, List[int]] = {}
    for unit in range(0x10000):
        by_lower.setdefault(_lower(unit), []).append(unit)
    return {unit: tuple(units) for units in by_lower.values() if len(units) > 1 for unit in units}


def _ranges(ranges: List[Tuple[int, int]], ignore_case: bool) -> _Set:
    if not ignore_case:
        return lambda unit: any(low <= unit <= high for low, high in ranges)
    alike = _alike()

    def accepts(unit: int) -> bool:
        return any(low <= other <= high for other in alike.get(unit, (unit,)) for low, high in ranges)

    return accepts


_CLASSES: Dict[str, _Set] = {
    "d": _is_digit,
    "D": _not(_is_digit),
    "w": _is_word,
    "W": _not(_is_word),
    "s": lambda unit: is_space(chr(unit)),
    "S": lambda unit: not is_space(chr(unit)),
}

_ASSERTIONS = {
    "A": _at_start,
    "z": _at_end,
    "Z": _at_last_line_end,
    "b": _at_boundary,
    "B": _not_at_boundary,
}

_ESCAPES = {"a": 7, "b": 8, "e": 0x1B, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11}

_CATEGORIES = frozenset(
    "L Lu Ll Lt Lm Lo M Mn Mc Me N Nd Nl No P Pc Pd Ps Pe Pi Pf Po S Sm Sc Sk So Z Zs Zl Zp C Cc Cf Cs Co Cn".split()
)


class _Options(NamedTuple):
    i: bool
    m: bool = False
    n: bool = False
    s: bool = False
    x: bool = False


class _Parser:
    """Reads what the service accepts, which has refused everything that is not well formed."""

    def __init__(self, source: str, ignore_case: bool) -> None:
        self._source = "".join(map(chr, _units(source)))
        self._at = 0
        self._options = _Options(ignore_case)

    def parse(self) -> _Node:
        tree = self._choice()
        if self._at < len(self._source):
            raise ValueError(f"unexpected {self._source[self._at]!r}")
        return tree

    def _choice(self) -> _Node:
        branches = [self._sequence()]
        while self._skip("|"):
            branches.append(self._sequence())
        return branches[0] if len(branches) == 1 else _Choice(branches)

    def _sequence(self) -> _Node:
        parts: List[_Node] = []
        while True:
            self._skip_blanks()
            if self._at == len(self._source) or self._peek() in "|)":
                return _Sequence(parts)
            parts.append(self._counted(self._atom()))

    def _counted(self, part: _Node) -> _Node:
        self._skip_blanks()
        bounds = self._bounds()
        if bounds is None:
            return part
        self._skip_blanks()
        self._skip("?")
        return _Repeat(part, *bounds)

    def _bounds(self) -> Optional[Tuple[int, Optional[int]]]:
        if self._skip("*"):
            return 0, None
        if self._skip("+"):
            return 1, None
        if self._skip("?"):
            return 0, 1
        end = self._source.find("}", self._at)
        if self._peek() != "{" or end < 0:
            return None
        least, comma, most = self._source[self._at + 1 : end].partition(",")
        if not _is_digits(least) or not (most == "" or _is_digits(most)):
            return None
        self._at = end + 1
        if not comma:
            return int(least), int(least)
        return int(least), int(most) if most else None

    def _atom(self) -> _Node:
        character = self._take()
        if character == "(":
            return self._group()
        if character == "[":
            return _Unit(self._class())
        if character == "\\":
            return self._escape()
        if character == "^":
            return _Assertion(_at_line_start if self._options.m else _at_start)
        if character == "$":
            return _Assertion(_at_line_end if self._options.m else _at_last_line_end)
        if character == ".":
            return _Unit((lambda unit: True) if self._options.s else (lambda unit: unit != _NEWLINE))
        if character in "*+?":
            raise ValueError(f"{character} counts nothing")
        return self._literal(ord(character))

    def _literal(self, unit: int) -> _Node:
        if not self._options.i:
            return _Unit(lambda other: other == unit)
        alike = _alike().get(unit, (unit,))
        return _Unit(lambda other: other in alike)

    def _group(self) -> _Node:
        outer = self._options
        if self._skip("?"):
            if self._skip("<") or self._skip("'"):
                name = self._until("'" if self._source[self._at - 1] == "'" else ">")
                if not name.replace("_", "a").isalnum():
                    raise ValueError(f"not supported: (?<{name}")
            elif not self._skip(":"):
                self._options = self._read_options()
                if self._skip(")"):
                    return _Sequence([])
                if not self._skip(":"):
                    raise ValueError("not supported: a group of another kind")
        tree = self._choice()
        if not self._skip(")"):
            raise ValueError("a group has no end")
        self._options = outer
        return tree

    def _read_options(self) -> _Options:
        options, value = self._options, True
        while self._peek() not in ("", ")", ":"):
            letter = self._take()
            if letter in "+-":
                value = letter == "+"
            elif letter in _Options._fields:
                options = options._replace(**{letter: value})
            else:
                raise ValueError(f"not supported: (?{letter}")
        return options

    def _escape(self) -> _Node:
        letter = self._peek()
        if letter in _CLASSES or letter in ("p", "P"):
            return _Unit(self._escaped_class(self._take()))
        if letter in _ASSERTIONS:
            return _Assertion(_ASSERTIONS[self._take()])
        return self._literal(self._escaped_unit())

    def _escaped_class(self, letter: str) -> _Set:
        if letter not in ("p", "P"):
            return _CLASSES[letter]
        if not self._skip("{"):
            raise ValueError("a category needs braces")
        accepts = _named(self._until("}"))
        return _not(accepts) if letter == "P" else accepts

    def _escaped_unit(self) -> int:
        letter = self._take()
        if letter in ("x", "u"):
            return int(self._take(2 if letter == "x" else 4), 16)
        if letter == "c":
            return ord(self._take().upper()) - ord("@")
        if letter in _ESCAPES:
            return _ESCAPES[letter]
        if letter in tuple("01234567"):
            digits = letter
            while len(digits) < 3 and self._peek() in tuple("01234567"):
                digits += self._take()
            return int(digits, 8) & 0xFF
        if letter == "" or _is_word(ord(letter)):
            raise ValueError(f"not supported: \\{letter}")
        return ord(letter)

    def _class(self) -> _Set:
        negated = self._skip("^")
        ranges: List[Tuple[int, int]] = []
        sets: List[_Set] = []
        without: Optional[_Set] = None
        start: Optional[int] = None
        first = True
        while True:
            character, escaped, was_first, first = self._take(), False, first, False
            if character == "":
                raise ValueError("a class has no end")
            if character == "]" and not was_first:
                break
            unit = ord(character)
            if character == "\\":
                letter = self._peek()
                if letter in _CLASSES or letter in ("p", "P"):
                    sets.append(self._escaped_class(self._take()))
                    continue
                if letter == "-" and start is None:
                    self._at += 1
                    ranges.append((ord("-"), ord("-")))
                    continue
                unit, escaped = self._escaped_unit(), True
            if start is not None:
                if character == "[" and not was_first:
                    ranges.append((start, start))
                    without = self._class()
                else:
                    ranges.append((start, unit))
                start = None
            elif self._peek() == "-" and self._peek(1) not in ("", "]"):
                start = unit
                self._at += 1
            elif character == "-" and not escaped and not was_first and self._skip("["):
                without = self._class()
            else:
                ranges.append((unit, unit))
        return _combined(negated, _ranges(ranges, self._options.i), sets, without)

    def _skip_blanks(self) -> None:
        while self._at < len(self._source):
            if self._options.x and is_space(self._peek()):
                self._at += 1
            elif self._options.x and self._peek() == "#":
                end = self._source.find("\n", self._at)
                self._at = len(self._source) if end < 0 else end + 1
            elif self._source.startswith("(?#", self._at):
                self._until(")")
            else:
                return

    def _peek(self, ahead: int = 0) -> str:
        return self._source[self._at + ahead : self._at + ahead + 1]

    def _take(self, count: int = 1) -> str:
        taken = self._source[self._at : self._at + count]
        self._at += len(taken)
        return taken

    def _skip(self, character: str) -> bool:
        if self._peek() != character:
            return False
        self._at += 1
        return True

    def _until(self, end: str) -> str:
        text, found, _ = self._source[self._at :].partition(end)
        if not found:
            raise ValueError(f"{end} is missing")
        self._at += len(text) + 1
        return text


def _combined(negated: bool, ranges: _Set, sets: List[_Set], without: Optional[_Set]) -> _Set:
    def accepts(unit: int) -> bool:
        within = ranges(unit) or any(one(unit) for one in sets)
        return within != negated and not (without is not None and without(unit))

    return accepts


def _named(name: str) -> _Set:
    if name in BLOCKS:
        low, high = BLOCKS[name]
        return lambda unit: low <= unit <= high
    if name not in _CATEGORIES:
        raise ValueError(f"not supported: \\p{{{name}}}")
    return lambda unit: _category(unit).startswith(name)


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()
