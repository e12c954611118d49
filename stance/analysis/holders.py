"""Whose stance a sentence of an article has: the author's, or that of somebody whom it quotes or reports.

Candidates come from rules, and a linear ranker (a softmax over the candidates of a sentence) chooses; its weights are
in holders.json, fitted on the training split of the bundled corpus by `python -m bench.holders_fit`.
"""

import json
import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files

from stance.analysis.cues import COLLECTIVE, Surroundings, noun_sort, phrase_cues, sentence_cues
from stance.analysis.phrases import (
    DETERMINERS,
    PARTICLE,
    POSSESSIVES,
    Phrase,
    Token,
    capitalised,
    is_verb,
    phrases,
    tokenise,
)
from stance.analysis.quotes import quotations
from stance.ingest.names import gazetteer

AUTHOR = "author"
ANONYMOUS = re.compile(
    r"(?:official|source|diplomat|officer|spokes(?:man|woman|person)|adviser|aide|analyst|critic|resident|witness|"
    r"insider|expert|envoy|minister|lawmaker|soldier|commander|observer)s?$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Holder:
    """Whose stance it is; `start` and `end` are code points of the document, None for the author.

    `kind` is author, named, collective, anonymous, or pronoun-resolved; of the last `text` and the span are the
    antecedent's.
    """

    text: str
    kind: str
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True)
class Candidate:
    """Somebody who may be the holder, and what speaks for it."""

    holder: Holder
    cues: tuple[str, ...]
    mention: tuple[int, int] | None = None
    """Where the sentence itself names the holder or has a pronoun for it, in code points of the document."""


