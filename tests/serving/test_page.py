"""The reading page: what its server says, and the whole story in a real Chromium."""

import csv
import io
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from stance.annotation.store import Store
from stance.annotation.votes import votes
from stance.config import ConfigError, DataError
from stance.inference.classifier import StanceClassifier
from stance.ingest.readers import READERS, read_documents
from stance.ingest.sentences import split_sentences
from stance.ingest.standoff import StandoffLabel, rehydrate
from stance.records import Document, Pair, Vote, pair_id
from stance.serving.app import make_app
from stance.serving.config import ServeConfig
from stance.serving.page.omission import without_each
from stance.serving.page.similar import Index
from stance.serving.service import Service
from stance.storage import read_records
from tests.conftest import SENTENCES, tiny_training
from tests.ingest.samples import pdf
from tests.serving import page as driver

TARGET = "foreign intervention in Mali"
ARTICLE = " ".join(text.format("Mali") for text in SENTENCES.values())
FRONT = f"---\ntitle: News from Mali\npublished: 2011-03-19\n---\n\n{ARTICLE}\n"
ATTACK = "<script>window.hacked = 1</script><img src=x onerror='window.hacked = 1'>"


@pytest.fixture(scope="module")
def second(dataset: Path, encoder: Path) -> Path:
    from stance.training.stage import train

    folder = dataset.parent / "second"
    train(tiny_training(dataset, encoder, folder, epochs=1, seed=7))
    return folder


@pytest.fixture(scope="module")
def config(trained: Path, second: Path, dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> ServeConfig:
    return ServeConfig(
        model=trained,
        compare=second,
        examples=dataset,
        corrections=tmp_path_factory.mktemp("page") / "corrections",
        workers=1,
        reload_seconds=0,
        drain_seconds=0,
    )


@pytest.fixture(scope="module")
def client(config: ServeConfig) -> Iterator[TestClient]:
    with TestClient(make_app(Service(config), config), base_url="http://127.0.0.1:8000") as client:
        yield client


def test_setup_says_what_this_server_can_do(client: TestClient, config: ServeConfig) -> None:
    setup = client.get("/page/setup").json()
    assert [label["name"] for label in setup["labels"]] == ["favor", "against", "neutral", "unrelated"]
    assert (setup["fetch"], setup["examples"], setup["corrections"]) == (False, True, True)
    assert setup["model"] != setup["compare"]


@pytest.mark.parametrize(
    ("content", "kind", "title"),
    [
        (ARTICLE.encode(), "text/plain", None),
        (FRONT.encode(), "text/markdown", "News from Mali"),
        (f"<html><head><title>Strikes</title></head><body><article><p>{ARTICLE}</p></article></body></html>".encode(),
         "text/html; charset=utf-8", "Strikes"),
    ],
)  # fmt: skip
def test_a_file_is_read_and_targets_are_suggested(client: TestClient, content: bytes, kind: str, title: str) -> None:
    reply = client.post("/page/file", content=content, headers={"Content-Type": kind})
    assert reply.status_code == 200
    assert reply.json()["text"] == ARTICLE
    assert reply.json()["title"] == title
    assert reply.json()["targets"] == [TARGET]


def test_a_pdf_is_read(client: TestClient) -> None:
    reply = client.post("/page/file", content=pdf(ARTICLE), headers={"Content-Type": "application/pdf"})
    assert reply.json()["title"] == "A report"
    assert reply.json()["text"].replace(" ", "") == ARTICLE.replace(" ", "")


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"%PDF-1.7 nothing", "application/pdf", 422),
        (b"", "text/plain", 422),
        (b"   ", "text/html", 422),
        (b"PK", "application/zip", 415),
        (b"x" * 10_000_001, "text/plain", 413),
    ],
)
def test_what_holds_no_article_is_refused_without_a_path_of_the_server(
    client: TestClient, content: bytes, kind: str, status: int
) -> None:
    reply = client.post("/page/file", content=content, headers={"Content-Type": kind})
    assert reply.status_code == status
    assert "/tmp" not in reply.text  # noqa: S108


