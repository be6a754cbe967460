"""How much work a regular expression can be, as the service counts it: docs/rules.md, limits."""

from __future__ import annotations

from typing import Optional, Sequence

from ._text import is_space

_MOST = 2**31 - 1


def pattern_size(units: Sequence[int]) -> int:
    """One more than its places, which are its characters and classes as often as each is counted, and one for each pair
    of places in a group that is repeated."""
    return _Counting(units).size()


class _Counting:
    def __init__(self, units: Sequence[int]) -> None:
        self._source = "".join(map(chr, units))
        self._next = 0
        self._pairs = 0

    def size(self) -> int:
        places = 1 + self._places()
        # A bracket in a comment may close what nothing opened.
        while self._skip(")"):
            places += self._places()
        return min(_MOST, places + self._pairs)

    def _places(self) -> int:
        total = 0
        while self._peek() not in ("", ")"):
            is_group = self._peek() == "("
            places = min(_MOST, self._place())
            count = self._count()
            if count is not None:
                places = min(_MOST, places * count)
                if is_group:
                    self._pairs = min(_MOST, self._pairs + places * places)
            total += places
        return min(_MOST, total)

    def _place(self) -> int:
        character = self._take()
        if character == "(":
            if self._skip("?"):
                self._skip_past(":)'>")
            inside = 0 if self._source[self._next - 1] == ")" else self._places()
            self._skip(")")
            return inside
        if character == "[":
            self._skip_class()
            return 1
        if character == "\\":
            if self._skip("p") or self._skip("P"):
                self._skip_past("}")
            else:
                self._next += 1
            return 1
        return 0 if character in "|^$" else 1

    def _count(self) -> Optional[int]:
        """How often what comes before is counted, 1 where that has no end; None: it is not repeated."""
        behind = self._next
        self._skip_blanks()
        counted = self._next
        count: Optional[int] = None
        if self._skip("*") or self._skip("+"):
            count = 1
        elif not self._skip("?") and self._peek() == "{":
            count = self._bounds()
        if count is not None:
            self._skip("?")
        elif self._next == counted:
            self._next = behind
        return count

    def _skip_blanks(self) -> None:
        # In some patterns they are characters: they are skipped in all of them.
        while self._peek():
            if is_space(self._peek()):
                self._next += 1
            elif self._peek() == "#":
                self._skip_past("\n")
            elif self._source.startswith("(?#", self._next):
                self._skip_past(")")
            else:
                return

    def _bounds(self) -> Optional[int]:
        end = self._source.find("}", self._next)
        if end < 0:
            return None
        bounds = self._source[self._next + 1 : end]
        first, comma, second = bounds.partition(",")
        if comma and not first:
            return None
        last = second if second else bounds.rstrip(",")
        if not (last.isascii() and last.isdigit()) or int(last) > _MOST:
            return None
        self._next = end + 1
        return max(1, int(last)) if comma else int(last)

    def _skip_class(self) -> None:
        self._skip("^")
        in_range, first = False, True
        while self._peek():
            character, was_first, first = self._take(), first, False
            if character == "]" and not was_first:
                return
            if character == "\\" and self._peek() and self._skip_escaped_class():
                continue
            if in_range:
                in_range = False
                if character == "[" and not was_first:
                    self._skip_class()
            elif self._peek() == "-" and self._source[self._next + 1 : self._next + 2] not in ("", "]"):
                in_range = True
                self._next += 1
            elif character == "-" and not was_first and self._skip("["):
                self._skip_class()

    def _skip_escaped_class(self) -> bool:
        """Whether the escape stands for a class, or a hyphen, at which no range begins."""
        escaped = self._take()
        if escaped in ("p", "P"):
            self._skip_past("}")
        return escaped in tuple("dDsSwWpP-")

    def _peek(self) -> str:
        return self._source[self._next : self._next + 1]

    def _take(self) -> str:
        self._next += 1
        return self._source[self._next - 1 : self._next]

    def _skip(self, character: str) -> bool:
        if self._peek() != character:
            return False
        self._next += 1
        return True

    def _skip_past(self, ends: str) -> None:
        while self._next < len(self._source):
            self._next += 1
            if self._source[self._next - 1] in ends:
                return
