"""POST /predict says what StanceClassifier.predict says, whoever else asks at the time; and its limits."""

import json
import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from stance import StanceClassifier
from tests.conftest import PLACES, SENTENCES
from tests.serving.conftest import PAIR, Start

TOLERANCE = 1e-5
"""Padded neighbours move the last bits of a score, and probabilities are rounded to six digits."""


def made_pairs(count: int) -> list[dict[str, Any]]:
    draw = random.Random(0)  # noqa: S311
    words = " ".join(SENTENCES.values()).split()
    return [
        {
            "text": " ".join(draw.choices(words, k=draw.randint(1, 60))),
            "target": f"foreign intervention in {draw.choice(PLACES)}",
            "context": {"before": " ".join(draw.choices(words, k=5)), "after": "They left."},
        }
        for _ in range(count)
    ]


@pytest.mark.parametrize("context", [False, True])
@pytest.mark.parametrize("batch_pairs", [1, 8])
def test_it_equals_the_classifier_on_500_pairs_whatever_the_batching(
    start: Start, model: Path, other_model: Path, batch_pairs: int, context: bool
) -> None:
    folder = other_model if context else model
    client = start(model=folder, batch_pairs=batch_pairs)
    pairs = made_pairs(500)
    draw = random.Random(1)  # noqa: S311
    requests, rest = [], pairs
    while rest:
        size = draw.choice([1, 1, 1, 2, 5, 40])
        requests.append(rest[:size])
        rest = rest[size:]

    def ask(part: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return client.post("/predict", json={"pairs": part, "abstain_below": 0.5}).json()["predictions"]

    with ThreadPoolExecutor(8) as threads:
        answers = [answer for part in threads.map(ask, requests) for answer in part]
    classifier = StanceClassifier.load(folder, threads=1)
    contexts = [(p["context"]["before"], p["context"]["after"]) for p in pairs] if context else None
    expected = classifier.predict([p["text"] for p in pairs], [p["target"] for p in pairs], contexts, abstain_below=0.5)
    assert len({e.label for e in expected}) > 1
    for answer, wanted in zip(answers, expected, strict=True):
        assert answer["label"] == wanted.label
        assert answer["abstained"] == wanted.abstained
        assert answer["probabilities"] == pytest.approx(dict(wanted.probabilities), abs=TOLERANCE)


def test_the_model_is_named(client: TestClient, model: Path) -> None:
    reply = client.post("/predict", json={"pairs": [PAIR]}).json()
    assert reply["model"] == client.get("/info").json()["model"] == StanceClassifier.load(model).fingerprint


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"pairs": []}, 422, "pairs"),
        ({"pairs": [PAIR] * 5}, 422, "pairs"),
        ({"pairs": [PAIR | {"text": ""}]}, 422, "pairs.0.text"),
        ({"pairs": [PAIR | {"text": "x" * 101}]}, 422, "pairs.0.text"),
        ({"pairs": [PAIR | {"target": "x" * 51}]}, 422, "pairs.0.target"),
        ({"pairs": [PAIR | {"target": None}]}, 422, "pairs.0.target"),
        ({"pairs": [PAIR | {"context": {"before": "x" * 101}}]}, 422, "pairs.0.context.before"),
        ({"pairs": [PAIR | {"txt": "x"}]}, 422, "pairs.0.txt"),
        ({"pairs": [PAIR], "abstain_below": 2}, 422, "abstain_below"),
        ({}, 422, "pairs"),
        ([], 422, "body"),
        ({"pairs": ["x" * 3000]}, 413, "2000"),
    ],
)
def test_limits(start: Start, body: Any, status: int, said: str) -> None:
    client = start(max_pairs=4, max_text_characters=100, max_target_characters=50, max_body_bytes=2000)
    reply = client.post("/predict", json=body)
    assert reply.status_code == status
    assert said in reply.json()["detail"]
    assert client.post("/predict", json={"pairs": [PAIR | {"text": "x" * 100}] * 4}).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        b'{"pairs":' + b"[" * 10_000 + b"]" * 10_000 + b"}",
        b"[" * 10_000,
        b'{"pairs":' * 10_000,
        b"",
        b"\xff\xfe{}",
        b'{"pairs": [{"text": "\\ud800", "target": "t"}]}',
        b'{"pairs": [{"text": "a", "target": "t"}], "abstain_below": NaN}',
        b'{"pairs": [{"text": "a", "target": "t"}], "abstain_below": 1e999}',
        b"1" * 100_000,
    ],
    ids=lambda body: repr(body[:20]),
)
def test_what_is_no_such_json_is_a_clean_422(client: TestClient, body: bytes) -> None:
    reply = client.post("/predict", content=body, headers={"Content-Type": "application/json"})
    assert reply.status_code == 422
    assert len(reply.content) < 2000
    assert reply.json()["detail"]


def test_strange_texts_are_answered(client: TestClient) -> None:
    texts = ["\0", "\x1b[31m", "🚢" * 500, "a" * 10_000, "\u202e" * 50, "<script>alert(1)</script>", " ", "\n"]
    reply = client.post("/predict", json={"pairs": [PAIR | {"text": text} for text in texts]})
    assert len(reply.json()["predictions"]) == len(texts)
    assert json.loads(client.post("/predict", json={"pairs": [PAIR]}).content)["predictions"]