def test_words_are_weighed_by_leaving_each_out(client: TestClient, trained: Path) -> None:
    text = SENTENCES["against"].format("Mali")
    found = client.post("/page/words", json={"text": text, "target": TARGET}).json()
    left_out = without_each(text)
    assert [text[w["start"] : w["end"]] for w in found["words"]] == text.rstrip(".").split()
    assert left_out[0].text == text.removeprefix("Elders ")
    classifier = StanceClassifier.load(trained)
    rows = classifier.predict([text, *(w.text for w in left_out)], TARGET)
    odds = [p.probabilities[found["label"]] / p.probabilities[found["against"]] for p in rows]
    expected = [math.log(odds[0] / each) for each in odds[1:]]
    assert [w["weight"] for w in found["words"]] == pytest.approx(expected, abs=0.02)
    assert found["label"] == rows[0].label


def test_one_word_has_nothing_to_leave_out(client: TestClient) -> None:
    assert client.post("/page/words", json={"text": "Mali", "target": TARGET}).json()["words"] == []


def test_labelled_sentences_like_a_given_one(client: TestClient, dataset: Path) -> None:
    from stance.examples import read_examples

    examples = read_examples(dataset, "train")
    example = next(e for e in examples if e.label == "neutral")
    found = client.post("/page/similar", json={"text": example.text, "target": TARGET}).json()["examples"]
    assert (found[0]["text"], found[0]["label"]) == (example.text, "neutral")
    assert found[0]["similarity"] == pytest.approx(1)
    assert [e["similarity"] for e in found] == sorted((e["similarity"] for e in found), reverse=True)
    assert len({e["text"] for e in found}) == 5
    assert Index(examples).nearest("Zyx qwv", 5) == []


def test_the_second_model_answers_as_it_does_alone(client: TestClient, second: Path) -> None:
    reply = client.post("/page/compare", json={"text": ARTICLE, "targets": [TARGET, "x"]}).json()
    alone = StanceClassifier.load(second).predict_document(ARTICLE, [TARGET, "x"])
    answers = [answer for sentence in reply["sentences"] for answer in sentence]
    assert [a["label"] for a in answers] == [p.label for p in alone]
    for answer, prediction in zip(answers, alone, strict=True):
        assert answer["probabilities"] == pytest.approx(dict(prediction.probabilities), abs=1e-3)


def correction(**changes: Any) -> dict[str, Any]:
    base = {"id": "one-more-row", "coder": "ana", "text": ARTICLE, "sentence": 1, "target": TARGET, "label": "favor"}
    return base | changes


def test_a_correction_is_a_vote_on_the_sentence_that_ingest_makes(client: TestClient, config: ServeConfig) -> None:
    assert config.corrections is not None
    assert client.post("/page/corrections", json=correction()).status_code == 200
    assert client.post("/page/corrections", json=correction()).status_code == 200  # sent again, kept once
    slip = correction(id="slip-of-hand", sentence=2)
    assert client.post("/page/corrections", json=slip).status_code == 200
    back = correction(id="taken-back", sentence=2, label=None, undoes="slip-of-hand")
    assert client.post("/page/corrections", json=back).status_code == 200
    with Store(config.corrections / "answers.sqlite", create=False) as store:
        (vote,) = votes(store.history("ana"))
    (article,) = (config.corrections / "articles").iterdir()
    (document,) = read_documents(article, READERS)
    assert isinstance(document, Document)
    sentence = list(split_sentences(document))[1]
    assert (vote.pair_id, vote.label) == (pair_id(sentence.id, TARGET), "favor")
    pairs = list(read_records(config.corrections / "pairs.jsonl", Pair))
    assert vote.pair_id in {pair.id for pair in pairs}


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"label": "wrong"}, 422),
        ({"sentence": 99}, 422),
        ({"label": None}, 422),
        ({"label": "favor", "undoes": "one-more-row"}, 422),
        ({"id": "one-more-row", "label": "against"}, 409),
        ({"text": "\x00 "}, 422),
    ],
)
def test_what_is_no_correction_is_refused(client: TestClient, changes: dict[str, Any], status: int) -> None:
    client.post("/page/corrections", json=correction())
    assert client.post("/page/corrections", json=correction(**changes)).status_code == status


def test_stand_off_annotations_can_be_placed_again(client: TestClient) -> None:
    mark = {"sentence": 1, "target": TARGET, "label": "against", "by": "ana", "holder": "Elders"}
    reply = client.post("/page/standoff", json={"text": ARTICLE, "marks": [mark]})
    labels = [StandoffLabel.model_validate_json(line) for line in reply.text.splitlines()]
    assert "condemned" not in reply.text
    document = Document(id="0" * 16, text=ARTICLE, source="own/copy.txt")
    (placed,) = rehydrate(labels, [document], split_sentences(document)).placed
    assert (placed.sentence, placed.label, placed.holder) == (
        SENTENCES["against"].format("Mali"), "against", "Elders",
    )  # fmt: skip
    outside = client.post("/page/standoff", json={"text": ARTICLE, "marks": [mark | {"sentence": -1}]})
    assert outside.status_code == 422


