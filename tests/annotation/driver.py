"""A coder at the page in a real Chromium, what the coder pressed, and what is wrong with what the coder sees."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stance.annotation.answers import Answer
from tests.annotation.conftest import Server

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
FLAGS += " --disable-component-update --disable-sync"
SERIOUS = {"serious", "critical"}
WAIT_MS = 30_000


@contextmanager
def chromium() -> Iterator[Any]:
    """Debian's Chromium, without a window."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as running:
        browser = running.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS.split())
        yield browser
        browser.close()


@dataclass
class Coder:
    """A coder at the page, and what the coder pressed, as the store should have it."""

    page: Any
    name: str
    seed: int
    pressed: list[tuple[str, str | None, str | None, bool, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)  # noqa: S311 - not for secrets

    def sit_down(self, server: Server) -> "Coder":
        self.page.set_default_timeout(WAIT_MS)
        self.page.goto(server.address)
        return self.introduce()

    def introduce(self) -> "Coder":
        """Type the name where the cursor is; keys before it is there would go nowhere, and no item would ever come."""
        self.page.locator("#name:focus").wait_for()
        self.page.keyboard.type(self.name)
        self.press("Enter")
        self.at(1)
        return self

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def at(self, number: int) -> None:
        """Wait until item `number` is shown, or the end after the last one."""
        self.page.wait_for_function(
            "n => document.getElementById('item').dataset.number == n || !document.getElementById('done').hidden",
            arg=number,
        )

    def label(self, number: int, labels: int = 20) -> None:
        """Answer the item `number` in one of the ways that there are, and wait for the next one."""
        note = ""
        unsure = self.rng.random() < 0.25
        if unsure:
            self.press("q")
        if self.rng.random() < 0.25:
            note = f"note {number} of {self.name}: 1234 <b>fang</b>"
            self.press("c")
            self.page.keyboard.type(note)
            self.press("Enter")
        if self.rng.random() < 0.2:  # a slip, taken back
            self.press("4")
            self.pressed.append(("answer", "unrelated", None, unsure, note))
            self.at(number % labels + 1)
            self.press(self.rng.choice(["z", "Control+z", "Backspace"]))
            self.pressed.append(("undo", None, None, False, ""))
            self.at(number)
        way = self.rng.randrange(5)
        if way == 0:
            self.press(self.rng.choice("3n"))
            self.pressed.append(("answer", "neutral", None, unsure, note))
        elif way == 1:
            self.press(self.rng.choice("1f"), "o")
            self.pressed.append(("answer", "favor", "author", unsure, note))
        elif way == 2:
            self.press(self.rng.choice("2a"), "ArrowRight", "ArrowRight", "Shift+ArrowRight", "Enter")
            self.pressed.append(("answer", "against", "2 words", unsure, note))
        elif way == 3:
            self.press("s")
            self.pressed.append(("skip", None, None, unsure, note))
        else:
            self.press(self.rng.choice("4u"))
            self.pressed.append(("answer", "unrelated", None, unsure, note))
        self.at(number + 1)

    def saved(self) -> None:
        self.page.wait_for_function("() => document.getElementById('saved').dataset.state === 'saved'")


def as_pressed(row: Answer) -> tuple[str, str | None, str | None, bool, str]:
    if row.action == "undo":
        return ("undo", None, None, False, "")
    in_sentence = row.holder is not None and row.holder_start is not None
    holder = f"{len(row.holder.split())} words" if in_sentence and row.holder else row.holder
    return (row.action, row.label, holder, row.unsure, row.note)


def violations(page: Any) -> list[str]:
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    return [f"{v['id']}: {v['nodes'][0]['html']}" for v in found if v["impact"] in SERIOUS]


def outside(page: Any, width: int) -> list[str]:
    """Buttons of the dock that are cut off at this width and 800 pixels of height; no sideways scrolling."""
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    boxes = {button.inner_text(): button.bounding_box() for button in page.locator("#dock button").all()}
    assert len(boxes) == 10
    return [
        name for name, b in boxes.items() if b["x"] < 0 or b["x"] + b["width"] > width or b["y"] + b["height"] > 800
    ]