class Article:
    """An article's sentences with the tokens, phrases and quotations that holders are found by."""

    def __init__(self, text: str, spans: Sequence[tuple[int, int]], genre: str | None = None) -> None:
        """`spans` are the (start, end) of the sentences in order, in code points of `text`."""
        self.text, self.spans, self.genre = text, list(spans), genre or ""
        self.quotes = quotations(text)
        self._starts = [quote.start for quote in self.quotes]
        self.tokens = [tokenise(text[start:end], start) for start, end in spans]
        names = set().union(*(capitalised(tokens) for tokens in self.tokens))
        self.phrases = [phrases(tokens, names) for tokens in self.tokens]
        self.first_names = self._first_names()
        self.around = [self._surroundings(number) for number in range(len(self.spans))]
        self.speakers: list[Holder | None] = []
        for number in range(len(self.spans)):
            self.speakers.append(self._speaker(number))

    def candidates(self, number: int) -> list[Candidate]:
        """The candidates of sentence `number`: author, who spoke before, who goes on after, its own phrases."""
        tokens, found, around = self.tokens[number], self.phrases[number], self.around[number]
        whole = sentence_cues(tokens, found, around)
        result = [Candidate(Holder(AUTHOR, AUTHOR), tuple(f"author:{cue}" for cue in [*whole, "bias"]))]
        if tokens and all(around.in_quote):
            result = []  # the words are somebody else's from end to end
        after = self.speakers[number + 1] if number + 1 < len(self.spans) else None
        for order, (who, distance) in enumerate(self._said_before(number)):
            inside = f"inside={around.opens_inside}:{around.closes_after}"
            near = [
                f"order={order}",
                f"distance={min(4, distance)}",
                f"{inside}:distance={min(4, distance)}:{after is not None}",
                f"after={after is not None}",
                f"same-quotation={self._same_quotation(number - distance, number)}",
                *_person_cues(who),
            ]
            result.append(Candidate(who, tuple(f"before:{cue}" for cue in [*whole, *near, "bias"])))
        if after is not None:
            near = [f"before={any(s for s in self.speakers[max(0, number - 1) : number])}", *_person_cues(after)]
            result.append(Candidate(after, tuple(f"after:{cue}" for cue in [*whole, *near, "bias"])))
        for index, phrase in enumerate(found):
            cues = phrase_cues(tokens, found, index, around)
            mention = tokens[phrase.first].start, tokens[phrase.last - 1].end
            if phrase.kind != "pronoun":
                if (
                    "according-to" in cues
                    and result
                    and result[0].holder.kind == AUTHOR
                    and not around.in_quote[phrase.first]
                ):
                    del result[0]  # who names a source does not speak for themselves
                result.append(Candidate(self._holder(number, phrase), tuple(cues), mention))
            else:
                word = tokens[phrase.first].lower
                for who, more in self._antecedents(number, phrase):
                    near = [*more, *(f"{word}:{cue}" for cue in more)]
                    result.append(Candidate(who, (*cues, *(f"antecedent:{cue}" for cue in near)), mention))
        return result or [Candidate(Holder(AUTHOR, AUTHOR), ("author:bias",))]

    def _same_quotation(self, one: int, other: int) -> bool:
        """Whether a quotation has parts in both sentences and goes on between them."""
        index = bisect_right(self._starts, self.spans[one][1]) - 1
        return index >= 0 and self.quotes[index].end > self.spans[other][0]

    def _holder(self, number: int, phrase: Phrase) -> Holder:
        words = self.tokens[number][phrase.first : phrase.last]
        start, end = words[0].start, words[-1].end
        if words[-1].lower.endswith("'s") and phrase.kind == "name":
            end -= 2
        return Holder(self.text[start:end], kind_of(phrase, words), start, end)

    def _antecedents(self, number: int, phrase: Phrase) -> list[tuple[Holder, list[str]]]:
        """Whom a pronoun may stand for, the likelier first, each with what speaks for it."""
        word = self.tokens[number][phrase.first].lower
        word = POSSESSIVES.get(word, word)
        if word == "who":
            return []
        if word in {"i", "we"}:
            if not self.around[number].in_quote[phrase.first]:
                return [(Holder(AUTHOR, AUTHOR), ["self"])]
            return []
        found: dict[str, tuple[Holder, list[str]]] = {}
        for who, distance in self._said_before(number):
            found.setdefault(head(who.text), (who, ["speaker", f"distance={min(4, distance)}"]))
        if word in {"he", "she"}:
            for order, who in enumerate(self._often_named(number)):
                found.setdefault(head(who.text), (who, ["often", f"order={order}"]))
        for index in range(number, max(-1, number - 5), -1):
            inside = [
                p for p in self.phrases[index] if p.kind != "pronoun" and (index < number or p.last <= phrase.first)
            ]
            for order, other in enumerate(inside):
                words = self.tokens[index][other.first : other.last]
                if word in {"he", "she"} and not _one_person(words, other.kind):
                    continue
                if word in {"he", "she"} and not _names_person(other, words) and order > 0:
                    continue
                who = self._holder(index, other)
                cues = [f"mention={min(2, order)}", f"distance={number - index}", f"last={order == len(inside) - 1}"]
                found.setdefault(head(who.text), (who, cues))
        return [
            (
                replace(who, kind="pronoun-resolved"),
                [*cues, *_person_cues(who), f"rank={min(4, rank)}", f"first={self._ending(who)}"],
            )
            for rank, (who, cues) in enumerate(list(found.values())[:8])
        ]

    def _often_named(self, number: int) -> list[Holder]:
        """The two people whom the sentences before name most often, as they were first named."""
        named: dict[str, list[Holder]] = {}
        for index in range(number):
            for phrase in self.phrases[index]:
                words = self.tokens[index][phrase.first : phrase.last]
                if phrase.kind == "name" and noun_sort(words, phrase.kind) == "name":
                    who = self._holder(index, phrase)
                    named.setdefault(head(who.text), []).append(who)
        people = [found for surname, found in named.items() if surname in self.first_names and len(found) > 1]
        return [found[0] for found in sorted(people, key=len, reverse=True)[:2]]

    def _first_names(self) -> dict[str, str]:
        """Of each surname the title or the first name that it is introduced with."""
        found: dict[str, str] = {}
        for tokens, inside in zip(self.tokens, self.phrases, strict=True):
            for phrase in inside:
                words = [token.text for token in tokens[phrase.first : phrase.last] if token.text[0].isupper()]
                if phrase.kind == "name" and len(words) > 1 and words[-1] != words[0]:
                    found.setdefault(words[-1].lower().removesuffix("’s").removesuffix("'s"), words[-2])
        return found

    def _ending(self, who: Holder) -> str:
        """What tells "he" from "she": Mr. or Mrs., or the last letter of the first name."""
        first = self.first_names.get(head(who.text), "")
        return first if first.endswith(".") else first[-1:]

    def _speaker(self, number: int) -> Holder | None:
        """Who a sentence plainly says is speaking: the subject of a reporting verb outside quotations."""
        tokens, around = self.tokens[number], self.around[number]
        best: tuple[int, Holder] | None = None
        for index, phrase in enumerate(self.phrases[number]):
            if around.in_quote[phrase.first]:
                continue
            cues = phrase_cues(tokens, self.phrases[number], index, around)
            strength = (
                3 * ("reporting-inverted" in cues) + 2 * ("reporting-after" in cues) + 3 * ("according-to" in cues)
            )
            if not strength or (best is not None and best[0] >= strength):
                continue
            if phrase.kind == "pronoun":
                word = tokens[phrase.first].lower
                holder = None if word in {"i", "we", "who"} else self._earlier(number, phrase, word)
            else:
                holder = self._holder(number, phrase)
            if holder is not None:
                best = (strength, holder)
        return None if best is None else best[1]

    def _earlier(self, number: int, phrase: Phrase, word: str) -> Holder | None:
        """Whom the pronoun of a reporting clause stands for; earlier sentences' speakers are known by now."""
        options = [who for who, _ in self._antecedents(number, phrase)]
        if word in {"he", "she"}:
            options = [who for who in options if is_person(who.text)]
        return options[0] if options else None

    def _said_before(self, number: int) -> list[tuple[Holder, int]]:
        """The last speakers before a sentence, at most two, with how many sentences ago they spoke."""
        found: list[tuple[Holder, int]] = []
        for index in range(number - 1, max(-1, number - 8), -1):
            speaker = self.speakers[index]
            if speaker is not None and all(head(speaker.text) != head(who.text) for who, _ in found):
                found.append((speaker, number - index))
        return found[:2]

    def _surroundings(self, number: int) -> Surroundings:
        start, end = self.spans[number]
        inside = [self._quoted(token.start) for token in self.tokens[number]]
        return Surroundings(inside, self._within(start), self._within(end), self.genre)

    def _quoted(self, place: int) -> bool:
        index = bisect_right(self._starts, place) - 1
        return index >= 0 and place < self.quotes[index].end

    def _within(self, place: int) -> bool:
        """Whether a quotation began before `place` and ends after it."""
        index = bisect_right(self._starts, place - 1) - 1
        return index >= 0 and self.quotes[index].end > place


