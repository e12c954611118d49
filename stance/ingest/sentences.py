"""Sentence boundaries with exact offsets: nupunkt, and a few rules for what it gets wrong on news pages."""

import re
from collections.abc import Iterator

from nupunkt import sentence_spans

from stance.records import Document, Sentence, sentence_id

GLUED = re.compile(
    r"(?<=[a-z\d)%])(?<!\b[A-Z][a-z])(?<!\b[A-Z][a-z]{2})"
    r"([.!?…][”\"’)\]]*)"
    r"(?=[“\"‘(]?[A-Z](?:[a-z]|\s))"
)
"""A full stop with no space after it (“… the city.The army …”), but not in `Ms.Clinton`."""
NEXT_SENTENCE = r"(?=\s+[“\"‘'(]?(?:[A-Z]|(?:al|el)-[A-Z]|[ie][A-Z]))"
WORD_AT_END = re.compile(
    r"\b(?!(?:approx|dept|govt|assoc|messrs|vol|fig|est)\b)"
    r"(?:[a-z]{3,}|at|be|by|do|go|he|in|is|it|me|no|of|on|so|to|up|us|we)"
    rf"[.!?][”\"’)\]]*{NEXT_SENTENCE}"
)
"""An ordinary word, a full stop, a capital: nupunkt takes some such words (“port.”) for abbreviations."""
NAME_AT_END = re.compile(
    r"\b(?:(?:[A-Z]\.){2,8}|[ap]\.m\.|[A-Z][a-z]{2,}\.)[”\"’)\]]*(?=\s+[“\"‘(]?"
    r"(?:A|An|The|That|This|These|Those|He|She|It|They|We|I|You|There|Others|Nobody|Everybody|Many|Some|Most|But|And|Yet"
    r"|In|On|At|By|For|If|When|What|Who|Why|How|No|Not|So|Then|Both|Neither|Its|His|Her|Their|Our)\b(?!\.))"
)
"""“… left the U.S. They …”, “… the Chu. A bridge …”: initials or a name before a word that begins sentences."""
TITLE_AT_END = re.compile(
    r"(?:^|[\s“\"‘(-])(?:Lt|Col|Gen|Gov|Sen|Rep|Sgt|Capt|Cmdr|Maj|Adm|Mr|Mrs|Ms|Dr|Prof|St|Rev|Hon|Amb|Msgr|Pres|Brig)"
    r"\.\s*$"
)
LOWER_CASE_NAME = re.compile(r"(?:al|el)-[A-Z]|[ie][A-Z]")
EXCLAIMED = re.compile(r"[?!…][”\"’]\s*$")
ATTRIBUTION = re.compile(
    r"(?!(?:He|She|They|It|We|You|This|That)\b)(?:I|(?:[A-Z][\w’'-]*\.?\s+){0,4}[A-Z][\w’'-]*)\s+"
    r"(?:said|says|asked|asks|told|replied|shouted|cried|added|wrote|insisted|demanded|recalled|warned|wondered)\b"
)
"""“…?” Ms. Osei asked: the words after a quoted question that say whose it is."""
ADDRESS_BEFORE = re.compile(r"(https?://|\bwww|@)\S*$")
REACH = 80
"""How far back the rules look: without a bound, a long joined run would take time with its square."""
HARD_WRAP_COLUMNS = 100


def split_sentences(document: Document) -> Iterator[Sentence]:
    """The sentences of `document` in order, each with its neighbours' texts."""
    spans = sentence_offsets(document.text)
    texts = ["", *(document.text[start:end] for start, end in spans), ""]
    for index, (start, end) in enumerate(spans):
        yield Sentence(
            id=sentence_id(document.id, index),
            document_id=document.id,
            index=index,
            start=start,
            end=end,
            text=texts[index + 1],
            before=texts[index],
            after=texts[index + 2],
        )


def sentence_offsets(text: str) -> list[tuple[int, int]]:
    """Half-open (start, end) code-point spans of the sentences of `text`, in order, free of outer white space."""
    spans: list[tuple[int, int]] = []
    for start, end in _blocks(text):
        spans += _sentences_in_block(text, start, end)
    return spans


def _blocks(text: str) -> Iterator[tuple[int, int]]:
    """Stretches that no sentence crosses: lines, or paragraphs where lines are wrapped by hand."""
    wrapped = max(map(len, text.split("\n"))) <= HARD_WRAP_COLUMNS
    position = 0
    for separator in re.finditer(r"\n\s*\n" if wrapped else r"\n", text):
        yield position, separator.start()
        position = separator.end()
    yield position, len(text)


def _sentences_in_block(text: str, start: int, end: int) -> list[tuple[int, int]]:
    block = text[start:end]
    ends = [m.end() for m in GLUED.finditer(block) if not _in_address(block, m.start())]
    cuts = sorted({*ends, *(m.end() for rule in (WORD_AT_END, NAME_AT_END) for m in rule.finditer(block))})
    joined: list[tuple[int, int]] = []
    previous = 0
    for cut in [*cuts, len(block)]:
        part = block[previous:cut]
        for a, b in sentence_spans(part) if part.strip() else ():
            first, last = _trim(block, previous + a, previous + b)
            if first == last:
                continue
            if joined and _continues(
                block[max(joined[-1][0], joined[-1][1] - REACH) : joined[-1][1]], block[first:last]
            ):
                joined[-1] = (joined[-1][0], last)
            else:
                joined.append((first, last))
        previous = cut
    return [(start + a, start + b) for a, b in joined]


def _continues(before: str, text: str) -> bool:
    """Whether `text` belongs to the sentence `before`: no sentence of news prose begins so, or it says who spoke."""
    if text[0] in ",;:)" or (text[0].islower() and not LOWER_CASE_NAME.match(text)):
        return True
    if TITLE_AT_END.search(before):
        return True
    return EXCLAIMED.search(before) is not None and ATTRIBUTION.match(text) is not None


def _in_address(text: str, position: int) -> bool:
    return ADDRESS_BEFORE.search(text[max(0, position - REACH) : position]) is not None


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end
