"""Who a flag is evaluated for."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Union
from uuid import UUID

from ._operands import number
from ._text import joined

_DEEPEST = 10
_TWO_TO_53 = 2**53


@dataclass(frozen=True)
class User:
    """Who a flag is evaluated for.

    :param id: Names the user; an ``int`` or a ``UUID`` stands for its text. None for somebody unknown, which only local
        evaluation takes.
    :param attributes: What rules may ask about: text, numbers, booleans, lists of these, and mappings of names to such.
        A ``datetime`` stands for its RFC 3339 text, in UTC where it names no zone, a ``date`` for its ISO text, and a
        ``UUID`` for its text. None is as good as left out.
    """

    id: Union[str, int, UUID, None] = None
    attributes: Mapping[str, Any] = field(default_factory=dict)


#: A user, its id alone, or ``{"id": …, "attributes": {…}}`` as the service takes it.
AnyUser = Union[User, str, int, UUID, Mapping[str, Any]]


class Context:
    """A user made ready for rules: checked and copied, so that it is the same for all of an evaluation.

    :raises TypeError: something about it is of a type that rules have no place for.
    """

    __slots__ = ("id", "attributes")

    def __init__(self, user: AnyUser) -> None:
        if isinstance(user, User):
            user_id, attributes = user.id, user.attributes
        elif isinstance(user, Mapping):
            user_id, attributes = user.get("id"), user.get("attributes")
        else:
            user_id, attributes = _id(user), None
        if not (attributes is None or isinstance(attributes, Mapping)):
            raise TypeError(f"attributes are a mapping, not {type(attributes).__name__}")
        self.id: Optional[str] = None if user_id is None else _id(user_id)
        self.attributes = {} if attributes is None else _members(attributes, 1)


def _id(value: Any) -> str:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, (int, UUID)) and not isinstance(value, bool):
        return str(int(value)) if isinstance(value, int) else str(value)
    raise TypeError(f"a user's id is text, a whole number or a UUID, not {type(value).__name__}")


def _text(text: str) -> str:
    # Exactly a str: others, such as members of an Enum, may have an equality and a text of their own.
    return str.__str__(text) if text.isascii() else joined(text)


def _members(values: Mapping[str, Any], depth: int) -> Dict[str, Any]:
    members = {}
    for name, value in values.items():
        if not isinstance(name, str):
            raise TypeError(f"an attribute's name is text, not {type(name).__name__}")
        members[_text(name)] = _value(value, depth)
    return members


def _value(value: Any, depth: int) -> Any:
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Mapping):
        # Below the deepest path nothing can be asked for.
        return _members(value, depth + 1) if depth < _DEEPEST else {}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [{} if isinstance(item, (Mapping, list, tuple)) else _value(item, depth) for item in value]
    if isinstance(value, Decimal):
        return value if value.is_finite() else float(value)
    if isinstance(value, datetime):
        return value.isoformat() if value.utcoffset() is not None else f"{value.isoformat()}Z"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"an attribute can't be of type {type(value).__name__}")


def attribute(path: str) -> Callable[[Context], Any]:
    """Finds the attribute at a path: an attribute of that whole name, or one inside others."""
    if path == "id":
        return lambda user: user.id
    # The id is text: there is nothing within it.
    names: Sequence[str] = path.split(".") if "." in path and not path.startswith("id.") else ()

    def find(user: Context) -> Any:
        value = user.attributes.get(path)
        if value is not None or not names:
            return value
        value = user.attributes
        for name in names:
            value = value.get(name) if isinstance(value, dict) else None
        return value

    return find


def bucket_key(paths: List[str]) -> Callable[[Context], Optional[str]]:
    """Finds what a user is bucketed by: the first of these attributes that is text or a whole number within 2^53."""
    attributes = [attribute(path) for path in paths]

    def find(user: Context) -> Optional[str]:
        for find_one in attributes:
            value = find_one(user)
            if isinstance(value, str):
                return value
            known = number(value)
            if known is not None and abs(known) <= _TWO_TO_53 and known == int(known) and abs(value) <= _TWO_TO_53:
                return str(int(known))
        return None

    return find
