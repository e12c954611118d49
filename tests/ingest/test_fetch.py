"""The fetcher against a server on this machine; nothing is sent off it."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from stance.ingest.addresses import is_public
from stance.ingest.article import UnreadableError
from stance.ingest.fetch import FetchConfig, Fetcher
from stance.ingest.readers import Columns, read_documents, reader_table
from stance.records import Document, Removed
from tests.ingest.samples import FEED, PAGE

Answer = Callable[[BaseHTTPRequestHandler], None]


class Server:
    """Answers by path; keeps what was asked for."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.asked: list[str] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.asked.append(self.path)
                server.answers.get(self.path, lambda handler: respond(handler, 404))(self)

            def log_message(self, *arguments: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    @property
    def port(self) -> int:
        return self._server.server_port

    def url(self, path: str, host: str = "news.test") -> str:
        return f"http://{host}:{self.port}{path}"

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def respond(handler: BaseHTTPRequestHandler, status: int, body: bytes = b"", **headers: str) -> None:
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


@pytest.fixture
def server() -> Iterator[Server]:
    started = Server()
    started.answers["/page"] = lambda handler: respond(handler, 200, PAGE.encode(), Content_Type="text/html")
    yield started
    started.stop()


ADDRESSES = {
    "news.test": ["127.0.0.1"],
    "other.test": ["127.0.0.1"],
    "loopback.test": ["127.0.0.2"],
    "private.test": ["10.1.2.3"],
    "mixed.test": ["127.0.0.1", "192.168.0.1"],
    "linklocal.test": ["169.254.169.254"],
    "six.test": ["::1"],
    "mapped.test": ["::ffff:10.0.0.1"],
    "nat.test": ["64:ff9b::a00:1"],
}


class Resolver:
    """Answers from the table; keeps who was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, host: str, port: int) -> list[str]:
        self.asked.append(host)
        if host in ADDRESSES:
            return ADDRESSES[host]
        return [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, flags=socket.AI_NUMERICHOST)]


def fetcher(resolver: Resolver | None = None, **changes: object) -> Fetcher:
    """A fetcher that may reach 127.0.0.1 alone, and does not wait."""
    values = {"allow_addresses": ("127.0.0.1",), "delay_seconds": 0.0, "timeout_seconds": 5.0} | changes
    return Fetcher(FetchConfig.model_validate(values), resolve=resolver or Resolver(), sleep=lambda _: None)


def refused(fetch: Fetcher, url: str) -> str:
    with pytest.raises(UnreadableError) as caught:
        fetch.fetch(url)
    return caught.value.reason


def test_a_page_is_fetched_and_read(server: Server, tmp_path: Path) -> None:
    server.answers["/feed"] = lambda handler: respond(handler, 200, FEED.encode(), Content_Type="application/rss+xml")
    lines = ["# a comment", "", server.url("/page"), server.url("/none"), server.url("/feed"), "ftp://news.test/x"]
    (tmp_path / "a.urls").write_text("\n".join(lines))
    articles = list(read_documents(tmp_path / "a.urls", reader_table(Columns(), fetcher())))
    assert [type(article) for article in articles] == [Document, Removed, Document, Removed, Removed]
    assert isinstance(articles[0], Document)
    assert articles[0].url == articles[0].source == server.url("/page")
    assert [a.reason for a in articles if isinstance(a, Removed)] == [
        "page not available",
        "empty",
        "not a web address",
    ]


@pytest.mark.parametrize("host", [h for h in ADDRESSES if h not in ("news.test", "other.test")])
def test_a_redirect_into_a_private_network_is_refused_where_it_is_resolved(
    server: Server, host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.answers["/away"] = lambda handler: respond(handler, 302, Location=server.url("/page", host))
    connected: list[str] = []
    create = socket.create_connection
    monkeypatch.setattr(socket, "create_connection", lambda a, *rest: (connected.append(a[0]), create(a, *rest))[1])
    resolver = Resolver()
    assert refused(fetcher(resolver), server.url("/away")) == "private address"
    assert resolver.asked[-1] == host
    assert set(connected) == {"127.0.0.1"}
    assert server.asked == ["/robots.txt", "/away"]
    connected.clear()
    assert refused(fetcher(resolver), server.url("/page", host)) == "private address"
    assert connected == []


@pytest.mark.parametrize("host", ["127.0.0.2", "0x7f000002", "2130706434", "[::1]", "[::ffff:127.0.0.2]", "0.0.0.0"])  # noqa: S104
def test_other_spellings_of_private_addresses_are_refused(server: Server, host: str) -> None:
    assert refused(fetcher(), server.url("/page", host)) == "private address"
    assert server.asked == []


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1111", True),
        ("::ffff:8.8.8.8", True),
        ("64:ff9b::808:808", True),
        ("127.0.0.1", False),
        ("10.0.0.1", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("224.0.0.1", False),
        ("240.0.0.1", False),
        ("0.0.0.0", False),  # noqa: S104
        ("::", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("ff02::1", False),
        ("::ffff:192.168.0.1", False),
        ("2002:a00:1::", False),
        ("64:ff9b::7f00:1", False),
    ],
)
def test_which_addresses_are_public(address: str, public: bool) -> None:
    assert is_public(address) is public


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "gopher://news.test/",
        "javascript:1",
        "http://",
        "//news.test",
        "http://u:p@news.test/",
        "x",
    ],
)
def test_only_plain_web_addresses(url: str) -> None:
    resolver = Resolver()
    assert refused(fetcher(resolver), url) == "not a web address"
    assert resolver.asked == []


def test_a_redirect_to_another_scheme_is_refused(server: Server) -> None:
    server.answers["/away"] = lambda handler: respond(handler, 301, Location="file:///etc/passwd")
    assert refused(fetcher(), server.url("/away")) == "not a web address"


def test_redirects_end(server: Server) -> None:
    server.answers["/loop"] = lambda handler: respond(handler, 302, Location="/loop")
    assert refused(fetcher(), server.url("/loop")) == "too many redirects"


@pytest.mark.parametrize("slow", ["head", "body", "endless"])
def test_a_server_that_drips_is_cut(server: Server, slow: str) -> None:
    def drip(handler: BaseHTTPRequestHandler) -> None:
        start = {"head": b"", "body": b"Content-Length: 1000\r\n\r\n", "endless": b"\r\n"}[slow]
        try:
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n" + start)
            for _ in range(200):
                handler.wfile.write(b"x")
                handler.wfile.flush()
                time.sleep(0.05)
        except OSError:
            return

    server.answers["/slow"] = drip
    started = time.monotonic()
    assert refused(fetcher(timeout_seconds=0.3, attempts=1), server.url("/slow")) == "timed out"
    assert time.monotonic() - started < 3


@pytest.mark.parametrize("honest", [True, False])
def test_a_body_of_a_gigabyte_is_cut(server: Server, honest: bool) -> None:
    sent = 0

    def flood(handler: BaseHTTPRequestHandler) -> None:
        nonlocal sent
        length = b"Content-Length: 1073741824\r\n" if honest else b""
        try:
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n" + length + b"\r\n")
            for _ in range(1024):
                handler.wfile.write(b"x" * (1 << 20))
                sent += 1 << 20
        except OSError:
            return

    server.answers["/huge"] = flood
    assert refused(fetcher(max_bytes=2_000_000), server.url("/huge")) == "page too large"
    assert sent < 64 << 20


def test_a_packed_bomb_is_cut(server: Server) -> None:
    import gzip

    packed = gzip.compress(b"0" * (64 << 20))
    headers = {"Content_Type": "text/html", "Content_Encoding": "gzip"}
    server.answers["/bomb"] = lambda handler: respond(handler, 200, packed, **headers)
    assert refused(fetcher(max_bytes=2_000_000), server.url("/bomb")) == "page too large"


def test_robots_are_obeyed_also_after_a_redirect(server: Server) -> None:
    rules = b"User-agent: *\nDisallow: /secret\n"
    server.answers["/robots.txt"] = lambda handler: respond(handler, 200, rules)
    server.answers["/secret"] = server.answers["/page"]
    server.answers["/away"] = lambda handler: respond(handler, 302, Location="/secret")
    fetch = fetcher()
    assert fetch.fetch(server.url("/page")).content == PAGE.encode()
    assert refused(fetch, server.url("/secret")) == "refused by robots.txt"
    assert refused(fetch, server.url("/away")) == "refused by robots.txt"
    assert "/secret" not in server.asked
    assert server.asked.count("/robots.txt") == 1


def test_a_host_whose_robots_fail_is_left_alone(server: Server) -> None:
    server.answers["/robots.txt"] = lambda handler: respond(handler, 503)
    assert refused(fetcher(attempts=2), server.url("/page")) == "server busy"
    assert server.asked == ["/robots.txt", "/robots.txt"]


def test_retry_after_is_honoured_and_bounded(server: Server) -> None:
    statuses = [429, 503, 200]
    after = ["7", "3", ""]

    def busy(handler: BaseHTTPRequestHandler) -> None:
        respond(handler, statuses.pop(0), PAGE.encode(), Retry_After=after.pop(0), Content_Type="text/html")

    server.answers["/busy"] = busy
    slept: list[float] = []
    fetch = fetcher()
    fetch.sleep = slept.append
    assert fetch.fetch(server.url("/busy")).content == PAGE.encode()
    assert slept == [7.0, 3.0]
    server.answers["/never"] = lambda handler: respond(handler, 429, Retry_After="86400")
    assert refused(fetch, server.url("/never")) == "server busy"
    assert server.asked.count("/never") == 1
    assert slept == [7.0, 3.0]


def test_failures_back_off(server: Server) -> None:
    server.answers["/down"] = lambda handler: respond(handler, 500)
    slept: list[float] = []
    fetch = fetcher(attempts=4)
    fetch.sleep = slept.append
    assert refused(fetch, server.url("/down")) == "server busy"
    assert slept == [1.0, 2.0, 4.0]


def test_requests_to_one_host_are_spaced(server: Server) -> None:
    rules = b"User-agent: *\nCrawl-delay: 9\n"
    server.answers["/robots.txt"] = lambda handler: respond(handler, 200, rules)
    slept: list[float] = []
    fetch = fetcher(delay_seconds=4.0)
    fetch.clock = lambda: 100.0
    fetch.sleep = slept.append
    fetch.fetch(server.url("/page"))
    fetch.fetch(server.url("/page"))
    fetch.fetch(server.url("/page", "other.test"))
    assert slept == [4.0, 9.0, 4.0]


def test_a_cached_page_is_not_asked_for_again(server: Server, tmp_path: Path) -> None:
    first = fetcher(cache=tmp_path).fetch(server.url("/page"))
    asked = len(server.asked)
    assert fetcher(cache=tmp_path).fetch(server.url("/page")) == first
    assert len(server.asked) == asked
