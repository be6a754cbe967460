"""The rules as the service sends them, and as they are kept in a file."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any, Dict, Mapping, Optional

from ._rules import RuleSet

_FORMAT = 1
_HEADING = "featureflags rules 1"


class UnreadableRules(Exception):
    """What came is not rules, or of a format that a later version of this library knows."""


class Document:
    """All rules as of one revision: definitions as they came, and ready to be evaluated."""

    def __init__(self, body: Mapping[str, Any], flags: Dict[str, Any], segments: Dict[str, Any], rules: RuleSet) -> None:
        self.tenant: str = body["tenant"]
        self.environment: str = body["environment"]
        self.revision: int = body["revision"]
        self.event_id: str = body["event_id"]
        self.rules = rules
        self._flags = flags
        self._segments = segments

    @classmethod
    def read(cls, text: "str | bytes") -> "Document":
        """:raises UnreadableRules: as it says."""
        try:
            return cls.of(json.loads(text))
        except (ValueError, RecursionError) as error:
            raise UnreadableRules(f"no JSON: {error}") from error

    @classmethod
    def of(cls, body: Any) -> "Document":
        """:raises UnreadableRules: as it says."""
        try:
            if body["format"] != _FORMAT:
                raise UnreadableRules(f"of format {body['format']!r}, and this library knows {_FORMAT}")
            flags = {flag["key"]: flag for flag in body["flags"]}
            segments = {segment["key"]: segment for segment in body["segments"]}
            return cls(body, flags, segments, RuleSet.of(body["tenant"], flags.values(), segments.values()))
        except (KeyError, TypeError, AttributeError) as error:
            raise UnreadableRules(f"not of the form that is agreed: {error!r}") from error

    @property
    def cursor(self) -> str:
        return f"{self.revision}.{self.event_id}"

    def changed(self, delta: Any) -> "Document":
        """The rules after a change.

        :raises UnreadableRules: as it says.
        """
        try:
            removed_flags, removed_segments = delta["removed_flags"], delta["removed_segments"]
            flags = {**self._flags, **{flag["key"]: flag for flag in delta["flags"]}}
            segments = {**self._segments, **{segment["key"]: segment for segment in delta["segments"]}}
            for key in removed_flags:
                flags.pop(key, None)
            for key in removed_segments:
                segments.pop(key, None)
            rules = self.rules.changed(delta["flags"], delta["segments"], removed_flags, removed_segments)
            head = {"revision": delta["revision"], "event_id": delta["event_id"]}
            body = {"tenant": self.tenant, "environment": self.environment, **head}
            return Document(body, flags, segments, rules)
        except (KeyError, TypeError, AttributeError) as error:
            raise UnreadableRules(f"a change not of the form that is agreed: {error!r}") from error

    def to_json(self) -> str:
        return json.dumps(
            {
                "format": _FORMAT,
                "tenant": self.tenant,
                "environment": self.environment,
                "revision": self.revision,
                "event_id": self.event_id,
                "flags": list(self._flags.values()),
                "segments": list(self._segments.values()),
            },
            separators=(",", ":"),
        )


class RulesFile:
    """The last known good rules, in a file with a checksum, which is there whole or not at all.

    :param owner: Tells one key's file from another's; says nothing of the key.
    :param tenant: Whose rules are wanted, where that is known; with the environment any owner's file will do.
    :param environment: The same.
    """

    def __init__(
        self, path: "str | os.PathLike[str]", owner: str, tenant: Optional[str], environment: Optional[str]
    ) -> None:
        self._path = Path(path)
        self._owner = owner
        self._tenant = tenant
        self._environment = environment

    def read(self) -> Optional[Document]:
        """The rules; None: there is no file.

        :raises UnreadableRules: it is damaged, or another's.
        :raises OSError: it can't be read.
        """
        try:
            heading, _, body = self._path.read_text("ascii").partition("\n")
        except FileNotFoundError:
            return None
        except UnicodeDecodeError as error:
            raise UnreadableRules("damaged") from error
        begin, _, owner = heading.rpartition(" ")
        if begin != f"{_HEADING} {_checksum(body)}":
            raise UnreadableRules("damaged: its checksum is not that of what it holds")
        document = Document.read(body)
        is_named = self._tenant is not None and self._environment is not None
        if owner != self._owner and not is_named:
            raise UnreadableRules("written with another key, or from another service")
        if self._tenant not in (None, document.tenant) or self._environment not in (None, document.environment):
            raise UnreadableRules(f"of {document.tenant}/{document.environment}")
        return document

    def write(self, document: Document) -> None:
        """:raises OSError: it can't be written; what was there is there still."""
        body = document.to_json()
        handle, temporary = tempfile.mkstemp(dir=self._path.parent, prefix=f".{self._path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.write(f"{_HEADING} {_checksum(body)} {self._owner}\n{body}")
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, self._path)
        except BaseException:
            os.unlink(temporary)
            raise


def _checksum(body: str) -> str:
    return hashlib.sha256(body.encode("ascii")).hexdigest()
