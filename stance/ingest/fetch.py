"""A polite fetcher of web pages: slow, bounded, and never into a private network.

Every address is checked after it was resolved and before it is connected to, at each redirect anew, and the connection
goes to the very address that was checked, so that a name cannot change its answer in between.
"""

import hashlib
import http.client
import json
import logging
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import SplitResult, urljoin, urlsplit, urlunsplit
from urllib.robotparser import RobotFileParser

from pydantic import Field

from stance.config import Config
from stance.ingest.addresses import Resolve, is_public, resolve
from stance.ingest.article import UnreadableError
from stance.version import VERSION

MAX_REDIRECTS = 5
MAX_ROBOTS_BYTES = 500_000
CHUNK_BYTES = 1 << 16
REDIRECTS = (301, 302, 303, 307, 308)
PASSING = (429, 500, 502, 503, 504)
"""Answers that may be better a moment later."""
log = logging.getLogger(__name__)


class FetchConfig(Config):
    """How lists of URLs (.urls files) are fetched."""

    agent: str = f"stance/{VERSION}"
    """How it introduces itself; add an address where you can be reached."""
    timeout_seconds: float = Field(default=30.0, gt=0)
    """For one request as a whole, from the connection to the last byte."""
    max_bytes: int = Field(default=20_000_000, gt=0)
    """Largest body, counted after unpacking."""
    delay_seconds: float = Field(default=1.0, ge=0)
    """Between two requests to one host; a longer Crawl-delay in robots.txt wins."""
    attempts: int = Field(default=3, ge=1)
    """How often a page is tried when the server is busy or does not answer."""
    max_wait_seconds: float = Field(default=120.0, ge=0)
    """Longest pause that a server may ask for by Retry-After; a longer one gives the page up."""
    cache: Path | None = None
    """Folder that keeps every page fetched; delete it to fetch anew. Null fetches each page once a run."""
    allow_addresses: tuple[str, ...] = ()
    """Addresses that may be reached although they are private, such as an archive's server in your own network."""


@dataclass(frozen=True)
class Page:
    """What a URL gave; `url` is where the redirects ended."""

    url: str
    content: bytes
    content_type: str


@dataclass(frozen=True)
class _Answer:
    status: int
    headers: http.client.HTTPMessage
    content: bytes


class _Passing(Exception):  # noqa: N818 - not an error yet: the page is tried again
    """A failure that may be gone at the next attempt."""

    def __init__(self, error: UnreadableError, wait_seconds: float | None = None) -> None:
        super().__init__(str(error))
        self.error = error
        self.wait_seconds = wait_seconds


