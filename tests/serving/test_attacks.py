"""What clients may try, and what nobody may read in a log."""

import asyncio
import contextlib
import gzip
import json
import logging
import re
import time
from typing import Any

import pytest
from starlette.testclient import TestClient

from stance.config import ConfigError
from stance.serving.asking import AskedError
from stance.serving.bearer import MAX_GUESSES, REFILL_SECONDS, Guesses, read_token
from stance.serving.config import ServeConfig
from stance.serving.documents import read_article
from stance.web.body import BoundedBody
from stance.web.guard import Rules
from tests.serving.conftest import PAIR, Start

TOKEN = "correct-horse-battery"  # noqa: S105
BODY = {"pairs": [PAIR]}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "evil.example"}, 421),
        ({"host": "127.0.0.1.evil.example"}, 421),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"content-type": "text/plain"}, 415),
        ({"content-type": "multipart/form-data; boundary=x"}, 415),
        ({"content-encoding": "gzip"}, 415),
        ({"content-encoding": "br, gzip"}, 415),
        ({"content-length": "-1"}, 413),
        ({"content-length": "9" * 30}, 413),
        ({"x-http-method-override": "DELETE"}, 200),
    ],
)
def test_headers(client: TestClient, headers: dict[str, str], status: int) -> None:
    sent = {"content-type": "application/json"} | headers
    assert client.post("/predict", content=json.dumps(BODY), headers=sent).status_code == status


def test_a_compressed_bomb_is_refused_unread(client: TestClient) -> None:
    bomb = gzip.compress(b'{"pairs": "' + b"0" * 10_000_000 + b'"}')
    assert len(bomb) < 20_000
    headers = {"content-type": "application/json", "content-encoding": "gzip"}
    assert client.post("/predict", content=bomb, headers=headers).status_code == 415


@pytest.mark.parametrize(
    "path",
    ["/static/../config.py", "/static/%2e%2e/config.py", "/static/..%2fconfig.py", "//etc/passwd",
     "/static/%00", "/docs.css/../../etc/passwd", "/page/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/\u202e"],
)  # fmt: skip
def test_no_path_leads_to_a_file(client: TestClient, path: str) -> None:
    reply = client.get(path)
    assert reply.status_code in (404, 405)
    assert "root:" not in reply.text
    assert "ServeConfig" not in reply.text


def test_every_answer_has_the_security_headers_and_no_other_site_may_read_it(client: TestClient) -> None:
    for reply in (
        client.get("/docs"),
        client.get("/nothing"),
        client.post("/predict", json={}),
        client.post("/predict", json=BODY, headers={"origin": "http://127.0.0.1:8000"}),
        client.get("/info", headers={"host": "evil.example"}),
    ):
        assert "default-src 'none'" in reply.headers["content-security-policy"]
        assert "unsafe" not in reply.headers["content-security-policy"]
        assert reply.headers["x-content-type-options"] == "nosniff"
        assert "access-control-allow-origin" not in reply.headers
        assert "server" not in reply.headers


def test_named_origins_may_use_the_api(start: Start) -> None:
    client = start(cors_origins=("https://maps.example",))
    for origin, status in (("https://maps.example", 200), ("https://evil.example", 403)):
        headers = {"origin": origin, "sec-fetch-site": "cross-site"}
        reply = client.post("/predict", json=BODY, headers=headers)
        assert reply.status_code == status
        assert reply.headers.get("access-control-allow-origin") == (origin if status == 200 else None)
        asked = headers | {"access-control-request-method": "POST", "access-control-request-headers": "content-type"}
        assert client.options("/predict", headers=asked).status_code == status


