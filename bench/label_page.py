"""The annotation page against its bars, in a real Chromium: rows for `make bench-label`, or run alone."""

import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from bench.table import Row, print_table
from stance.annotation.answers import Given
from stance.annotation.store import Store
from tests.annotation.conftest import Server, write_project
from tests.annotation.driver import CHROMIUM, Coder, as_pressed, chromium, outside, violations

ITEMS, KILLED_AT, BACK_AT, RELOADED_AT = 20, 8, 11, 15
COMMITS = 300
PAINT = "() => new Promise(done => requestAnimationFrame(() => setTimeout(done)))"


def rows() -> list[Row]:
    """What was measured; a single row without a verdict where there is no browser."""
    with tempfile.TemporaryDirectory() as folder:
        commit = _commits(Path(folder))
        if not CHROMIUM.exists():
            return [
                commit,
                Row("annotation page", "nothing lost", "not measured", f"{CHROMIUM} is missing: make browser"),
            ]
        project = write_project(Path(folder))
        server = Server(project)
        server.start()
        try:
            with chromium() as browser:
                return [*_two_coders(browser, server), *_look(browser, server), commit]
        finally:
            server.kill()


def _two_coders(browser: Any, server: Server) -> list[Row]:
    requested: list[str] = []
    coders = []
    for name, seed in (("Ana", 1), ("Ben", 2)):
        context = browser.new_context(viewport={"width": 1000, "height": 700})
        context.on("request", lambda request: requested.append(request.url))
        coders.append(Coder(context.new_page(), name, seed).sit_down(server))
    for number in range(1, ITEMS + 1):
        for coder in coders:
            coder.label(number)
        if number == KILLED_AT:
            server.kill()
        if number == BACK_AT:
            server.start()
        if number == RELOADED_AT:
            for coder in coders:
                coder.page.reload()
                coder.at(number + 1)
    for coder in coders:
        coder.saved()
    with Store(server.store) as store:
        found = {coder.name: [as_pressed(row) for row in store.history(coder.name)] for coder in coders}
    pressed = sum(len(coder.pressed) for coder in coders)
    same = sum(a == b for coder in coders for a, b in zip(found[coder.name], coder.pressed, strict=False))
    outer = [url for url in requested if not url.startswith(server.address)]
    how = "two coders, 20 pairs each, keys only; reload, kill -9 of the server, three pairs each without it; same order"
    return [
        Row(
            "page: answers kept",
            "all pressed, none twice",
            f"{same} of {pressed}, {sum(map(len, found.values()))} stored",
            how,
            same == pressed == sum(map(len, found.values())),
        ),
        Row(
            "page: requests that leave 127.0.0.1",
            "0",
            f"{len(outer)} of {len(requested)}",
            "every request of both browsers in that run",
            not outer and bool(requested),
        ),
    ]


def _look(browser: Any, server: Server) -> list[Row]:
    page = browser.new_context(bypass_csp=True).new_page()
    coder = Coder(page, "Cyd", 3).sit_down(server)
    found: list[str] = []
    cut: list[str] = []
    for width, scheme in ((1280, "light"), (1280, "dark"), (400, "dark"), (400, "light")):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 800})
        if width < 1000 and page.is_visible("#guidelines"):
            coder.press("g")
        found += violations(page)
        cut += outside(page, width)
    seconds = []
    for number in range(1, ITEMS):
        started = time.perf_counter()
        coder.press("3")
        coder.at(number + 1)
        page.evaluate(PAINT)
        seconds.append(time.perf_counter() - started)
    p95 = float(np.quantile(seconds, 0.95))
    return [
        Row("page: serious findings of axe", "0", str(len(found)), "1280 and 400 px, light and dark", not found),
        Row("page: usable at 400 px", "nothing cut off", f"{len(cut)} buttons cut off", "400 x 800 px", not cut),
        Row("page: from key to next item", "-", f"95th percentile {p95 * 1000:.0f} ms", "19 items, driver included"),
    ]


def _commits(folder: Path) -> Row:
    seconds = []
    with Store(folder / "commits.sqlite") as store:
        for number in range(COMMITS):
            given = Given(id=f"answer-{number}", coder="ana", pair_id=str(number), action="answer", label="neutral")
            started = time.perf_counter()
            store.append(given, suggestion=None, guidelines=None)
            seconds.append(time.perf_counter() - started)
    p95 = float(np.quantile(seconds, 0.95))
    return Row("page: one answer to disk", "-", f"95th percentile {p95 * 1000:.1f} ms", f"{COMMITS} synced commits")


if __name__ == "__main__":
    print_table("The annotation page", rows())
