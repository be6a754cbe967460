"""Speaking to the service."""

from __future__ import annotations

import hashlib
import http.client
import os
import random
import socket
import ssl
from typing import Dict, Mapping, Optional
from urllib.parse import urlsplit

_CONNECT_TIMEOUT = 2.0  # A service that is back is to be noticed within two seconds.
_LONGEST_RETRY_AFTER = 60.0
_FIRST_WAIT = 0.25
_LONGEST_WAIT = 1.5  # For the same reason …
_LONGEST_WAIT_LATER = 15.0  # … unless it was away for so long that nobody waits for it:
_LATER = 300.0


class ServiceError(Exception):
    """The service could not be reached, or answered with something else than what was asked for.

    :param status: The HTTP status; None: there was no answer.
    :param retry_after: Seconds it asks to be left alone for.
    """

    def __init__(self, message: str, status: Optional[int] = None, retry_after: float = 0.0) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after

    @property
    def is_refusal(self) -> bool:
        """The key is not good, or not good for this."""
        return self.status in (401, 403)


#: What goes wrong between here and the service. A socket that another thread has shut down may raise ValueError.
FAILURES = (OSError, http.client.HTTPException, ValueError, EOFError)


class Service:
    """Where the service is, and as whom to speak to it.

    :param url: Of the service, without ``/v1``.
    :param key: An API key, or another bearer token.
    :param tenant: Needed with a token that is no API key.
    :param environment: The same.
    :raises ValueError: the URL is not one of http or https, or another of these can't be sent.
    """

    def __init__(self, url: str, key: str, tenant: Optional[str], environment: Optional[str], timeout: float) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"not a URL of a service: {url!r}")
        key = _sendable("key", key)
        self.timeout = timeout
        self.tenant = None if tenant is None else _sendable("tenant", tenant)
        self.environment = None if environment is None else _sendable("environment", environment)
        #: Tells one key's rules from another's, and nothing of the key.
        self.owner = hashlib.sha256(f"{url.rstrip('/')}\n{key}".encode()).hexdigest()[:16]
        self._host, self._port = parts.hostname, parts.port
        self._path = parts.path.rstrip("/")
        self._tls = ssl.create_default_context() if parts.scheme == "https" else None
        self._headers = {"Authorization": f"Bearer {key}", "User-Agent": "featureflags-python/1.0"}
        if self.tenant is not None:
            self._headers["X-Tenant-ID"] = self.tenant
        if self.environment is not None:
            self._headers["X-Environment"] = self.environment

    def connect(self) -> http.client.HTTPConnection:
        """A new connection.

        :raises OSError: there is none to be had.
        """
        patience = min(self.timeout, _CONNECT_TIMEOUT)
        if self._tls is None:
            connection = http.client.HTTPConnection(self._host, self._port, timeout=patience)
        else:
            connection = http.client.HTTPSConnection(self._host, self._port, timeout=patience, context=self._tls)
        connection.connect()
        connection.sock.settimeout(self.timeout)
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def send(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: Optional[bytes] = None,
    ) -> http.client.HTTPResponse:
        all_headers: Dict[str, str] = {**self._headers, **headers}
        connection.request(method, self._path + path, body, all_headers)
        return connection.getresponse()


def error_of(response: http.client.HTTPResponse) -> ServiceError:
    """What to make of an answer that is none."""
    after = response.getheader("Retry-After", "")
    seconds = min(float(after), _LONGEST_RETRY_AFTER) if after.isdecimal() else 0.0
    return ServiceError(f"it answered {response.status} {response.reason}", response.status, seconds)


def media_type(response: http.client.HTTPResponse) -> str:
    """What it says that it is, such as ``application/json``."""
    return response.headers.get_content_type()


def longest_wait(away: float) -> float:
    """How long a service may be left alone that has been away for so many seconds."""
    return _LONGEST_WAIT if away < _LATER else _LONGEST_WAIT_LATER


def wait_after(error: Optional[Exception], failures: int, longest: float) -> float:
    """How long to wait after so many failures in a row, of which this is the last: anything up to a bound that doubles,
    so that clients spread. What the service itself asks for is spread too."""
    bound = min(longest, _FIRST_WAIT * 2 ** min(failures - 1, 16))
    asked = error.retry_after if isinstance(error, ServiceError) else 0.0
    return max(random.uniform(0.0, bound), asked * random.uniform(1.0, 1.25))


def abandon(sock: Optional[socket.socket]) -> None:
    """Lets go of a connection that a fork has inherited. It goes on in the process that it belongs to: nothing is
    sent, and it is not shut down."""
    fd = -1 if sock is None else sock.detach()
    if fd >= 0:
        os.close(fd)


def _sendable(name: str, value: str) -> str:
    # What can't be sent is not told either: http.client would put all of the header, and so the key, into its error.
    text = value.strip() if isinstance(value, str) else ""
    if not text or not text.isascii() or not text.isprintable():
        raise ValueError(f"the {name} is empty, or holds what can't be sent in a header")
    return text
