"""Who may talk to a server of ours: by default a browser on this machine that opened the page from it, nobody else.

A page of another site can make a browser send requests to 127.0.0.1. Three checks stop it: the Host header must name
this machine (against DNS rebinding), a browser must say that the request comes from the page itself (Fetch Metadata,
https://www.w3.org/TR/fetch-metadata/, and Origin), and a body must be JSON, which a foreign form cannot send.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from starlette.types import ASGIApp, Message, Receive, Scope, Send

HOSTS = frozenset({"127.0.0.1", "localhost"})
ANY_HOST = "*"
SAFE_METHODS = frozenset({"GET", "HEAD"})
JSON = "application/json"
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True)
class Upload:
    """What one path takes instead of JSON."""

    max_bytes: int
    types: frozenset[str]


@dataclass(frozen=True)
class Rules:
    """What may pass. `uploads` are the exceptions by path; `entries` are paths that another site may link to."""

    hosts: frozenset[str] = HOSTS
    origins: frozenset[str] = frozenset()
    max_body_bytes: int = 64 * 1024
    uploads: Mapping[str, Upload] = field(default_factory=dict)
    entries: frozenset[str] = frozenset({"/"})
    headers: Mapping[str, str] = field(default_factory=lambda: HEADERS)

    def most(self, path: str) -> int:
        """The bytes that a body sent to `path` may have."""
        return self.uploads[path].max_bytes if path in self.uploads else self.max_body_bytes


class Guard:
    """Wraps an ASGI app: refuses foreign requests with 4xx before the app sees them, adds headers to every answer."""

    def __init__(self, app: ASGIApp, rules: Rules) -> None:
        self._app = app
        self._rules = rules
        self._headers = encoded(rules.headers.items())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: D102 - ASGI
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = {name for name, _ in message["headers"]}
                added = [header for header in self._headers if header[0] not in given]
                message["headers"] = [*message["headers"], *added]
            await send(message)

        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        refused = refusal(scope["method"], scope["path"], headers, self._rules)
        if refused is None:
            await self._app(scope, receive, send_guarded)
        else:
            await answer(send_guarded, *refused)


def refusal(method: str, path: str, headers: Mapping[str, str], rules: Rules) -> tuple[int, str] | None:
    """(status, reason) where a request is refused, None where it may pass; header names in lower case."""
    host = headers.get("host", "")
    if ANY_HOST not in rules.hosts and host.partition(":")[0] not in rules.hosts:
        return 421, f"this page is served to {' and '.join(sorted(rules.hosts))} only, not to {host!r}"
    origin = headers.get("origin")
    invited = origin in rules.origins
    site = headers.get("sec-fetch-site")
    if site not in (None, "same-origin", "none") and path not in rules.entries and not invited:
        return 403, f"a request from another site ({site}) is refused"
    if method in SAFE_METHODS:
        return None
    if origin not in (None, f"http://{host}", f"https://{host}") and not invited:
        return 403, f"a request from {origin} is refused"
    if headers.get("content-encoding", "identity") != "identity":
        return 415, "expected a body that is not compressed"
    if headers.get("content-length", "0") == "0" and "transfer-encoding" not in headers:
        return None
    types = rules.uploads[path].types if path in rules.uploads else {JSON}
    if headers.get("content-type", "").partition(";")[0].strip().lower() not in types:
        return 415, f"expected Content-Type: {' or '.join(sorted(types))}"
    length = headers.get("content-length")
    if length is not None and (not length.isdecimal() or int(length) > rules.most(path)):
        return 413, f"expected a Content-Length of at most {rules.most(path)}"
    return None


async def answer(send: Send, status: int, reason: str, headers: Iterable[tuple[str, str]] = ()) -> None:
    """Send a refusal: a status and a JSON object whose `detail` says why."""
    body = json.dumps({"detail": reason}).encode()
    head = encoded([("Content-Type", JSON), ("Content-Length", str(len(body))), *headers])
    await send({"type": "http.response.start", "status": status, "headers": head})
    await send({"type": "http.response.body", "body": body})


def encoded(headers: Iterable[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    """Header names and values as ASGI wants them."""
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
