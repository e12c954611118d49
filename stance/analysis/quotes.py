"""Quotations of an article: where each begins and ends, over as many sentences as it takes."""

import re
from dataclasses import dataclass

MARK = re.compile(r"[“”„«»\"]")
CLOSES = {"“": "”", "„": "”", "«": "»"}
MAX_LENGTH = 3000
"""A quotation longer than this many code points has lost its closing mark."""


@dataclass(frozen=True)
class Quotation:
    """A quotation, marks included; offsets are code points."""

    start: int
    end: int


def quotations(text: str) -> list[Quotation]:
    """The quotations of `text` in order; one that is opened anew in the next paragraph gives one each.

    A straight mark opens when a quotation is not open. What is still open at a line end was left open by its writer,
    as newspapers do before a paragraph that goes on with an opening mark.
    """
    found: list[Quotation] = []
    opened: int | None = None
    straight = False
    for match in re.finditer(rf"{MARK.pattern}|\n", text):
        mark = match[0]
        if opened is not None and match.start() - opened > MAX_LENGTH:
            opened = None
        if mark == "\n":
            if opened is not None:
                found.append(Quotation(opened, match.start()))
            opened = None
        elif mark in CLOSES and not text[match.end() : match.end() + 1].strip():
            # Before a space stands a mark that closes, whatever its shape: badly converted text has “so “ for “so”.
            if opened is not None:
                found.append(Quotation(opened, match.end()))
            opened = None
        elif opened is None:
            if mark in CLOSES or mark == '"':
                opened, straight = match.start(), mark == '"'
            elif mark in "”»":
                # Opened before the text that we were given.
                line = text.rfind("\n", 0, match.start()) + 1
                if not found or found[-1].end <= line:
                    found.append(Quotation(line, match.end()))
        elif (mark == '"') == straight and mark in '"”»':
            found.append(Quotation(opened, match.end()))
            opened = None
    if opened is not None:
        found.append(Quotation(opened, len(text)))
    return found