def test_the_token_is_asked_for_where_it_matters(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERVE_TOKEN", TOKEN)
    client = start(token_env="SERVE_TOKEN")  # noqa: S106
    for path in ("/health", "/ready", "/docs", "/openapi.json"):
        assert client.get(path).status_code == 200
    for path in ("/info", "/metrics", "/page/anything"):
        reply = client.get(path)
        assert reply.status_code == 401
        assert reply.headers["www-authenticate"] == "Bearer"
    assert client.post("/predict", json=BODY).status_code == 401
    good = {"authorization": f"Bearer {TOKEN}"}
    assert client.post("/predict", json=BODY, headers=good).status_code == 200
    assert client.get("/info", headers={"authorization": f"bearer  {TOKEN}"}).status_code == 200
    assert client.get("/info", headers={"authorization": f"Basic {TOKEN}"}).status_code == 401


def test_guessing_the_token_is_limited(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERVE_TOKEN", TOKEN)
    client = start(token_env="SERVE_TOKEN")  # noqa: S106
    guesses = [client.get("/info", headers={"authorization": f"Bearer guess-{i}"}) for i in range(MAX_GUESSES + 3)]
    assert [g.status_code for g in guesses] == [401] * MAX_GUESSES + [429] * 3
    assert 1 <= int(guesses[-1].headers["retry-after"]) <= REFILL_SECONDS
    spoofed = {"authorization": f"Bearer {TOKEN}", "x-forwarded-for": "10.0.0.1"}
    assert client.get("/info", headers=spoofed).status_code == 429  # or a hit would be told from a miss
    assert client.get("/health").status_code == 200


def test_guesses_are_forgiven_in_time_and_never_fill_the_memory() -> None:
    now = 0.0
    guesses = Guesses(lambda: now)
    for _ in range(MAX_GUESSES):
        guesses.wrong("a")
    assert guesses.wait_seconds("a") == REFILL_SECONDS
    assert guesses.wait_seconds("b") == 0
    now += REFILL_SECONDS
    assert guesses.wait_seconds("a") == 0
    for number in range(20_000):
        guesses.wrong(str(number))
    assert len(guesses._levels) <= 10_000


@pytest.mark.parametrize("environment", [{}, {"T": "short"}])
def test_a_token_that_can_be_guessed_is_refused(environment: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="at least 16"):
        read_token("T", environment)


def test_no_text_of_a_request_is_logged(client: TestClient, caplog: pytest.LogCaptureFixture, capfd: Any) -> None:
    caplog.set_level(logging.DEBUG)
    word = "Zanzibar-1934"
    client.post("/predict", json={"pairs": [PAIR | {"text": word}]})
    client.post("/predict", json={"pairs": [{"text": word}]})
    client.post("/documents", json={"html": f"<p>{word}", "targets": [word]})
    client.get(f"/{word}?q={word}")
    client.post("/predict", content=f'{{"pairs": "{word}', headers={"content-type": "application/json"})
    ours = [r.getMessage() for r in caplog.records if not r.name.startswith("http")]  # the test's own client logs
    assert word not in "".join(ours)
    assert word not in "".join(capfd.readouterr())
    assert word not in client.get("/metrics").text


def test_a_fault_of_ours_is_a_500_that_tells_nothing(start: Start, caplog: pytest.LogCaptureFixture) -> None:
    client = start()

    @client.app.get("/fault")  # ty: ignore[unresolved-attribute]
    def fault() -> None:
        raise RuntimeError("Zanzibar-1934")

    reply = client.get("/fault")
    assert reply.status_code == 500
    assert reply.json() == {"detail": "a fault of this server"}
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert "RuntimeError at " in caplog.text
    assert "Zanzibar" not in caplog.text


@pytest.mark.parametrize(
    "piece", ["A.B.", "he said ", "Al Bo ", "?!", "a.”", "“a ", " ", "Mali, ", ".", "a" * 4999 + " "]
)
def test_no_article_takes_time_with_the_square_of_its_length(piece: str, model: Any) -> None:
    config = ServeConfig(model=model)
    started = time.process_time()
    with contextlib.suppress(AskedError):  # some have words that are too long
        read_article("a " + piece * (100_000 // len(piece)) + "b", None, config)
    assert time.process_time() - started < 10  # a minute and more before each was bounded


def test_the_documentation_loads_nothing_from_elsewhere(client: TestClient) -> None:
    page = client.get("/docs").text
    assert set(re.findall(r'(?:src|href)="([^"#]+)', page)) == {"/docs.css", "/openapi.json"}
    assert "<script" not in page
    assert client.get("/docs.css").headers["content-type"].startswith("text/css")
    for path in ("/predict", "/documents", "/health", "/ready", "/info", "/metrics"):
        assert f"</b> {path}</code>" in page


def test_the_openapi_document_is_complete(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    schemas = document["components"]["schemas"]
    assert set(document["paths"]) == {"/predict", "/documents", "/health", "/ready", "/info", "/metrics"}
    for reference in set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(document))):
        assert reference in schemas
    assert schemas["PredictRequest"]["properties"]["pairs"]["maxItems"] == 256
    posted = document["paths"]["/predict"]["post"]
    assert {"200", "401", "408", "413", "415", "422", "429", "503"} <= set(posted["responses"])
    assert posted["requestBody"]["required"] is True


def test_a_body_that_comes_too_slowly_or_grows_too_long_is_refused() -> None:
    async def ask(chunks: list[bytes], pause: float) -> int:
        sent: list[dict[str, Any]] = []
        rest = iter(chunks)

        async def receive() -> dict[str, Any]:
            await asyncio.sleep(pause)
            return {"type": "http.request", "body": next(rest), "more_body": True}

        async def send(message: Any) -> None:
            sent.append(message)

        async def app(*_: Any) -> None:
            raise AssertionError("it should not get here")

        scope = {"type": "http", "path": "/predict"}
        await BoundedBody(app, Rules(max_body_bytes=1000), seconds=0.05)(scope, receive, send)
        return sent[0]["status"]

    assert asyncio.run(ask([b"{"] * 1000, 0.02)) == 408
    assert asyncio.run(ask([b"x" * 300] * 10, 0)) == 413
