"""The default model's report in docs: whole, small, of the real sets figures only."""

import json
import re

import pytest

from tests.conftest import ROOT, SHARED

FOLDER = ROOT / "docs" / "report"
WORDS = 8
"""A run of so many words in common is a quotation."""


def test_its_figures_are_those_of_the_report() -> None:
    from stance.evaluation.tables import markdown_tables, with_interval

    report = json.loads((FOLDER / "report.json").read_text(encoding="utf-8"))
    page = (ROOT / "docs" / "report.md").read_text(encoding="utf-8")
    (real,) = report["also"]
    assert (real["name"], real["measured_on"]["pairs"], real["labels"]) == (
        "real_news_dev",
        181,
        ["favor", "against", "none"],
    )
    for part in (report, real):
        assert with_interval(part["system"]["macro_f1"]) in page
    assert (FOLDER / "tables.md").read_text(encoding="utf-8") == markdown_tables(report)
    for path in re.findall(r"\]\(([^)]+)\)", page):
        assert (ROOT / "docs" / path).is_file(), path


@pytest.mark.parametrize("name", ["index.html", "errors.html"])
def test_it_is_small_and_its_links_lead_somewhere(name: str) -> None:
    text = (FOLDER / name).read_text(encoding="utf-8")
    assert len(text.encode()) < 3_000_000
    for link in set(re.findall(r'<a [^>]*href="([^"#][^"]*)"', text)):
        assert (FOLDER / link).resolve().is_file(), link


def test_no_sentence_of_the_real_sets_is_quoted() -> None:
    if not SHARED.is_dir():
        pytest.skip(f"needs the measuring sets in {SHARED}")
    known: set[str] = set()
    for name in ("real_news_dev", "real_news_unlabelled", "on_topic_dev"):
        for line in (SHARED / "data" / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            known |= {run for key in ("text", "prev", "next", "title") for run in _runs(row.get(key) or "")}
    assert len(known) > 10_000
    for path in [ROOT / "docs" / "report.md", *FOLDER.iterdir(), *(ROOT / "docs" / "images").glob("report-*.svg")]:
        # No markup between words, as attributions put there.
        text = re.sub(r"<[^>]*>", "", path.read_text(encoding="utf-8"))
        assert known & _runs(text) == set(), path.name


def _runs(text: str) -> set[str]:
    words = re.findall(r"\w+", text.lower())
    return {" ".join(words[i : i + WORDS]) for i in range(len(words) - WORDS + 1)}
