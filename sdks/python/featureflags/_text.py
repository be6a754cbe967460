"""Comparing text as the service does: ordinally, and without regard to case in the invariant culture."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

# The invariant culture leaves these two as they are, where Unicode's table has I and S.
_UNCHANGED = {"\u0131", "\u017f"}


@lru_cache(maxsize=4096)
def _upper(character: str) -> str:
    if character in _UNCHANGED:
        return character
    # Unicode's one-to-one mapping. Where Python's makes several characters of one, the one is its title case, if any.
    for mapped in (character.upper(), character.title()):
        if len(mapped) == 1:
            return mapped
    return character


def folded(text: str) -> str:
    """What two texts have in common that differ in case only."""
    return text.upper() if text.isascii() else "".join(map(_upper, text))


def joined(text: str) -> str:
    """The text with surrogate pairs that stand as two characters made one."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


@lru_cache(maxsize=4096)
def is_space(character: str) -> bool:
    """What the service takes for white space."""
    return character in "\t\n\v\f\r\x85\xa0" or unicodedata.category(character)[0] == "Z"