def test_addresses_are_not_fetched_unless_the_server_was_told_to(client: TestClient) -> None:
    reply = client.post("/page/article", json={"url": "http://127.0.0.1:8000/page/setup"})
    assert reply.status_code == 403


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1/",
        "http://localhost:1/",
        "http://[::1]:1/",
        "http://[::ffff:127.0.0.1]/",
        "http://169.254.169.254/latest/meta-data/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://0.0.0.0/",
        "http://10.0.0.1/",
        "http://user:secret@10.0.0.1/",
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
        "http://",
    ],
)
def test_the_url_field_reaches_no_private_network_and_tells_nothing_of_it(url: str, fetching: TestClient) -> None:
    reply = fetching.post("/page/article", json={"url": url})
    assert reply.status_code == 422
    expected = {"private address", "not a web address"}
    assert reply.json()["detail"].removeprefix("no article to read: ") in expected


@pytest.fixture(scope="module")
def fetching(trained: Path) -> Iterator[TestClient]:
    config = ServeConfig(model=trained, fetch_urls=True, workers=1, reload_seconds=0)
    with TestClient(make_app(Service(config), config), base_url="http://127.0.0.1:8000") as client:
        yield client


def test_without_examples_corrections_and_second_model_the_page_still_reads(fetching: TestClient) -> None:
    assert (
        fetching.post(
            "/page/article", json={"html": f"<html><body><article><p>{ARTICLE}</p></article></body></html>"}
        ).json()["text"]
        == ARTICLE
    )
    for path, body in (
        ("similar", {"text": "a", "target": "b"}),
        ("compare", {"text": "a", "targets": ["b"]}),
        ("corrections", correction()),
    ):
        assert fetching.post(f"/page/{path}", json=body).status_code == 404


def test_what_the_page_cannot_use_is_said_before_it_starts(config: ServeConfig, trained: Path, tmp_path: Path) -> None:
    (tmp_path / "answers.sqlite").write_bytes(b"no database, but long enough to be one? no" * 20)
    for field, value in (("compare", tmp_path / "none"), ("corrections", tmp_path)):
        broken = ServeConfig(model=trained, workers=1, **{field: value})
        service = Service(broken)
        try:
            with pytest.raises((ConfigError, DataError)):
                make_app(service, broken)
        finally:
            service.stop()


# --- in the browser ---


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if not driver.CHROMIUM.exists():
        pytest.skip(f"{driver.CHROMIUM} is not there; `make browser` installs it")
    with driver.chromium() as running:
        yield running


@pytest.fixture(scope="module")
def address(config: ServeConfig) -> Iterator[str]:
    with driver.served(config) as address:
        yield address


