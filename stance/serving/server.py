"""uvicorn, with an end in two steps: say that it comes, then finish what was begun."""

import asyncio
import logging
import signal
import socket
from types import FrameType

import uvicorn
from fastapi import FastAPI

from stance.serving.service import Service

KEEP_ALIVE_SECONDS = 30
MAX_HEADER_BYTES = 32 * 1024
MORE_SECONDS = 5
"""What is left to uvicorn after the last deadline has passed."""


class Server(uvicorn.Server):
    """Serves until SIGTERM or SIGINT.

    After SIGTERM /ready says no and every answer closes its connection, so that clients and load balancers leave; new
    requests are still answered for `drain_seconds`. Then the port is closed and what was begun is finished. A second
    signal ends it at once.
    """

    def __init__(self, app: FastAPI, service: Service) -> None:
        config = service.config
        super().__init__(
            uvicorn.Config(
                app,
                log_level="warning",
                access_log=False,
                http="h11",  # the same whatever else is installed
                loop="asyncio",
                ws="none",
                server_header=False,
                date_header=False,
                proxy_headers=bool(config.proxies),  # else anybody could say to be another address
                forwarded_allow_ips=list(config.proxies),
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
                h11_max_incomplete_event_size=MAX_HEADER_BYTES,
                timeout_graceful_shutdown=int(config.deadline_seconds) + MORE_SECONDS,
            )
        )
        self._service = service
        self._loop: asyncio.AbstractEventLoop | None = None
        logging.getLogger("uvicorn.error").setLevel(logging.WARNING)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Remember the loop, which a signal has to wake."""
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """The first SIGTERM drains; anything else ends what there is to end."""
        if sig != signal.SIGTERM or self._service.draining or self._loop is None:
            super().handle_exit(sig, frame)
            return
        self._service.draining = True
        self._loop.call_soon_threadsafe(self._loop.call_later, self._service.config.drain_seconds, self._close)

    def _close(self) -> None:
        self.should_exit = True
