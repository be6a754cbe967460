"""Server-sent events, as https://html.spec.whatwg.org/multipage/server-sent-events.html has them."""

from __future__ import annotations

from typing import Callable, Iterator, List, NamedTuple


class Message(NamedTuple):
    """A block of a stream that has data or an id: an event, or, without data, a sign of life."""

    type: str
    data: str


def messages(read_line: Callable[[], bytes]) -> Iterator[Message]:
    """The blocks of a stream, until it ends. Those that say nothing, and what it breaks off within, are left out."""
    kind, data, has_id = "message", [], False  # type: str, List[str], bool
    while True:
        raw = read_line()
        if not raw.endswith(b"\n"):
            return
        line = raw.rstrip(b"\r\n").decode("utf-8", "replace")
        if not line:
            if data or has_id:
                yield Message(kind, "\n".join(data))
            kind, data, has_id = "message", [], False
            continue
        name, _, value = line.partition(":")
        value = value[1:] if value.startswith(" ") else value
        if name == "event":
            kind = value
        elif name == "data":
            data.append(value)
        elif name == "id":
            has_id = True
