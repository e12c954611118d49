"""A request's body, read whole before the app runs: never more than its limit, never slower than its time."""

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from stance.web.guard import Rules, answer


class BoundedBody:
    """Wraps an ASGI app: 413 for a body above the limit, 408 for one that does not come within `seconds`.

    A sender need not say the length beforehand; what counts is what arrives.
    """

    def __init__(self, app: ASGIApp, rules: Rules, seconds: float) -> None:
        self._app = app
        self._rules = rules
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: D102 - ASGI
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        most = self._rules.most(scope["path"])
        try:
            async with asyncio.timeout(self._seconds):
                body = await _read(receive, most)
        except TimeoutError:
            await answer(send, 408, f"the body did not arrive within {self._seconds:g} s", CLOSE)
            return
        if body is None:  # the sender left
            return
        if len(body) > most:
            await answer(send, 413, f"expected a body of at most {most} bytes", CLOSE)
            return
        sent = False

        async def replay() -> Message:
            nonlocal sent
            if sent:
                return await receive()
            sent = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self._app(scope, replay, send)


CLOSE = (("Connection", "close"),)
"""What is left of a body that was not read must not be taken for the next request."""


async def _read(receive: Receive, most: int) -> bytes | None:
    """The body, or its beginning as soon as that is longer than `most`; None when the sender left."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > most or not message.get("more_body", False):
            return b"".join(parts)
