"""The report: files, numbers that lead to sentences, a page that a browser opens without a network."""

import csv
import functools
import http.server
import os
import re
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stance.analysis.page import linked
from stance.analysis.stage import FindingsConfig, findings
from stance.config import ConfigError, DataError, decode
from stance.storage import read_json

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
# A number is a link, part of a name or a sentence, or the summary that opens the sentences which it counts.
UNTRACED = """() => {
  const within = 'a[href^="#"], [data-name], [data-appendix], summary, svg, h1, h3, style, footer, ' +
    'blockquote p:first-child';
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent;
    if (/\\d/.test(text) && !walker.currentNode.parentElement.closest(within)) found.push(text.trim());
  }
  return found;
}"""
BROKEN = """() => [...document.querySelectorAll('a')].map(a => a.getAttribute('href'))
  .filter(href => !href || !href.startsWith('#') || !document.getElementById(href.slice(1)))"""


def rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


def test_the_report_holds_what_was_made_of_every_prediction(report: Path) -> None:
    made = read_json(report / "findings.json")
    assert made["opinions"] == 180
    assert made["articles"] == 30
    assert made["stories"] == 29
    assert made["overall"]["gold"] == 90
    assert made["overall"]["correction"] == "own"
    assert len(rows(report / "evidence.csv")) == 180
    assert sum(bool(row["gold"]) for row in rows(report / "evidence.csv")) == 90
    for kind in made["groups"].values():
        shown = sum(group["rows"] for group in kind["groups"])
        assert shown + kind["small"]["rows"] + kind["unknown"] == 180


def test_the_change_is_found_and_corrected(report: Path) -> None:
    timeline = read_json(report / "findings.json")["timeline"]
    assert [panel["name"] for panel in timeline["panels"]] == ["All", "France", "UN"]
    (change,) = timeline["panels"][0]["changes"]
    assert "2011-06" < change["date"] < "2012-06"
    assert change["corrected"]["high"] < 0
    assert [event["label"] for event in timeline["panels"][1]["events"]] == ["strikes begin", "France enters"]
    assert [event["label"] for event in timeline["panels"][2]["events"]] == ["strikes begin"]


def test_tables_say_what_the_page_says(report: Path) -> None:
    shares = rows(report / "shares.csv")
    whole = read_json(report / "findings.json")["overall"]["labels"]
    assert {row["label"]: float(row["share"]) for row in shares[:4]} == {k: v["value"] for k, v in whole.items()}
    latex = (report / "shares.tex").read_text(encoding="utf-8")
    assert latex.count("\\begin{tabular}") == latex.count("\\end{tabular}") >= 3
    assert r"The <b>Harbour</b> \& Post" in latex
    assert r"Northern \$x\$ Wire" in latex


def test_without_gold_labels_the_page_says_that_nothing_is_corrected(collection: Path, tmp_path: Path) -> None:
    shared = {"sentences": collection / "sentences", "predictions": collection / "survey"}
    findings(FindingsConfig(**shared, period="year", shuffles=99, output=tmp_path / "f"))
    made = read_json(tmp_path / "f" / "findings.json")
    assert made["classifier"] is None
    assert {group["correction"] for kind in made["groups"].values() for group in kind["groups"]} == {"none"}
    page = (tmp_path / "f" / "findings.html").read_text(encoding="utf-8")
    assert "There are no gold labels" in page
    assert "uncorrected" in page


def test_equal_requests_give_equal_pages(collection: Path, report: Path, tmp_path: Path) -> None:
    shared = {"sentences": collection / "sentences", "predictions": collection / "survey"}
    more = {
        "gold": collection / "labelled.jsonl",
        "events": collection / "events.csv",
        "notes": ("Thirty made articles.",),
    }
    findings(FindingsConfig(**shared, **more, period="year", shuffles=199, output=tmp_path / "f"))
    assert (tmp_path / "f" / "findings.html").read_bytes() == (report / "findings.html").read_bytes()


def test_a_grouping_that_there_is_not_and_labels_off_the_scheme_are_named(collection: Path, tmp_path: Path) -> None:
    values: dict[str, Any] = {"sentences": str(collection / "sentences"), "predictions": str(collection / "survey")}
    values |= {"output": str(tmp_path / "f")}
    with pytest.raises(ConfigError, match=r"groups: no grouping planet; expected some of target, intervener"):
        decode(FindingsConfig, values | {"groups": ["outlet", "planet"]})
    queue = (collection / "labelled.jsonl").read_text(encoding="utf-8")
    (tmp_path / "q.jsonl").write_text(re.sub(r'"label":"\w+"', '"label":"pro"', queue, count=1), encoding="utf-8")
    with pytest.raises(DataError, match="label 'pro'"):
        findings(decode(FindingsConfig, values | {"gold": str(tmp_path / "q.jsonl")}))


def test_numbers_in_a_text_become_links() -> None:
    assert linked("On 1,200 labels 62% [58, 66] & +0.10 moved", "x") == (
        'On <a href="#x">1,200</a> labels <a href="#x">62% [58, 66]</a> &amp; <a href="#x">+0.10</a> moved'
    )


def test_names_from_outside_are_text(report: Path) -> None:
    page = (report / "findings.html").read_text(encoding="utf-8")
    assert "<b>Harbour" not in page
    assert "Article &lt;3&gt;" in page
    assert "Northern $x$ Wire" in page
    assert "<script" not in page
    assert not re.search(r"@import|url\((?!#)|https?:", page)


@pytest.fixture(scope="module")
def page(report: Path) -> Iterator[Any]:
    """The report in a real browser, served from this machine."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine: make browser")
    handler = functools.partial(_Quiet, directory=str(report))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=CHROMIUM, args=sandbox)
        opened = browser.new_page()
        opened.asked = []
        opened.on("request", lambda request: opened.asked.append(request.url))
        opened.complaints = []
        opened.on("console", lambda message: opened.complaints.append(message.text))
        opened.goto(f"http://127.0.0.1:{server.server_port}/findings.html")
        yield opened
        browser.close()
    server.shutdown()
    server.server_close()
    thread.join()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


def test_the_page_asks_for_nothing_but_itself(page: Any) -> None:
    page.wait_for_load_state("networkidle")
    assert [url for url in page.asked if not url.endswith(("/findings.html", "/favicon.ico"))] == []


def test_every_number_leads_to_what_it_rests_on(page: Any) -> None:
    assert page.evaluate(UNTRACED) == []
    assert page.evaluate(BROKEN) == []
    assert page.locator('main a[href^="#"]').count() > 300


def test_a_click_on_a_share_shows_its_sentences(page: Any) -> None:
    page.locator(".headline a").first.click()
    section = page.locator("details", has=page.locator("#all-0"))
    assert section.evaluate("details => details.open")
    link = section.locator(".chips a").first
    link.click()
    entry = page.locator(":target")
    assert "Sentence" in entry.inner_text()
    assert entry.is_visible()


def test_a_dot_of_a_timeline_is_a_link(page: Any) -> None:
    links = page.locator("#since-when ~ figure svg a")
    assert links.count() >= 10
    assert all(link.get_attribute("aria-label") for link in links.all())


def test_the_page_is_accessible(page: Any) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        found = axe.Axe().run(page).response["violations"]
        assert [(v["id"], v["nodes"][0]["html"][:200], len(v["nodes"])) for v in found] == []


def test_the_page_fits_a_phone(page: Any) -> None:
    page.set_viewport_size({"width": 360, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