@dataclass
class Fetcher:
    """Fetches pages one at a time; `resolve`, `clock` and `sleep` are there to be given in tests."""

    config: FetchConfig
    resolve: Resolve = resolve
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    _robots: dict[str, RobotFileParser] = field(default_factory=dict, init=False)
    _next_request: dict[str, float] = field(default_factory=dict, init=False)

    def fetch(self, url: str) -> Page:
        """The page at `url`, from the cache where it is there; raises UnreadableError with the reason."""
        cached = self._cached(url)
        if cached is not None:
            return cached
        for attempt in range(1, self.config.attempts + 1):
            try:
                page = self._follow(url)
            except _Passing as passing:
                pause = 2.0 ** (attempt - 1) if passing.wait_seconds is None else passing.wait_seconds
                if attempt == self.config.attempts or pause > self.config.max_wait_seconds:
                    raise passing.error from None
                log.info("%s: %s; trying again in %.0f s", url, passing, pause)
                self.sleep(pause)
            else:
                self._keep(url, page)
                return page
        raise AssertionError("the loop returns or raises")

    def _follow(self, url: str) -> Page:
        for _ in range(MAX_REDIRECTS + 1):
            parts = _checked_url(url)
            self._obey_robots(parts)
            answer = self._request(parts, self.config.max_bytes)
            if answer.status in REDIRECTS and (target := answer.headers.get("Location")):
                url = urljoin(url, target)
                continue
            if answer.status in PASSING:
                raise _Passing(UnreadableError("server busy", f"HTTP status {answer.status}"), _retry_after(answer))
            if answer.status != 200:
                raise UnreadableError("page not available", f"HTTP status {answer.status}")
            return Page(url, answer.content, answer.headers.get_content_type())
        raise UnreadableError("too many redirects", f"more than {MAX_REDIRECTS}")

    def _obey_robots(self, parts: SplitResult) -> None:
        origin = f"{parts.scheme}://{parts.netloc}"
        if origin not in self._robots:
            self._robots[origin] = self._read_robots(parts)
        rules = self._robots[origin]
        if not rules.can_fetch(self.config.agent, urlunsplit(parts)):
            raise UnreadableError("refused by robots.txt", origin)

    def _read_robots(self, parts: SplitResult) -> RobotFileParser:
        """The rules of a host. As RFC 9309 has it: none where there is no file, closed where the server fails."""
        rules = RobotFileParser()
        place = parts._replace(path="/robots.txt", query="", fragment="")
        for _ in range(MAX_REDIRECTS + 1):
            answer = self._request(place, MAX_ROBOTS_BYTES)
            if answer.status not in REDIRECTS or not (target := answer.headers.get("Location")):
                break
            place = _checked_url(urljoin(urlunsplit(place), target))
        if answer.status >= 500 or answer.status == 429:
            raise _Passing(UnreadableError("server busy", f"robots.txt: HTTP {answer.status}"), _retry_after(answer))
        rules.parse(answer.content.decode("utf-8", errors="replace").splitlines() if answer.status == 200 else [])
        return rules

    def _request(self, parts: SplitResult, max_bytes: int) -> _Answer:
        host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
        addresses = self._checked_addresses(host, port)
        self._wait_for(parts)
        deadline = _Deadline(self.config.timeout_seconds)
        connection = _Connection(host, port, addresses, parts.scheme, deadline)
        try:
            path = urlunsplit(("", "", parts.path or "/", parts.query, ""))
            headers = {"User-Agent": self.config.agent, "Accept-Encoding": "gzip"}
            connection.request("GET", path, headers=headers)
            with closing(connection.getresponse()) as response:
                content = _read_body(response, max_bytes) if response.status == 200 else b""
            if deadline.passed:  # a body without a length looks complete when the connection is shut
                raise TimeoutError
            return _Answer(response.status, response.headers, content)
        except (OSError, http.client.HTTPException, ValueError) as error:
            if isinstance(error, UnreadableError):
                raise
            if deadline.passed:
                problem = UnreadableError("timed out", f"more than {self.config.timeout_seconds:g} s")
                raise problem from None
            raise _Passing(UnreadableError("connection failed", str(error) or type(error).__name__)) from None
        finally:
            deadline.cancel()
            connection.close()

    def _checked_addresses(self, host: str, port: int) -> list[str]:
        try:
            addresses = self.resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise _Passing(UnreadableError("host not found", f"{host}: {error}")) from None
        # One private address among public ones is refused too: which of them is used would be chance.
        private = [a for a in addresses if a not in self.config.allow_addresses and not is_public(a)]
        if private or not addresses:
            raise UnreadableError("private address", f"{host} is {', '.join(private) or 'nowhere'}")
        return addresses

    def _wait_for(self, parts: SplitResult) -> None:
        origin = f"{parts.scheme}://{parts.netloc}"
        rules = self._robots.get(origin)
        asked = float(rules.crawl_delay(self.config.agent) or 0) if rules else 0.0
        delay = min(max(self.config.delay_seconds, asked), self.config.max_wait_seconds)
        host = parts.hostname or ""
        if (pause := self._next_request.get(host, 0.0) - self.clock()) > 0:
            self.sleep(pause)
        self._next_request[host] = self.clock() + delay

    def _cached(self, url: str) -> Page | None:
        if self.config.cache is None or not (place := _cache_file(self.config.cache, url)).is_file():
            return None
        head, _, content = place.read_bytes().partition(b"\n")
        return Page(content=content, **json.loads(head))

    def _keep(self, url: str, page: Page) -> None:
        if self.config.cache is None:
            return
        place = _cache_file(self.config.cache, url)
        place.parent.mkdir(parents=True, exist_ok=True)
        partial = place.with_suffix(".partial")
        head = json.dumps({"url": page.url, "content_type": page.content_type})
        partial.write_bytes(head.encode() + b"\n" + page.content)
        partial.replace(place)


