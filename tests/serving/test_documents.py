"""POST /documents: offsets, holders, stances, and what cannot be read."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from stance import StanceClassifier
from stance.records import normalise
from tests.serving.conftest import Start
from tests.serving.test_predict import TOLERANCE

TARGETS = ["foreign intervention in Mali", "foreign intervention in Chad"]
TEXT = (
    "Elders in Mali condemned the strikes 🚢 on Monday.\n\n"
    "“Take your soldiers home,” Mayor Vera Lind said. The harvest was the best in ten years."
)
PAGE = f"""<html lang="en"><head><title>Elders speak</title><script>var a = "Never a sentence.";</script></head>
<body><nav><a href="/">Home</a> <a href="/more">More news</a></nav>
<article><h1>Elders speak</h1><p>{TEXT.split(chr(10))[0]} Two transport planes landed near the capital, and the
assembly voted for the mission after a long night.</p><p>{TEXT.split(chr(10))[2]} Farmers came from every village to
see the planes, and they praised the pilots &lt;b&gt;loudly&lt;/b&gt;.</p></article></body></html>"""


def ask(client: TestClient, **values: Any) -> Any:
    return client.post("/documents", json={"targets": TARGETS} | values)


def test_sentences_with_offsets_holders_and_stances(client: TestClient, model: Path) -> None:
    reply = ask(client, text=TEXT).json()
    assert [s["text"] for s in reply["sentences"]] == [
        "Elders in Mali condemned the strikes 🚢 on Monday.",
        "“Take your soldiers home,” Mayor Vera Lind said.",
        "The harvest was the best in ten years.",
    ]
    assert [s["holder"]["text"] for s in reply["sentences"]][1] == "Mayor Vera Lind"
    for sentence in reply["sentences"]:
        assert reply["text"][sentence["start"] : sentence["end"]] == sentence["text"]
        assert [s["target"] for s in sentence["stances"]] == TARGETS
    expected = StanceClassifier.load(model).predict_document(TEXT, TARGETS)
    stances = [stance for s in reply["sentences"] for stance in s["stances"]]
    assert [s["label"] for s in stances] == [e.label for e in expected]
    for stance, wanted in zip(stances, expected, strict=True):
        assert stance["probabilities"] == pytest.approx(dict(wanted.probabilities), abs=TOLERANCE)


def test_a_page_is_read_without_its_menu_and_scripts(client: TestClient) -> None:
    reply = ask(client, html=PAGE).json()
    assert reply["title"] == "Elders speak"
    assert "Never a sentence" not in reply["text"]
    assert "More news" not in reply["text"]
    assert "<b>loudly</b>" in reply["text"]  # what the page showed as text
    assert len(reply["sentences"]) >= 5


def test_holders_are_left_out_where_nobody_asks(client: TestClient) -> None:
    assert {s["holder"] for s in ask(client, text=TEXT, holders=False).json()["sentences"]} == {None}


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({"text": "x" * 2001}, 422),
        ({"html": f"<html><body><article><p>{'A long story. ' * 300}</p></article></body></html>"}, 413),
        ({"text": "A story. " * 26, "targets": ["a", "b"]}, 413),
        ({"text": "  \n "}, 422),
        ({"html": "<html><body></body></html>"}, 422),
        ({"html": "<div>" * 9000}, 422),
        ({"text": "a", "html": "b"}, 422),
        ({}, 422),
        ({"text": "a", "targets": []}, 422),
        ({"text": "a", "targets": ["t"] * 9}, 422),
        ({"text": "a", "targets": [""]}, 422),
        ({"text": "a", "url": "http://example.org/"}, 422),
    ],
)
def test_limits(start: Start, values: dict[str, Any], status: int) -> None:
    reply = ask(start(max_document_characters=2000, max_document_pairs=50), **values)
    assert reply.status_code == status
    assert reply.json()["detail"]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(
        st.text(max_size=400),
        st.lists(st.sampled_from([*"“”\"'.,!?\n ", "Mr.", "U.S.", "Mayor Lind said", "e\u0301", "🚢", "He"])).map(
            " ".join
        ),
        st.tuples(st.text(max_size=80), st.text(max_size=80)).map(lambda t: f"<article><p>{t[0]}<p>{t[1]}</article>"),
    ),
    st.booleans(),
)
def test_any_document_has_an_answer_whose_spans_fit(client: TestClient, content: str, as_html: bool) -> None:
    reply = ask(client, **{"html" if as_html else "text": content})
    assert reply.status_code in (200, 422)
    if reply.status_code == 422:
        return
    body = reply.json()
    assert as_html or body["text"] == normalise(content)
    end = 0
    for sentence in body["sentences"]:
        assert end <= sentence["start"] < sentence["end"]
        assert body["text"][sentence["start"] : sentence["end"]] == sentence["text"]
        holder = sentence["holder"]
        assert holder["start"] is None or body["text"][holder["start"] : holder["end"]] == holder["text"]
        end = sentence["end"]
