"""Names of the intervener and the place replaced, so that a model judges what is said rather than what it knows."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from stance.records import Pair

INTERVENER, PLACE = "INTERVENER", "PLACE"
GENERAL = frozenset({"foreign", "military", "outside", "armed", "international", "western"})
"""Words before `intervention` in a target that name nobody."""
ADJECTIVE = re.compile(r"(.*?)\s*\bintervention\b")


@dataclass(frozen=True)
class Masking:
    """How the names of one pair are hidden, and what they were."""

    patterns: Mapping[str, re.Pattern[str]]
    originals: Mapping[str, str]

    def hide(self, text: str) -> str:
        """`text` with every name as its mask."""
        for mask, pattern in self.patterns.items():
            text = pattern.sub(mask, text)
        return text

    def show(self, text: str) -> str:
        """`text` of a model with every mask as the name."""
        for mask, name in self.originals.items():
            text = text.replace(mask, name)
        return text


NO_MASKING = Masking({}, {})


def masking_of(pair: Pair) -> Masking:
    """The names that a pair knows of: place, intervener, and the words before `intervention` in its target.

    A name in capitals (US, NATO) is hidden as it stands, another one with its endings: Libya in Libyan. Names that the
    pair does not hold, such as a capital for its government, stay.
    """
    before = ADJECTIVE.match(pair.target)
    adjectives = [word for word in (before[1].split() if before else []) if word.lower() not in GENERAL]
    patterns: dict[str, re.Pattern[str]] = {}
    originals: dict[str, str] = {}
    for mask, names in ((PLACE, [pair.place]), (INTERVENER, [pair.intervener, " ".join(adjectives)])):
        known = [name for name in names if name]
        if known:
            patterns[mask] = re.compile("|".join(map(_form, known)))
            originals[mask] = known[0]
    return Masking(patterns, originals)


def _form(name: str) -> str:
    return rf"\b{re.escape(name)}" + (r"\b" if name.isupper() else r"\w*")
