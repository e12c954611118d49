"""The page in a real Chromium, driven as coders drive it: by the keyboard."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stance.annotation.store import Store
from stance.annotation.votes import votes
from stance.records import Pair, Vote
from stance.storage import read_records
from tests.annotation.conftest import Server, write_project
from tests.annotation.driver import CHROMIUM, Coder, as_pressed, chromium, outside, violations
from tests.conftest import run_script

SLOW_SETUP = """
const real = fetch;
window.fetch = async (path, ...more) => {
  if (path === "/api/setup") await new Promise((go) => { window.goOn = () => setTimeout(go, 500); });
  return real(path, ...more);
};
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is not there; `make browser` installs it")
    with chromium() as running:
        yield running


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    page = browser.new_page()
    yield page
    page.close()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server for the tests in which it is not killed, with a suggestion for item 5; each has a coder of its own."""
    project = write_project(tmp_path_factory.mktemp("page"))
    pair = list(read_records(project / "labels" / "pairs.jsonl", Pair))[4]
    (project / "s.jsonl").write_text(json.dumps({"pair_id": pair.id, "label": "favor", "confidence": 0.8}) + "\n")
    server = Server(project, "--pairs", str(project / "labels"), "--suggestions", str(project / "s.jsonl"))
    server.start()
    yield server
    server.kill()


@pytest.fixture
def server(project: Path) -> Iterator[Server]:
    server = Server(project)
    server.start()
    yield server
    server.kill()


def test_two_coders_label_twenty_pairs_each_through_a_reload_and_two_kills(
    browser: Any, server: Server, project: Path
) -> None:
    contexts = [browser.new_context(viewport={"width": 800, "height": 600}) for _ in range(2)]
    requested: list[str] = []
    for context in contexts:
        context.on("request", lambda request: requested.append(request.url))
    ana, ben = (
        Coder(context.new_page(), name, seed).sit_down(server)
        for context, name, seed in zip(contexts, ("Ana", "Ben"), (1, 2), strict=True)
    )
    for number in range(1, 21):
        ana.label(number)
        ben.label(number)
        if number == 6:
            ana.page.reload()  # in the middle, with nothing waited for
            ana.at(7)
        if number == 10:
            server.kill()
        if number == 13:  # three items were labelled without a server
            ben.page.locator("#saved", has_text="kept in this browser").wait_for()
            server.start()
            ben.page.reload()
            ben.at(14)
            server.kill()  # perhaps while what was kept is being sent
            server.start()
    for coder in (ana, ben):
        coder.saved()
        assert coder.page.is_visible("#done")
    with Store(server.store) as store:
        history = store.history()
        for coder in (ana, ben):
            assert [as_pressed(row) for row in store.history(coder.name)] == coder.pressed
    assert sum(row.action != "undo" for row in history) >= 40
    assert len({row.id for row in history}) == len(history) == len(ana.pressed) + len(ben.pressed)
    assert all(0 < row.seconds < 60 for row in history if row.action != "undo")
    with ana.page.expect_download() as download:
        ana.page.click("#export-blind")
    (project / "ana.jsonl").write_bytes(Path(download.value.path()).read_bytes())
    own = list(read_records(project / "ana.jsonl", Vote))
    assert own == [vote for vote in votes(history) if vote.labeler == "Ana"]
    assert len(own) == 20
    exported = run_script("annotate", str(server.store), "--export", str(project / "votes.jsonl"))
    assert exported.returncode == 0, exported.stderr
    assert list(read_records(project / "votes.jsonl", Vote)) == list(votes(history))
    assert requested
    assert [url for url in requested if not url.startswith(server.address)] == []


def test_the_suggestion_comes_after_the_answer_and_a_change_is_recorded(page: Any, shared: Server) -> None:
    received: list[str] = []
    page.on("response", lambda r: received.append(r.text()) if "/api/items" in r.url else None)
    coder = Coder(page, "Eve", 0).sit_down(shared)
    coder.press(*["ArrowRight"] * 4)
    coder.at(5)
    assert '"confidence"' not in "".join(received)
    assert not page.is_visible("#reveal")
    coder.press("3")
    page.wait_for_function("() => document.getElementById('reveal').textContent.includes('differs: favor (80%)')")
    coder.press("f", "ArrowDown", "Enter")
    page.wait_for_function("() => document.getElementById('reveal').textContent.includes('Same as')")
    coder.press("Enter")
    coder.at(6)
    coder.saved()
    with Store(shared.store) as store:
        rows = store.history(coder.name)
    assert [(row.label, row.suggestion) for row in rows] == [("neutral", None), ("favor", "favor")]
    assert rows[1].holder == "Premier Otto Lindqvist"


def test_the_mouse_marks_whole_words_by_code_points_and_html_in_a_sentence_is_text(page: Any, shared: Server) -> None:
    coder = Coder(page, "Ana", 0).sit_down(shared)
    coder.press("ArrowRight", "ArrowRight")
    coder.at(3)
    words = page.locator(".word")
    texts = words.all_inner_texts()
    first, last = words.nth(texts.index("Mayor")).bounding_box(), words.nth(texts.index("O’Brien")).bounding_box()
    page.mouse.move(first["x"] + 4, first["y"] + first["height"] / 2)
    page.mouse.down()
    page.mouse.move(last["x"] + last["width"] - 4, last["y"] + last["height"] / 2, steps=4)
    page.mouse.up()
    page.wait_for_function("() => document.getElementById('holder-name').textContent === 'Holder: Mayor Vera O’Brien'")
    coder.press("2")
    coder.at(4)
    assert page.inner_text("#sentence").startswith("The harvest <b>around</b>")
    assert page.locator("#passage b").count() == 0
    coder.saved()
    with Store(shared.store) as store:
        (row,) = store.history(coder.name)
    sentence = "“Take your marines home 🚢 at once,” Mayor Vera O’Brien told the U.S. envoy."
    assert sentence[row.holder_start : row.holder_end] == row.holder == "Mayor Vera O’Brien"


def test_what_is_chosen_but_not_saved_outlives_a_reload(page: Any, shared: Server) -> None:
    coder = Coder(page, "Ben", 0).sit_down(shared)
    coder.press("1", "ArrowDown", "Escape", "c")
    page.keyboard.type("not sure about 1")
    page.reload()
    coder.at(1)
    page.wait_for_function("() => document.getElementById('note').value === 'not sure about 1'")
    assert page.inner_text("#holder-name") == "Holder: Premier Otto Lindqvist"
    coder.press("Enter")
    coder.at(2)
    coder.saved()
    with Store(shared.store) as store:
        (row,) = store.history(coder.name)
    assert (row.label, row.holder, row.note) == ("favor", "Premier Otto Lindqvist", "not sure about 1")


def test_who_labels_is_asked_only_when_the_page_can_take_the_answer(page: Any, shared: Server) -> None:
    page.add_init_script(SLOW_SETUP)
    page.goto(shared.address)
    assert page.locator("#name").is_hidden()
    page.evaluate("goOn()")
    coder = Coder(page, "Cyd", 0).introduce()
    assert page.inner_text("#coder") == coder.name


def test_nothing_serious_for_axe_and_all_in_view_wide_narrow_light_and_dark(browser: Any, shared: Server) -> None:
    page = browser.new_context(bypass_csp=True).new_page()
    page.goto(shared.address)
    page.wait_for_selector("#name")
    assert violations(page) == []
    coder = Coder(page, "Dan", 0).introduce()
    coder.press("1", "ArrowDown", "q")
    assert page.is_visible("#guidelines")
    for width, scheme in ((1280, "light"), (400, "dark")):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 800})
        if width == 400:
            coder.press("g")  # they cover the item here
            assert page.is_hidden("#guidelines")
        assert violations(page) == []
        assert outside(page, width) == []
    page.context.close()