def test_a_reader_reads_chooses_corrects_compares_and_exports(browser: Any, address: str, config: ServeConfig) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    requested: list[str] = []
    context.on("request", lambda request: requested.append(request.url))
    page = driver.opened(context, address)
    read_labels = StanceClassifier.load(config.model).predict_document(ARTICLE, TARGET)
    driver.read(page, ARTICLE)
    sentences = page.locator(".s")
    assert [s.get_attribute("data-label") for s in sentences.all()] == [p.label for p in read_labels]
    assert page.locator("#targets [aria-pressed=true]").inner_text().strip() == TARGET
    signs = {"favor": "▲", "against": "▼", "neutral": "●", "unrelated": "○"}
    assert [s.inner_text()[0] for s in sentences.all()] == [signs[p.label] for p in read_labels]
    lines = {s.get_attribute("data-label"): s.locator(".words").evaluate("e => getComputedStyle(e).textDecorationLine"
             " + getComputedStyle(e).textDecorationStyle") for s in sentences.all()}  # fmt: skip
    assert len(set(lines.values())) == len(lines)  # no two labels look alike without their colour
    # Another target, typed.
    page.fill("#target", "foreign intervention in Chad")
    page.press("#target", "Enter")
    page.wait_for_selector("#targets [aria-pressed=true][data-target$=Chad]")
    page.click(f"#targets [data-target='{TARGET}']")
    page.wait_for_selector(f"#targets [aria-pressed=true][data-target='{TARGET}']")
    # A sentence by click, its neighbour by key, its correction by key.
    page.click(".s[data-number='0'] .sign")
    page.wait_for_selector("#words[data-done]")
    page.wait_for_selector("#near li")
    page.keyboard.press("ArrowDown")
    page.wait_for_selector(".s[data-number='1'][aria-pressed=true]")
    page.fill("#coder", "berta")
    page.press("#coder", "Tab")
    page.locator(".s[data-number='1']").focus()
    wrong = "unrelated" if read_labels[1].label != "unrelated" else "neutral"
    page.keyboard.press(str(list(signs).index(wrong) + 1))
    page.wait_for_selector(f".s[data-number='1'][data-label={wrong}]")
    page.keyboard.press("c")
    page.wait_for_selector("#sentence h3:has-text('Second model')")
    page.keyboard.press("Escape")
    page.wait_for_selector("#sentence", state="hidden")
    files = {kind: export(page, kind) for kind in ("csv", "json", "standoff", "svg", "png")}
    rows = list(csv.DictReader(io.StringIO(files["csv"].decode("utf-8-sig"))))
    assert len(rows) == 8
    fixed = [(row["label"], row["corrected"]) for row in rows if (row["target"], row["sentence"]) == (TARGET, "1")]
    assert fixed == [(wrong, "true")]
    for row in rows:
        assert ARTICLE[int(row["start"]) : int(row["end"])] == row["text"]
    told = json.loads(files["json"])
    assert told["article"]["text"] == ARTICLE
    assert len(told["answers"]) == 8
    labels = [StandoffLabel.model_validate_json(line) for line in files["standoff"].splitlines()]
    assert [label.annotator for label in labels].count("berta") == 1
    assert files["svg"].startswith(b"<svg")
    assert all(f">{word}</text>" in files["svg"].decode() for word in ARTICLE.split())
    assert files["png"].startswith(b"\x89PNG")
    assert config.corrections is not None
    with Store(config.corrections / "answers.sqlite", create=False) as store:
        (vote,) = votes(store.history("berta"))
    assert isinstance(vote, Vote)
    assert (vote.label, vote.notes is not None) == (wrong, True)
    assert all(url.startswith((address, "blob:" + address)) for url in requested)
    context.close()


def export(page: Any, kind: str) -> bytes:
    page.keyboard.press("e")
    with page.expect_download() as waiting:
        page.click(f"[data-export={kind}]")
    page.wait_for_selector("#exports", state="hidden")
    return Path(waiting.value.path()).read_bytes()


def test_script_in_text_title_and_target_is_shown_as_text(browser: Any, address: str) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = driver.opened(context, address)
    driver.read(page, f"The mayor of Mali said {ATTACK} to the foreign troops. {ARTICLE}")
    assert ATTACK in page.locator("#body").inner_text()
    page.fill("#target", ATTACK)
    page.press("#target", "Enter")
    page.wait_for_function("() => document.querySelectorAll('#targets button').length > 1")
    assert ATTACK in page.locator("#targets").inner_text()
    page.click("#new")
    title = ATTACK.replace("<", "&lt;")
    driver.read(
        page, f"<html><head><title>{title}</title></head><body><article><p>{ARTICLE}</p></article></body></html>"
    )
    assert "<script>" in page.locator("#title").inner_text()
    assert page.locator("#reader script, #reader img").count() == 0
    assert page.evaluate("() => window.hacked === undefined")
    written = "() => { try { document.body.innerHTML = '<b>x</b>'; return true } catch { return false } }"
    assert page.evaluate(written) is False  # trusted types: nothing is ever parsed as HTML
    context.close()


def test_nothing_serious_for_axe_and_no_sideways_scrolling(browser: Any, address: str) -> None:
    for width in (1280, 390):
        for scheme in ("light", "dark"):
            context = browser.new_context(
                viewport={"width": width, "height": 800}, color_scheme=scheme, bypass_csp=True
            )
            page = driver.opened(context, address)
            assert driver.violations(page) == []
            driver.read(page, ARTICLE)
            page.click(".s[data-number='1'] .sign")
            page.wait_for_selector("#words[data-done]")
            page.wait_for_selector("#near li")
            assert driver.violations(page) == []
            assert page.evaluate("() => document.documentElement.scrollWidth") <= width
            context.close()