def kind_of(phrase: Phrase, words: Sequence[Token]) -> str:
    """named, collective or anonymous."""
    last = words[-1].text
    if COLLECTIVE.search(last) or any(COLLECTIVE.search(w.text) for w in words[:4]):
        return "collective"
    if phrase.kind in {"name", "opening", "list"}:
        return "named" if last[0].isupper() or PARTICLE.match(last) else "anonymous"
    if words[0].lower in {"a", "an", "one", "another", "some"} or ANONYMOUS.search(last):
        return "anonymous"
    return "collective" if words[-1].lower.endswith("s") else "anonymous"


def _one_person(words: Sequence[Token], kind: str) -> bool:
    sort = noun_sort(words, kind)
    return sort == "name" or (sort == "people" and not words[-1].lower.endswith("s"))


def _names_person(phrase: Phrase, words: Sequence[Token]) -> bool:
    """Two capitals in a row, or a title before one, that name no country."""
    text = " ".join(word.text for word in words)
    return (
        phrase.kind == "name" and len(words) > 1 and words[-1].text[0].isupper() and not any(gazetteer().mentions(text))
    )


def is_person(name: str) -> bool:
    """Whether a holder's words look like a person's: a name that is no country's, or a noun for somebody."""
    return noun_sort(tokenise(name), "") in {"people", "name"}


def _person_cues(holder: Holder) -> list[str]:
    words = holder.text.split()
    return [
        f"sort={noun_sort(tokenise(holder.text), '')}",
        f"person={is_person(holder.text)}",
        f"kind={holder.kind}",
        f"words={min(3, len(words))}",
        f"plural={head(holder.text).endswith('s')}",
        f"country={any(gazetteer().mentions(holder.text))}",
    ]


@cache
def weights() -> Mapping[str, float]:
    """The ranker's weight of each cue."""
    return json.loads(files("stance.analysis").joinpath("holders.json").read_text(encoding="utf-8"))


def find_holder(article: Article, number: int, ranker: Mapping[str, float] | None = None) -> Holder:
    """The holder of sentence `number` (from 0); the first of equals."""
    known = weights() if ranker is None else ranker
    return max(article.candidates(number), key=lambda c: sum(known.get(cue, 0.0) for cue in c.cues)).holder


def head(name: str) -> str:
    """The head word of a holder in lower case: what is left when determiners and modifiers are dropped.

    Of "the eastern Libyan prime minister" it is "minister", of "Rep. Ann Dole of Ohio" "dole", of "X and Y" X's.
    """
    words = [word for word in tokenise(name) if word.text[0].isalnum() or word.text == ","]
    kept: list[str] = []
    for word in words:
        low = word.lower
        if not kept and low in {"of", ","}:
            continue
        if kept and (
            low in {",", "of", "in", "for", "at", "from", "and", "who", "on", "with", "to", "meeting", "by", "near"}
            or (is_verb(word) and word.text[0].islower())
        ):
            break
        if low not in DETERMINERS or len(words) == 1:
            kept.append(low.removesuffix("'s").rstrip("'."))
    return kept[-1] if kept else name.lower()


def matches(found: str, wanted: str) -> bool:
    """Exact or head match; the author counts only where both say author."""
    if AUTHOR in (found, wanted):
        return found == wanted
    return found.strip().lower() == wanted.strip().lower() or head(found) == head(wanted)
