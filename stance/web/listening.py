"""The socket that a server listens on, taken before anything is loaded, so that a taken port is said at once."""

import contextlib
import socket
from collections.abc import Generator

from stance.config import ConfigError

BACKLOG = 2048


@contextlib.contextmanager
def listen(host: str, port: int, who: str) -> Generator[tuple[socket.socket, str]]:
    """A bound socket and its address as a browser wants it; port 0 takes a free one. Raises ConfigError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((host, port))
            listening.listen(BACKLOG)  # who comes before the server is ready waits
        except (OSError, OverflowError) as error:
            raise ConfigError(f"{who}: port {port} of {host} cannot be taken ({error}); give another --port") from None
        shown = f"[{host}]" if family == socket.AF_INET6 else host
        yield listening, f"http://{shown}:{listening.getsockname()[1]}/"
