"""A service to test against: it has rules, tells of changes, and fails in every way that is asked of it."""

import copy
import gzip
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from featureflags._rules import RuleSet
from featureflags._user import Context

KEY = "ff_server_test"


def flag(key, variant="on", **members):
    """A flag that gives everyone the variant."""
    variants = [{"key": "off", "weight": 0, "value": False}, {"key": "on", "weight": 0, "value": True}]
    for one in variants:
        one["weight"] = int(one["key"] == variant)
    return {"key": key, "version": 1, "state": "on", "variants": variants, "off_variant": "off", "rules": [], **members}


def rules(*flags, revision=1, segments=()):
    return {
        "format": 1,
        "tenant": "acme",
        "environment": "production",
        "revision": revision,
        "event_id": f"E{revision}",
        "flags": list(flags),
        "segments": list(segments),
    }


class FakeService:
    def __init__(self, *flags):
        self.rules = rules(*flags)
        self.changes = []
        self.key = KEY
        self.has_stream = True
        self.is_silent = False
        self.pings = False
        self.garbles = False
        self.hangs = False
        self.rules_body = None
        self.page = None
        self.unavailable_for = None
        self.heartbeat = 0.1
        self.requests = []
        self.peers = set()
        self.changed = threading.Condition()
        self._server = None
        self.port = 0
        self.start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def cursor(self):
        return f"{self.rules['revision']}.{self.rules['event_id']}"

    def start(self):
        handler = type("Handler", (_Handler,), {"service": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), handler)
        self._server.daemon_threads = True
        self._server.connections = set()
        self.port = self._server.server_address[1]
        self.epoch = object()
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self):
        """As if it was killed: connections break."""
        self.epoch = None
        with self.changed:
            self.changed.notify_all()
        self._server.shutdown()
        self._server.server_close()
        for connection in list(self._server.connections):
            try:
                connection.shutdown(2)
            except OSError:
                pass

    def put(self, *flags, removed=()):
        """Changes flags, and tells of it."""
        with self.changed:
            before, self.rules = self.cursor, copy.deepcopy(self.rules)
            self.rules["revision"] += 1
            self.rules["event_id"] = f"E{self.rules['revision']}"
            kept = {one["key"]: one for one in self.rules["flags"]}
            kept.update((one["key"], one) for one in flags)
            self.rules["flags"] = [one for key, one in kept.items() if key not in removed]
            self.changes.append(
                {
                    "from": before,
                    "revision": self.rules["revision"],
                    "event_id": self.rules["event_id"],
                    "flags": list(flags),
                    "segments": [],
                    "removed_flags": list(removed),
                    "removed_segments": [],
                }
            )
            self.changed.notify_all()

    def asked(self, path):
        return [request for request in self.requests if request[0] == path]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    service = None

    def setup(self):
        super().setup()
        self.server.connections.add(self.request)

    def finish(self):
        self.server.connections.discard(self.request)
        try:
            super().finish()
        except OSError:
            pass

    def handle(self):
        try:
            super().handle()
        except OSError:
            pass

    def log_message(self, *args):
        pass

    def do_GET(self):
        service = self.service
        service.requests.append((self.path, dict(self.headers)))
        if self.refused():
            return
        if self.path == "/v1/sdk/rules":
            tag = f'"{service.cursor}"'
            if self.headers.get("If-None-Match") == tag:
                self.answer(304, b"")
            else:
                body = b"{" if service.garbles else json.dumps(service.rules).encode()
                body = service.rules_body or gzip.compress(body)
                self.answer(200, body, {"ETag": tag, "Content-Encoding": "gzip"})
        elif service.has_stream:
            self.stream()
        else:
            self.problem(404)

    def do_POST(self):
        service = self.service
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        service.requests.append((self.path, body))
        service.peers.add(self.client_address)
        if self.refused():
            return
        if not body["user"]["id"]:
            self.problem(422)
            return
        held = RuleSet.of("acme", service.rules["flags"], service.rules["segments"])
        found = held.flags.get(body["flag_key"])
        if found is None:
            self.problem(404)
            return
        user = Context(body["user"])
        decision = held.decide(found, user)
        answer = {
            "flag_key": found.key,
            "variant": decision.variant,
            "value": found.values[decision.variant],
            "reason": decision.reason,
            "details": {"bucket": found.bucket(user)},
            "version": found.version,
        }
        self.answer(200, json.dumps(answer).encode())

    def refused(self):
        service, epoch = self.service, self.service.epoch
        with service.changed:
            service.changed.wait_for(lambda: not service.hangs or service.epoch is not epoch)
        if service.page is not None:
            self.answer(service.page, b"<p>\n\nSomebody else's.\n\n</p>\n\n", {"Content-Type": "text/html"})
        elif service.unavailable_for is not None:
            self.problem(503, {"Retry-After": str(service.unavailable_for)})
        elif self.headers["Authorization"] != f"Bearer {service.key}":
            self.problem(401)
        else:
            return False
        return True

    def problem(self, status, headers=None):
        self.answer(status, b"{}", {"Content-Type": "application/problem+json", **(headers or {})})

    def answer(self, status, body, headers=None):
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def stream(self):
        service, epoch, key = self.service, self.service.epoch, self.service.key
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        cursor = self.headers.get("Last-Event-ID")
        with service.changed:
            while service.epoch is epoch and service.key == key and service.has_stream:
                if not service.is_silent:
                    cursor = self.tell(cursor)
                elif service.pings:
                    self.chunk(": ping\n\n")
                service.changed.wait(service.heartbeat)
        self.wfile.write(b"0\r\n\r\n")

    def tell(self, cursor):
        service = self.service
        if cursor == service.cursor:
            self.chunk(f": heartbeat\nid: {cursor}\n\n")
            return cursor
        delta = next((one for one in service.changes if one["from"] == cursor), None)
        if delta is None:
            self.chunk(f"id: {service.cursor}\nevent: snapshot\ndata: {json.dumps(service.rules)}\n\n")
            return service.cursor
        cursor = f"{delta['revision']}.{delta['event_id']}"
        self.chunk(f"id: {cursor}\nevent: delta\ndata: {'{' if service.garbles else json.dumps(delta)}\n\n")
        return cursor

    def chunk(self, text):
        data = text.encode()
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()


def eventually(condition, within=20.0):
    """Waits until the condition holds."""
    until = time.monotonic() + within
    while not condition():
        if time.monotonic() > until:
            raise AssertionError(f"not within {within} s")
        time.sleep(0.01)
