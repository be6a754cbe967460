"""Speaking to the service."""

from __future__ import annotations

import http.client
import random
import socket
import ssl
from typing import Dict, Mapping, Optional
from urllib.parse import urlsplit

_LONGEST_RETRY_AFTER = 60.0


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
    :raises ValueError: the URL is not one of http or https.
    """

    def __init__(self, url: str, key: str, tenant: Optional[str], environment: Optional[str], timeout: float) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"not a URL of a service: {url!r}")
        self.timeout = timeout
        self._host, self._port = parts.hostname, parts.port
        self._path = parts.path.rstrip("/")
        self._tls = ssl.create_default_context() if parts.scheme == "https" else None
        self._headers = {"Authorization": f"Bearer {key}", "User-Agent": "featureflags-python/1.0"}
        if tenant is not None:
            self._headers["X-Tenant-ID"] = tenant
        if environment is not None:
            self._headers["X-Environment"] = environment

    def connect(self) -> http.client.HTTPConnection:
        """A new connection.

        :raises OSError: there is none to be had.
        """
        if self._tls is None:
            connection = http.client.HTTPConnection(self._host, self._port, timeout=self.timeout)
        else:
            connection = http.client.HTTPSConnection(self._host, self._port, timeout=self.timeout, context=self._tls)
        connection.connect()
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
    seconds = min(float(after), _LONGEST_RETRY_AFTER) if after.isdigit() else 0.0
    return ServiceError(f"it answered {response.status} {response.reason}", response.status, seconds)


def jittered(attempt: int, longest: float) -> float:
    """How long to wait after so many failures: anything up to a bound that doubles, so that clients spread."""
    return random.uniform(0.0, min(longest, 0.1 * 2 ** min(attempt, 16)))
