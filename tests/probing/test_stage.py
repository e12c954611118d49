"""The stage on a tiny model, and its parts that need one."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stance.config import ConfigError, DataError
from stance.examples import read_examples
from stance.model.folder import load_network, read_settings
from stance.model.inputs import PairEncoder
from stance.probing.attribution import Attribution, Explainer, contrast
from stance.probing.deletion import delete_tokens
from stance.probing.errors import Error, make_error, render_errors
from stance.probing.neighbours import nearest
from stance.probing.stage import ProbeConfig, probe
from stance.records import Prediction
from stance.storage import read_json, read_rows
from tests.probing.conftest import example

CHROMIUM = shutil.which("chromium")


@pytest.fixture(scope="module")
def explainer(trained: Path) -> Explainer:
    settings = read_settings(trained)
    network, tokenizer = load_network(trained)
    return Explainer(network, PairEncoder.of(tokenizer, settings.max_tokens, settings.template), settings.scheme.names)


@pytest.fixture(scope="module")
def probed(trained: Path, dataset: Path, encoder: Path) -> ProbeConfig:
    config = settings(trained, dataset, encoder, dataset.parent / "probes")
    probe(config)
    return config


def settings(model: Path, dataset: Path, encoder: Path, output: Path, **changes: Any) -> ProbeConfig:
    values: dict[str, Any] = {"encoder": str(encoder), "bootstrap_resamples": 100, "threads": 1, "attributed_pairs": 3}
    return ProbeConfig(model=model, dataset=dataset, output=output, **(values | changes))


def test_the_outputs_agree_with_each_other(probed: ProbeConfig) -> None:
    probes = read_json(probed.output / "probes.json")
    rows = [row for _, row in read_rows(probed.output / "examples.jsonl")]
    for test in probes["tests"]:
        own = [row for row in rows if row["test"] == test["test"]]
        assert len(own) == test["taken"] <= test["fitting"] <= test["tried"]
        assert sum(row["counted"] and row["failed"] for row in own) == test["failed"]
        assert sum(test["taken_from"].values()) == test["taken"]
    assert sum(test["taken"] for test in probes["tests"]) > 10
    page = (probed.output / "errors.html").read_text(encoding="utf-8")
    assert page.count("<article") == probes["errors"]["wrong"]
    assert probes["attributions"]["within_one_percent"] == probes["attributions"]["pairs"] > 0


def test_the_same_again_is_the_same(
    probed: ProbeConfig, trained: Path, dataset: Path, encoder: Path, tmp_path: Path
) -> None:
    assert probe(probed).fresh
    again = settings(trained, dataset, encoder, tmp_path / "probes")
    probe(again)
    for name in ("probes.json", "examples.jsonl", "errors.html"):
        assert (again.output / name).read_bytes() == (probed.output / name).read_bytes()


def test_what_cannot_be_probed_says_why(trained: Path, dataset: Path, encoder: Path, tmp_path: Path) -> None:
    (tmp_path / "p.jsonl").write_text("")
    with pytest.raises(DataError, match="no prediction for"):
        probe(settings(trained, dataset, encoder, tmp_path / "a", predictions=tmp_path / "p.jsonl"))
    folder = tmp_path / "model"
    shutil.copytree(trained, folder)
    (folder / "model.safetensors").unlink()
    with pytest.raises(ConfigError, match=r"has no model\.safetensors"):
        probe(settings(folder, dataset, encoder, tmp_path / "b"))


def test_attributions_sum_to_the_logit_difference(explainer: Explainer, dataset: Path) -> None:
    for e in read_examples(dataset, "test"):
        found = explainer.explain(e.text, e.target, ("", ""), e.label, "neutral" if e.label != "neutral" else "favor")
        assert found.complete
        assert sum(found.values) == pytest.approx(found.difference, rel=0.01)
        special = [v for v, part in zip(found.values, found.sequence, strict=True) if part is None]
        assert special == pytest.approx([0.0] * len(special), abs=1e-6)


def test_the_difference_is_that_of_the_networks_logits(explainer: Explainer, dataset: Path) -> None:
    e = read_examples(dataset, "test")[0]
    found = explainer.explain(e.text, e.target, ("", ""), "favor", "against")
    whole = explainer.encode(e.text, e.target, ("", ""))
    empty = dict(whole)
    empty["input_ids"] = [
        0 if part is not None else i for i, part in zip(whole["input_ids"], found.sequence, strict=True)
    ]
    margins = [float(explainer.margins([each], "favor", "against")[0]) for each in (whole, empty)]
    assert found.difference == pytest.approx(margins[0] - margins[1], abs=1e-4)


def test_deletion_takes_the_top_tokens(explainer: Explainer, dataset: Path) -> None:
    e = read_examples(dataset, "test")[0]
    found = explainer.explain(e.text, e.target, ("", ""), "favor", "against")
    whole = explainer.encode(e.text, e.target, ("", ""))
    fall = delete_tokens(explainer, whole, found, "g", seed=0)
    assert fall is not None
    words = [i for i, part in enumerate(found.sequence) if part is not None]
    top = sorted(words, key=lambda i: -found.values[i])[:3]
    rest = {k: [v for i, v in enumerate(values) if i not in top] for k, values in whole.items()}
    margins = explainer.margins([whole, rest], "favor", "against")
    assert fall.top == pytest.approx(float(margins[0] - margins[1]), abs=1e-5)


def test_an_error_is_set_against_gold_and_a_right_answer_against_the_next() -> None:
    names = ("favor", "against", "neutral")
    assert contrast(np.array([0.5, 0.2, 0.3]), names, "against") == ("favor", "against")
    assert contrast(np.array([0.5, 0.2, 0.3]), names, "favor") == ("favor", "neutral")


def test_the_nearest_training_example_is_the_one_that_says_nearly_the_same() -> None:
    encoder = "embedded/all-MiniLM-L6-v2"  # one of random weights takes any two sentences for alike
    train = [example(t, id=t) for t in ("The harvest was good.", "Planes landed near Mali.", "Elders praised it.")]
    found = nearest([example("Planes landed near Chad.")], train, encoder, 2)[0]
    assert found[0].example.text == "Planes landed near Mali."
    assert found[0].similarity >= found[1].similarity
    assert nearest([], train, encoder, 2) == []


def error(number: int, label: str, predicted: str, confidence: float, **values: Any) -> Error:
    gold = example(f"Sentence {number} & <b>more</b>.", label, id=f"e{number}", tags=("quote",), **values)
    names = ("favor", "against", "neutral", "unrelated")
    shares = {name: confidence if name == predicted else (1 - confidence) / 3 for name in names}
    asked = gold.model_dump(include={"id", "document", "start", "end", "text", "target"})
    prediction = Prediction(**asked, label=predicted, probabilities=shares)
    spans = ((0, 0), (0, 4), (4, 8), (9, 10), (0, 0), (0, 7), (0, 0))
    found = Attribution(
        ("[CLS]", "sent", "##ence", "1", "[SEP]", "foreign", "[SEP]"),
        spans,
        (None, 0, 0, 0, None, 1, None),
        (0.0, 0.5, 0.25, -0.5, 0.0, 0.1, 0.0),
        predicted,
        label,
        0.35,
        0.0,
        32,
    )
    return make_error(gold, prediction, (), (found, (gold.text, gold.target)))


def test_pieces_of_a_word_are_one_word_and_the_text_is_whole() -> None:
    shown = error(1, "favor", "against", 0.7)
    assert [(w.text, w.value) for w in shown.text if w.value] == [("Sentence", 0.75), ("1", -0.5)]
    assert "".join(w.text for w in shown.text) == shown.example.text
    assert [w.text for w in shown.top] == ["Sentence", "foreign"]


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Any]:
    """A page of three errors in a browser; console errors and requests that leave the machine are kept on it."""
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine; `make browser` installs it")
    from playwright.sync_api import sync_playwright

    errors = [
        error(1, "favor", "against", 0.9, genre="letter"),
        error(2, "against", "favor", 0.8, genre="blog"),
        error(3, "favor", "neutral", 0.6, genre="blog"),
    ]
    facts = {"split": "test", "pairs": 9, "attributed": 3, "encoder": "tiny", "model": "0f"}
    path = tmp_path / "errors.html"
    path.write_text(render_errors(errors, facts), encoding="utf-8")
    flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
    environment: dict[str, str | float | bool] = {**os.environ, "HOME": str(tmp_path)}
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=flags, env=environment)
        opened = browser.new_page()
        trouble: list[str] = []
        opened.on("console", lambda message: trouble.append(message.text) if message.type == "error" else None)
        opened.on("pageerror", lambda problem: trouble.append(str(problem)))
        opened.on("request", lambda r: None if r.url.startswith(("file:", "data:")) else trouble.append(r.url))
        opened.goto(path.as_uri())
        yield opened
        browser.close()
        assert trouble == []


def test_the_browser_of_errors_filters_and_sorts(page: Any) -> None:
    from playwright.sync_api import expect

    def shown() -> list[str]:
        return [t.split(" &")[0] for t in page.locator("article:visible .text").all_text_contents()]

    assert shown() == ["Sentence 1", "Sentence 2", "Sentence 3"]
    page.select_option("#f-genre", "blog")
    assert shown() == ["Sentence 2", "Sentence 3"]
    assert page.text_content("#count") == "2 shown"
    page.select_option("#f-order", "unsure")
    assert shown() == ["Sentence 3", "Sentence 2"]
    page.fill("#f-text", "sentence 2")
    assert shown() == ["Sentence 2"]
    page.click("button[type=reset]")
    expect(page.locator("article:visible")).to_have_count(3)  # the form resets after the click
    assert page.locator("article b").count() == 0  # what is in the data is text


def test_the_browser_of_errors_is_readable_by_everybody(page: Any) -> None:
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    assert [v["id"] for v in found if v["impact"] in ("serious", "critical")] == []


def test_the_part_of_the_report_shows_every_test(probed: ProbeConfig) -> None:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("stance.evaluation", "."), autoescape=True, undefined=StrictUndefined
    )
    environment.filters |= {"number": lambda value: f"{value:.2f}"}
    probes = json.loads((probed.output / "probes.json").read_text(encoding="utf-8"))
    text = environment.get_template("probes.html.j2").render(report={"probes": probes})
    assert all(f">{test['test']} <small>" in text for test in probes["tests"])
    assert 'href="../probes/errors.html"' in text
