"""Edits of the surface: quotes, case, spelling, contractions, a slip of the keyboard. None changes who thinks what."""

import re

from stance.probing.edit import choose, with_text
from stance.records import Example

STRAIGHT = str.maketrans({"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'"})
CONTRACTED = re.compile(
    r"\b(did|does|do|would|could|should|must|is|are|was|were|has|have|had)\s+not\b(?!\s+(?:only|just|merely|so much))"
)
LONG_WORD = re.compile(r"(?<![\w’'-])[a-z]{6,}(?![\w’'-])")
BRITISH = {
    "favour": "favor",
    "favours": "favors",
    "favoured": "favored",
    "honour": "honor",
    "honoured": "honored",
    "neighbour": "neighbor",
    "neighbours": "neighbors",
    "neighbouring": "neighboring",
    "harbour": "harbor",
    "harbours": "harbors",
    "labour": "labor",
    "defence": "defense",
    "offence": "offense",
    "centre": "center",
    "programme": "program",
    "programmes": "programs",
    "armour": "armor",
    "armoured": "armored",
    "criticise": "criticize",
    "criticised": "criticized",
    "recognise": "recognize",
    "recognised": "recognized",
    "organise": "organize",
    "organised": "organized",
    "organiser": "organizer",
    "organisers": "organizers",
    "mobilise": "mobilize",
    "mobilised": "mobilized",
    "rumour": "rumor",
    "rumours": "rumors",
    "towards": "toward",
}
AMERICAN = {american: british for british, american in BRITISH.items() if american not in ("program", "programs")}
SPELLED = re.compile(rf"\b(?:{'|'.join([*BRITISH, *AMERICAN])})\b")
POLARITY_LETTERS = ("against", "favor", "favour", "oppose", "support", "condemn", "without", "cannot")


def straight_quotes(example: Example) -> Example | None:
    """Curly quotes and apostrophes as straight ones."""
    return with_text(example, example.text.translate(STRAIGHT))


def curly_quotes(example: Example) -> Example | None:
    """Straight double quotes as curly ones, opening and closing in turn; None when they do not come in pairs."""
    text = example.text
    if '"' not in text or text.count('"') % 2 or any(mark in text for mark in "“”"):
        return None
    parts = text.split('"')
    for inner in parts[1::2]:
        if not inner or inner[0].isspace() or inner[-1].isspace():
            return None
    return with_text(example, "".join(f"“{part}”" if i % 2 else part for i, part in enumerate(parts)))


def upper_case(example: Example) -> Example | None:
    """The sentence in capitals, as in a headline."""
    return with_text(example, example.text.upper())


def typo(example: Example) -> Example | None:
    """Two neighbouring letters inside one long word exchanged; never in a word that alone tells the side."""
    words = [m for m in LONG_WORD.finditer(example.text) if not m[0].startswith(POLARITY_LETTERS)]
    words = [m for m in words if any(m[0][i] != m[0][i + 1] for i in range(1, len(m[0]) - 2))]
    if not words:
        return None
    word = choose(example, words, "typo")
    places = [i for i in range(1, len(word[0]) - 2) if word[0][i] != word[0][i + 1]]
    at = word.start() + choose(example, places, "letter")
    text = example.text
    return with_text(example, text[:at] + text[at + 1] + text[at] + text[at + 2 :])


def contraction(example: Example) -> Example | None:
    """`did not` as `didn't`, with the apostrophe that the sentence uses elsewhere."""
    mark = "’" if "’" in example.text or "“" in example.text else "'"
    return with_text(example, CONTRACTED.sub(rf"\1n{mark}t", example.text))


def spelling(example: Example) -> Example | None:
    """British spelling as American, or American as British where there is no British word."""
    found = SPELLED.findall(example.text)
    table = BRITISH if any(word in BRITISH for word in found) else AMERICAN
    return with_text(example, SPELLED.sub(lambda m: table.get(m[0], m[0]), example.text))


def no_context(example: Example) -> Example | None:
    """The sentence without its neighbours; the same for a model whose template does not read them."""
    if not example.before and not example.after:
        return None
    return with_text(example, example.text, before="", after="")
