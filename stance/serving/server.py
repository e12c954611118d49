"""uvicorn, with an end in two steps: say that it comes, then finish what was begun."""

import asyncio
import contextlib
import logging
import signal
import socket
from types import FrameType
from typing import Any

import uvicorn
from fastapi import FastAPI

from stance.serving.service import Service

KEEP_ALIVE_SECONDS = 30
MAX_HEADER_BYTES = 32 * 1024
UNREAD_SECONDS = 0.2
"""For the bytes of connections that came last; their requests are then counted among those to finish."""
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

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close the port, take on who has come to it by then, answer all that was asked, and end.

        Closing a socket whose bytes nobody has read resets it, and the client cannot know whether its request was
        worked on: so no connection is closed before it had the time to be read.
        """
        ports = [listening.dup() for server in self.servers for listening in server.sockets]
        for server in self.servers:
            server.close()
        for port in ports:
            await self._accept_the_last(port)
        await asyncio.sleep(UNREAD_SECONDS)
        await super().shutdown(sockets)

    async def _accept_the_last(self, port: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        with port, contextlib.suppress(OSError):  # nobody is left, or no more can be taken on
            while True:
                connection, _ = port.accept()
                connection.settimeout(0)
                await loop.connect_accepted_socket(self._protocol, connection)

    def _protocol(self) -> asyncio.Protocol:
        make: Any = self.config.http_protocol_class
        return make(config=self.config, server_state=self.server_state, app_state=self.lifespan.state)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """The first SIGTERM drains; anything else ends what there is to end."""
        if sig != signal.SIGTERM or self._service.draining or self._loop is None:
            super().handle_exit(sig, frame)
            return
        self._service.draining = True
        self._loop.call_soon_threadsafe(self._loop.call_later, self._service.config.drain_seconds, self._close)

    def _close(self) -> None:
        self.should_exit = True
