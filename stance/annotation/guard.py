"""Who may talk to the page: a browser on this machine that opened it from this address, nobody else.

A page of another site can make a browser send requests to 127.0.0.1. Three checks stop it: the Host header must name
this machine (against DNS rebinding), a browser must say that the request comes from the page itself (Fetch Metadata,
https://www.w3.org/TR/fetch-metadata/, and Origin), and a body must be JSON, which a foreign form cannot send.
"""

from collections.abc import Iterable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

HOSTS = frozenset({"127.0.0.1", "localhost"})
MAX_BODY_BYTES = 64 * 1024
SAFE_METHODS = frozenset({"GET", "HEAD"})
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


class Guard:
    """Wraps an ASGI app: refuses foreign requests with 4xx before the app sees them, adds headers to every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: D102 - ASGI
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *_encoded(HEADERS.items())]
            await send(message)

        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        refused = refusal(scope["method"], scope["path"], headers)
        if refused is None:
            await self._app(scope, receive, send_guarded)
            return
        status, reason = refused
        await send_guarded(
            {"type": "http.response.start", "status": status, "headers": _encoded([("Content-Type", "text/plain")])}
        )
        await send_guarded({"type": "http.response.body", "body": reason.encode()})


def refusal(method: str, path: str, headers: dict[str, str]) -> tuple[int, str] | None:
    """(status, reason) where a request is refused, None where it may pass; header names in lower case."""
    host = headers.get("host", "")
    if host.partition(":")[0] not in HOSTS:
        return 421, f"this page is served to {' and '.join(sorted(HOSTS))} only, not to {host!r}"
    site = headers.get("sec-fetch-site")
    if site not in (None, "same-origin", "none") and path != "/":
        return 403, f"a request from another site ({site}) is refused"
    if method in SAFE_METHODS:
        return None
    if headers.get("origin") not in (None, f"http://{host}"):
        return 403, f"a request from {headers['origin']} is refused"
    if headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        return 415, "expected Content-Type: application/json"
    if not headers.get("content-length", "").isdecimal() or int(headers["content-length"]) > MAX_BODY_BYTES:
        return 413, f"expected a Content-Length of at most {MAX_BODY_BYTES}"
    return None


def _encoded(headers: Iterable[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
