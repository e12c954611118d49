"""The boundaries of boundaries.txt: what the splitter is measured on."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).parent / "boundaries.txt"
MARKS = {" | ": " ", "||": "", " ⏎ ": "\n"}
"""How a boundary is written -> what stands there in the text."""


@dataclass(frozen=True)
class Passage:
    """A text and the ends of all its sentences but the last."""

    section: str
    text: str
    ends: frozenset[int]


@dataclass(frozen=True)
class Score:
    """Boundaries found, invented and missed."""

    right: int
    invented: int
    missed: int

    @property
    def f1(self) -> float:
        return 2 * self.right / (2 * self.right + self.invented + self.missed)


def passages() -> list[Passage]:
    """The passages of the file, in order."""
    found: list[Passage] = []
    section = ""
    for line in FILE.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif line and not line.startswith("#"):
            found.append(_passage(section, line))
    return found


def score(split: Callable[[str], Iterable[int]], among: Iterable[Passage]) -> Score:
    """`split` gives the ends of a text's sentences, the last one's included."""
    right = invented = missed = 0
    for passage in among:
        ends = {end for end in split(passage.text) if end < len(passage.text.rstrip())}
        right += len(ends & passage.ends)
        invented += len(ends - passage.ends)
        missed += len(passage.ends - ends)
    return Score(right, invented, missed)


def _passage(section: str, line: str) -> Passage:
    text, ends = "", []
    while line:
        place, mark = min(((line.find(mark), mark) for mark in MARKS if mark in line), default=(len(line), ""))
        text += line[:place]
        line = line[place + len(mark) :]
        if mark:
            ends.append(len(text))
            text += MARKS[mark]
    return Passage(section, text, frozenset(ends))
