"""The bearer token: compared in constant time, and guessed at a limited rate."""

import collections
import hashlib
import hmac
import math
import os
import time
from collections.abc import Callable, Mapping

from starlette.types import ASGIApp, Receive, Scope, Send

from stance.config import ConfigError
from stance.web.guard import answer

OPEN_PATHS = frozenset({"/", "/health", "/ready", "/docs", "/docs.css", "/openapi.json"})
"""What says nothing about anybody's texts or model: load balancers ask, and a page must come before its token."""
OPEN_FOLDER = "/static/"
MIN_CHARACTERS = 16
MAX_GUESSES = 10
"""Wrong tokens that an address may send at once ..."""
REFILL_SECONDS = 6.0
"""... and how long it waits for each one more: a random token of 16 characters is out of reach."""
MAX_ADDRESSES = 10_000


class Guesses:
    """How many wrong tokens each address has sent lately: a leaking bucket for each."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._levels: collections.OrderedDict[str, tuple[float, float]] = collections.OrderedDict()

    def wait_seconds(self, address: str) -> int:
        """0 where the address may try a token, else when it may."""
        excess = self._level(address) - MAX_GUESSES + 1
        return math.ceil(excess * REFILL_SECONDS) if excess > 0 else 0

    def wrong(self, address: str) -> None:
        """The address has sent a wrong token."""
        self._levels[address] = (self._level(address) + 1, self._now())
        self._levels.move_to_end(address)
        if len(self._levels) > MAX_ADDRESSES:
            self._levels.popitem(last=False)

    def _level(self, address: str) -> float:
        level, then = self._levels.get(address, (0.0, 0.0))
        return max(0.0, level - (self._now() - then) / REFILL_SECONDS)


class Bearer:
    """Wraps an ASGI app: 401 without the token, 429 after too many wrong ones, whatever is sent then."""

    def __init__(self, app: ASGIApp, token: str, told: Callable[[], None]) -> None:
        self._app = app
        self._digest = _digest(token)
        self._told = told
        self._guesses = Guesses()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: D102 - ASGI
        path = scope.get("path", "")
        if scope["type"] != "http" or path in OPEN_PATHS or path.startswith(OPEN_FOLDER):
            await self._app(scope, receive, send)
            return
        address = _network(scope["client"][0] if scope.get("client") else "")
        given = next((v for k, v in scope["headers"] if k == b"authorization"), b"").decode("latin-1")
        scheme, _, token = given.partition(" ")
        if wait := self._guesses.wait_seconds(address):
            self._told()
            await answer(send, 429, "too many wrong tokens", [("Retry-After", str(wait))])
        elif scheme.lower() == "bearer" and hmac.compare_digest(_digest(token.strip()), self._digest):
            await self._app(scope, receive, send)
        else:
            self._told()
            if given:
                self._guesses.wrong(address)
            reason = "expected the header `Authorization: Bearer TOKEN` with the token of this server"
            await answer(send, 401, reason, [("WWW-Authenticate", "Bearer")])


def read_token(variable: str, environment: Mapping[str, str] = os.environ) -> str:
    """The token in an environment variable; raises ConfigError when there is none, or one that can be guessed."""
    token = environment.get(variable, "")
    if len(token) < MIN_CHARACTERS:
        hint = """python3 -c 'import secrets; print(secrets.token_urlsafe())'"""
        raise ConfigError(
            f"serve.token_env: {variable} holds {len(token)} characters, expected at least {MIN_CHARACTERS}; "
            f"{hint} prints a good one"
        )
    return token


def _digest(token: str) -> bytes:
    """Of equal length for any token, so that comparing tells nothing of the token's own."""
    return hashlib.sha256(token.encode()).digest()


def _network(address: str) -> str:
    """The address, or the /64 of an IPv6 address: whoever has one has all of it."""
    return ":".join(address.split(":")[:4]) if ":" in address else address