class _Deadline:
    """Shuts the connection when the time is up, whatever it is doing: a drip of bytes keeps no single read waiting."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.passed = False
        self._socket: socket.socket | None = None
        self._timer = threading.Timer(seconds, self._shut)
        self._timer.daemon = True
        self._timer.start()

    def watch(self, connected: socket.socket) -> None:
        self._socket = connected

    def cancel(self) -> None:
        self._timer.cancel()

    def _shut(self) -> None:
        self.passed = True
        if self._socket is not None:
            try:
                self._socket.shutdown(socket.SHUT_RDWR)
            except OSError:  # already closed
                return


class _Connection(http.client.HTTPConnection):
    """A connection to the first address that answers of those that were checked, for a host of that name."""

    def __init__(self, host: str, port: int, addresses: list[str], scheme: str, deadline: _Deadline) -> None:
        super().__init__(host, port, timeout=deadline.seconds)
        self._addresses = addresses
        self._encrypted = scheme == "https"
        self._deadline = deadline

    def connect(self) -> None:
        plain = self._first_answer()
        self._deadline.watch(plain)
        self.sock = plain
        if self._encrypted:
            self.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=self.host)
            self._deadline.watch(self.sock)

    def _first_answer(self) -> socket.socket:
        for address in self._addresses[:-1]:
            try:
                return socket.create_connection((address, self.port), self.timeout)
            except OSError:
                continue
        return socket.create_connection((self._addresses[-1], self.port), self.timeout)


def _checked_url(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise UnreadableError("not a web address", f"{url}: {error}") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UnreadableError("not a web address", f"{url[:200]}: expected http:// or https://")
    if parts.username or parts.password:
        raise UnreadableError("not a web address", "it holds a user name or password")
    return parts


def _read_body(response: http.client.HTTPResponse, max_bytes: int) -> bytes:
    """The body, unpacked; raises UnreadableError as soon as it is known to be larger than `max_bytes`."""
    too_large = UnreadableError("page too large", f"at most {max_bytes} bytes")
    if (response.length or 0) > max_bytes:
        raise too_large
    encoding = response.headers.get("Content-Encoding", "identity").lower()
    if encoding not in ("identity", "gzip"):
        raise UnreadableError("page not available", f"unknown Content-Encoding {encoding}")
    unpacker = zlib.decompressobj(wbits=31) if encoding == "gzip" else None
    content = bytearray()
    while chunk := response.read(CHUNK_BYTES):
        try:
            content += unpacker.decompress(chunk, max_bytes + 1 - len(content)) if unpacker else chunk
        except zlib.error as error:
            raise UnreadableError("page not available", f"damaged gzip: {error}") from None
        if len(content) > max_bytes:
            raise too_large
    if response.length:
        raise http.client.IncompleteRead(bytes(content), response.length)
    return bytes(content)


def _retry_after(answer: _Answer) -> float | None:
    value = answer.headers.get("Retry-After", "").strip()
    if value.isdigit():
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except ValueError:
        return None


def _cache_file(folder: Path, url: str) -> Path:
    name = hashlib.sha256(url.encode()).hexdigest()
    return folder / name[:2] / name
