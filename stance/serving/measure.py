"""Around everything: counts each request, and turns a fault of ours into a 500 that tells nothing."""

import logging
import time
import traceback
from collections.abc import Mapping

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from stance.serving.asking import GONE
from stance.serving.metrics import Metrics
from stance.serving.service import Service
from stance.web.guard import answer

log = logging.getLogger(__name__)
OTHER = "other"
"""The path in the figures of what no route took: paths that clients make up would fill the memory."""
METHODS = frozenset({"GET", "POST", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE"})


class Measure:
    """Wraps an ASGI app, outermost. While the server drains every answer closes its connection."""

    def __init__(self, app: ASGIApp, service: Service, headers: Mapping[str, str]) -> None:
        self._app = app
        self._service = service
        self._metrics: Metrics = service.metrics
        self._headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: D102 - ASGI
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = GONE

        async def send_counted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                if self._service.draining:
                    message["headers"] = [*message["headers"], (b"connection", b"close")]
            await send(message)

        started = time.perf_counter()
        self._metrics.started()
        try:
            await self._app(scope, receive, send_counted)
        except Exception as error:
            # An error's message may quote the request, and texts of requests are never logged: its place is enough.
            frames = [f"{f.filename}:{f.lineno}" for f in traceback.extract_tb(error.__traceback__)[-4:]]
            log.error("%s at %s", type(error).__name__, " < ".join(reversed(frames)))  # noqa: TRY400
            if status == GONE:
                await answer(send_counted, 500, "a fault of this server", self._headers.items())
        finally:
            method = scope["method"] if scope["method"] in METHODS else OTHER
            path = getattr(scope.get("route"), "path", OTHER)
            self._metrics.finished(path, method, status, time.perf_counter() - started)
