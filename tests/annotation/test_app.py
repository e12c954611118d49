"""What the server gives to whom, and whom it refuses."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from stance.annotation.app import Project, make_app
from stance.annotation.queue import Suggestion, read_queue
from stance.annotation.store import Store
from stance.web.guard import Rules, refusal
from tests.conftest import SCHEME, run_script


@pytest.fixture
def client(project: Path) -> Iterator[TestClient]:
    queue = read_queue(project / "sentences", project / "labels")
    suggested = {queue.items[0].pair_id: Suggestion(label="favor", confidence=0.9)}
    queue = type(queue)(queue.items, suggested)
    with Store(project / "answers.sqlite") as store:
        app = make_app(Project(queue, SCHEME, "# G\n\nVersion 1.1.", store))
        with TestClient(app, base_url="http://127.0.0.1:8765") as client:
            yield client


def answer(pair: str, number: int = 1, **values: Any) -> dict[str, Any]:
    return {"id": f"answer-{number}", "coder": "ana", "pair_id": pair, "action": "answer", "label": "neutral"} | values


def items(client: TestClient, coder: str = "ana") -> list[dict[str, Any]]:
    return client.get("/api/items", params={"coder": coder}).json()


def test_a_coder_sees_own_answers_only_and_the_suggestion_only_after_answering(client: TestClient) -> None:
    first = items(client)[0]
    assert first["suggested"] is True
    assert first["suggestion"] is None
    assert "favor" not in client.get("/api/items", params={"coder": "ana"}).text
    reply = client.post("/api/answers", json=answer(first["pair_id"])).json()
    assert reply["suggestion"] == {"label": "favor", "confidence": 0.9, "by": None}
    assert items(client)[0]["suggestion"]["label"] == "favor"
    assert items(client)[0]["rows"][0]["label"] == "neutral"
    other = items(client, "ben")[0]
    assert (other["rows"], other["suggestion"]) == ([], None)
    assert client.get("/api/progress", params={"coder": "ana"}).json()["statuses"][:2] == [1, 0]
    assert set(client.get("/api/progress", params={"coder": "ben"}).json()["statuses"]) == {0}
    assert client.get("/api/votes.jsonl", params={"coder": "ben"}).text == ""
    assert first["pair_id"] in client.get("/api/votes.jsonl", params={"coder": "ana"}).text


def test_a_skip_earns_no_suggestion(client: TestClient) -> None:
    pair = items(client)[0]["pair_id"]
    assert client.post("/api/answers", json=answer(pair, action="skip", label=None)).json()["suggestion"] is None
    assert items(client)[0]["suggestion"] is None


def test_the_holder_is_checked_by_code_points(client: TestClient) -> None:
    item = items(client)[2]
    start = item["text"].index("Mayor")
    assert "🚢" in item["text"][:start]
    span = {"label": "against", "holder": "Mayor Vera", "holder_start": start, "holder_end": start + 10}
    assert client.post("/api/answers", json=answer(item["pair_id"], 1, **span)).status_code == 200
    moved = span | {"holder_start": start + 1, "holder_end": start + 11}
    assert client.post("/api/answers", json=answer(item["pair_id"], 2, **moved)).status_code == 422


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"label": "maybe"}, 422),
        ({"label": "neutral", "holder": "author"}, 422),
        ({"label": None}, 422),
        ({"action": "undo", "label": None}, 422),
        ({"pair_id": "elsewhere"}, 404),
        ({"seconds": -1}, 422),
        ({"extra": 1}, 422),
        ({"note": "x" * 5000}, 422),
        ({"note": "x" * 70_000}, 413),
    ],
)
def test_what_is_no_answer_is_refused_and_not_stored(client: TestClient, change: dict[str, Any], status: int) -> None:
    sent = answer(items(client)[1]["pair_id"]) | change
    assert client.post("/api/answers", json=sent).status_code == status
    assert set(client.get("/api/progress", params={"coder": "ana"}).json()["statuses"]) == {0}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "evil.example:8765"}, 421),
        ({"host": "127.0.0.1.evil.example"}, 421),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "http://127.0.0.1:9999"}, 403),
        ({"origin": "null"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"content-type": "text/plain"}, 415),
        ({"content-type": "application/x-www-form-urlencoded"}, 415),
    ],
)
def test_foreign_requests_are_refused(client: TestClient, headers: dict[str, str], status: int) -> None:
    sent = answer(items(client)[1]["pair_id"])
    assert client.post("/api/answers", json=sent, headers=headers).status_code == status
    assert set(client.get("/api/progress", params={"coder": "ana"}).json()["statuses"]) == {0}
    assert client.post("/api/answers", json=sent, headers={"origin": "http://127.0.0.1:8765"}).status_code == 200


def test_another_site_can_read_nothing_but_may_link_to_the_page() -> None:
    cross = {"host": "localhost:8765", "sec-fetch-site": "cross-site"}
    assert refusal("GET", "/", cross, Rules()) is None
    assert refusal("GET", "/api/items", cross, Rules()) is not None
    assert refusal("GET", "/static/app.js", cross, Rules()) is not None
    assert refusal("GET", "/", {"host": "evil.example"}, Rules()) is not None
    assert refusal("GET", "/", {}, Rules()) is not None


def test_every_answer_forbids_inline_script_and_other_origins(client: TestClient) -> None:
    for path in ("/", "/static/app.js", "/api/setup", "/nothing"):
        policy = client.get(path).headers["content-security-policy"]
        assert "default-src 'none'; script-src 'self'" in policy
        assert "unsafe" not in policy
    assert "<script>" not in client.get("/").text
    assert client.get("/docs").status_code == client.get("/openapi.json").status_code == 404


def test_requests_are_told_what_is_missing(tmp_path: Path) -> None:
    nothing = run_script("annotate", str(tmp_path / "s.sqlite"))
    assert nothing.returncode == 2
    assert "--sentences is required" in nothing.stderr
    absent = run_script("annotate", str(tmp_path / "s.sqlite"), "--export", str(tmp_path / "v.jsonl"))
    assert absent.returncode == 1
    assert "no such file" in absent.stderr
    assert not list(tmp_path.iterdir())
