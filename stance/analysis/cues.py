"""What speaks for a phrase as the holder of a sentence's stance: cues that a linear ranker weighs.

The candidates are the noun phrases of the sentence, the author, and whoever spoke before or goes on speaking after.
The cues are those of quotation attribution (Pareti et al. 2013, "Automatically detecting and attributing indirect
quotations"; Muzny et al. 2017, "A two-stage sieve approach for quote attribution"): reporting verbs on either side,
appositions skipped, "according to", "by", quotation marks, pronouns, distance.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from stance.analysis.phrases import (
    AUXILIARIES,
    BARE,
    DETERMINERS,
    POSSESSIVES,
    PRONOUNS,
    STOPS,
    VERBS,
    VIEWS,
    Phrase,
    Token,
    is_verb,
    words,
)
from stance.ingest.names import gazetteer

REPORTING = words("reporting")
PEOPLE = words("people")
SKIP = 40
"""An apposition or a relative clause is at most so many tokens long."""
COLLECTIVE = re.compile(
    r"(?:council|committee|assembly|ministry|union|league|party|parliament|government|congress|senate|house|court|"
    r"agency|office|army|group|coalition|commission|organi[sz]ation|alliance|bloc|board|panel|department|palace|"
    r"association|federation|junta|regime|administration|cabinet|faction|movement|states|nations)$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Surroundings:
    """What is known of a sentence besides its words."""

    in_quote: Sequence[bool]
    """For each token, whether it is inside a quotation."""
    opens_inside: bool
    """Whether the sentence begins within a quotation that began before it."""
    closes_after: bool
    """Whether it ends within a quotation that goes on after it."""
    genre: str = ""


def phrase_cues(tokens: list[Token], all_phrases: list[Phrase], index: int, around: Surroundings) -> list[str]:
    """Cues of the phrase number `index`."""
    phrase = all_phrases[index]
    before = tokens[phrase.first - 1] if phrase.first else None
    earlier = tokens[phrase.first - 2] if phrase.first > 1 else None
    quoted = around.in_quote[phrase.first]
    where = "q" if quoted else "m"
    follower, skipped = _follower(tokens, phrase.last)
    outside = [p for p in all_phrases if not around.in_quote[p.first]]
    rank = outside.index(phrase) if phrase in outside else 9
    previous = before.lower if before is not None else "^"
    if previous == "to" and earlier is not None and earlier.lower == "according":
        previous = "according-to"
    cues = [
        f"kind={phrase.kind}:{where}",
        f"rank={min(rank, 4)}:{where}",
        f"before={_shape(previous)}:{where}",
        f"after={_shape(follower)}:{where}",
        f"pair={_class(previous)}>{_class(follower)}:{where}",
        f"skipped={skipped}:{_class(follower)}:{where}",
        f"last={_shape_noun(tokens[phrase.last - 1])}",
    ]
    if phrase.kind == "pronoun":
        cues += [
            f"pronoun={tokens[phrase.first].lower}:{where}",
            f"pronoun={tokens[phrase.first].lower}>{_class(follower)}:{where}",
        ]
    sort = noun_sort(tokens[phrase.first : phrase.last], phrase.kind)
    cues += [f"sort={sort}:{where}", f"sort={sort}:{_class(previous)}>{_class(follower)}"]
    subjects = subjects_of(tokens, all_phrases, around)
    if phrase in subjects:
        cues += [
            f"subject={min(2, subjects.index(phrase))}",
            f"subject={min(2, subjects.index(phrase))}:{phrase.kind}:{around.genre}",
        ]
    if follower in REPORTING and not quoted:
        cues.append("reporting-after")
    if previous in REPORTING and earlier is not None and earlier.text in ',”"' and not quoted:
        cues.append("reporting-inverted")
    if previous in REPORTING:
        cues.append(f"object-of-reporting:{where}")
    if previous == "according-to":
        cues += ["according-to", f"source:{where}"]
    if previous == "by" and earlier is not None and earlier.lower.endswith(("ed", "en")):
        cues += ["passive-by", f"passive={_class(earlier.lower)}"]
    if (previous == "of" and earlier is not None and earlier.lower in VIEWS) or _views(tokens, phrase):
        cues += ["view-of", f"source:{where}"]
    if previous == "of" or previous == "for":
        governor = earlier.lower if earlier is not None else ""
        cues.append(f"of={'spokes' if governor.startswith('spokes') else 'other'}")
    if phrase.first == 0 or (phrase.first == 1 and not tokens[0].text[0].isalnum()):
        cues.append(f"opens:{_class(follower)}")
    prior = all_phrases[index - 1] if index else None
    if previous in {",", "("} and prior is not None and prior.last == phrase.first - 1:
        cues.append(f"apposition-to-prior:{phrase.kind}:{prior.kind}:{_class(follower)}")
        governor = tokens[prior.first - 1].lower if prior.first else "^"
        cues.append(f"apposition-governor:{phrase.kind}:{prior.kind}:{_class(governor)}")
    if phrase.last + 1 < len(tokens) and tokens[phrase.last].text == "," and index + 1 < len(all_phrases):
        following = all_phrases[index + 1]
        if following.first == phrase.last + 1:
            cues.append(f"has-apposition:{phrase.kind}:{following.kind}:{_class(follower)}")
            beyond = tokens[following.last].text if following.last < len(tokens) else "$"
            cues.append(f"has-apposition:{phrase.kind}:{following.kind}:{sort}:{_class(beyond)}")
    if previous in {",", "but", "and", "that", "which"}:
        cues.append(f"clause={previous}>{_class(follower)}")
    if not quoted and not any(around.in_quote[: phrase.first]) and any(around.in_quote):
        cues.append("before-quote")
    if (phrase.last < len(tokens) and tokens[phrase.last].lower in {"'s", "’"}) or tokens[
        phrase.last - 1
    ].lower.endswith("'s"):
        cues.append("possessive")
    colon = tokens[phrase.last].text if phrase.last < len(tokens) else "$"
    cues.append(f"next={colon if not colon[0].isalnum() else 'word'}:{where}")
    return [*cues, f"genre={around.genre}:{phrase.kind}"]


def sentence_cues(tokens: list[Token], all_phrases: list[Phrase], around: Surroundings) -> list[str]:
    """Cues of the sentence as a whole, for the candidates that are not in it."""
    outside = [t for t, quoted in zip(tokens, around.in_quote, strict=True) if not quoted]
    words = {t.lower for t in outside}
    share = 1 - len(outside) / max(1, len(tokens))
    own = bool(words & {"i", "we", "our", "my", "us"})
    reporting = words & (REPORTING | {"according"})
    subjects = bool(words & {"according"}) or any(
        not around.in_quote[p.first] and _follower(tokens, p.last)[0] in REPORTING for p in all_phrases
    )
    acting = [noun_sort(tokens[p.first : p.last], p.kind) for p in subjects_of(tokens, all_phrases, around)]
    begins = outside[0].lower if outside else ""
    return [
        f"inside={around.opens_inside}:{around.closes_after}",
        f"share={round(share * 2)}",
        f"all-quoted={not outside or not any(t.text[0].isalnum() for t in outside)}",
        f"reporting={bool(reporting)}:{subjects}",
        f"own={own}",
        f"views={any(not around.in_quote[p.first] and _views(tokens, p) for p in all_phrases)}",
        f"acts={next((sort for sort in SORTS if sort in acting), None)}:{subjects}",
        f"first={acting[0] if acting else None}",
        f"begins={begins if begins in STOPS | DETERMINERS | PRONOUNS else 'other'}",
        f"genre={around.genre}",
        f"genre={around.genre}:{subjects}",
        f"asks={tokens[-1].text == '?' if tokens else False}",
        f"names={min(3, sum(p.kind == 'name' for p in all_phrases))}",
        f"phrases={min(4, len([p for p in all_phrases if p.kind != 'pronoun']))}",
        f"length={min(6, len(tokens) // 8)}",
        *(
            f"pronoun={tokens[p.first].lower}:{_class(_follower(tokens, p.last)[0])}"
            for p in all_phrases
            if p.kind == "pronoun" and not around.in_quote[p.first]
        ),
    ]


SORTS = ("people", "group", "country", "pronoun", "share", "list", "name", "plural", "thing", "opening")
"""What a phrase's head word stands for, the likelier to hold a stance first."""


def noun_sort(inside: Sequence[Token], kind: str) -> str:
    """One of SORTS: by its last word before an "of" or the like, by the gazetteer, or by the kind of phrase."""
    if kind in {"pronoun", "share", "list"}:
        return kind
    text = " ".join(token.text for token in inside)
    noun = next((inside[n - 1].lower for n, t in enumerate(inside) if n and t.lower in {"of", "and"}), inside[-1].lower)
    singular = noun.removesuffix("'s").rstrip("'")
    if singular in PEOPLE or singular.removesuffix("s") in PEOPLE or BARE.match(noun):
        return "people"
    if COLLECTIVE.search(singular) or COLLECTIVE.search(singular.removesuffix("s")):
        return "group"
    if kind == "opening":
        return kind if not noun.endswith("s") or noun.endswith("ss") else "plural"
    if inside[-1].text[0].isupper():
        return "country" if any(mention.end >= len(text) - 2 for mention in gazetteer().mentions(text)) else "name"
    return "plural" if noun.endswith("s") and not noun.endswith("ss") else "thing"


def subjects_of(tokens: list[Token], all_phrases: list[Phrase], around: Surroundings) -> list[Phrase]:
    """The phrases outside quotations that a verb follows."""
    return [
        p
        for p in all_phrases
        if not around.in_quote[p.first] and _class(_follower(tokens, p.last)[0]) in {"reporting", "ed", "verb"}
    ]


def _views(tokens: list[Token], phrase: Phrase) -> bool:
    """Whether a view is the phrase's: "Hanoi's account", "in her view"."""
    last = tokens[phrase.last - 1].lower
    after = tokens[phrase.last].lower if phrase.last < len(tokens) else ""
    return after in VIEWS and (last.endswith("'s") or last in POSSESSIVES)


def _follower(tokens: list[Token], position: int) -> tuple[str, str]:
    """(the verb that has the phrase before `position` as its subject, what lies between)."""
    if position >= len(tokens):
        return "$", "none"
    skipped = "none"
    mark = tokens[position].text
    if mark == ",":
        after = _past_auxiliaries(tokens, position + 1)
        if after is not None and is_verb(tokens[after]):
            return tokens[after].lower, "closing"
    if mark in {",", "(", "—", "–"}:
        closing = {"(": ")"}.get(mark, mark)
        best = None
        for step in range(position + 1, min(len(tokens), position + SKIP)):
            if tokens[step].text == closing and step + 1 < len(tokens):
                after = _past_auxiliaries(tokens, step + 1)
                if after is not None and is_verb(tokens[after]):
                    best = after
                    break
            if tokens[step].text in {"“", ";", "”"}:
                break
        if best is None:
            return mark, "none"
        return tokens[best].lower, "apposition"
    if tokens[position].lower in {"who", "that", "which"}:
        after = _past_auxiliaries(tokens, position + 1)
        return (tokens[after].lower if after is not None else "who"), "relative"
    after = _past_auxiliaries(tokens, position)
    if after is not None and is_verb(tokens[after]):
        return tokens[after].lower, "none" if after == position else "auxiliary"
    if tokens[position].lower in {"in", "for", "of", "at", "on", "from", "to", "with", "here"}:
        for step in range(position + 1, min(len(tokens), position + 10)):
            if tokens[step].text == ",":
                verb, how = _follower(tokens, step)
                return verb, f"preposition-{how}"
            if not tokens[step].text[0].isalnum():
                break
            if is_verb(tokens[step]) and tokens[step - 1].lower not in DETERMINERS:
                return tokens[step].lower, "preposition"
    return tokens[position].lower, skipped


def _past_auxiliaries(tokens: list[Token], position: int) -> int | None:
    while position < len(tokens) and (tokens[position].lower in AUXILIARIES or tokens[position].lower.endswith("ly")):
        position += 1
    return position if position < len(tokens) else None


def _class(word: str) -> str:
    if word in REPORTING:
        return "reporting"
    if word in STOPS or not word[:1].isalnum():
        return word
    if word in VERBS:
        return "verb"
    if word.endswith("ed"):
        return "ed"
    if word.endswith("s"):
        return "s"
    return "word"


def _shape(word: str) -> str:
    return (
        word
        if word in REPORTING or word in VERBS or word in STOPS or not word[:1].isalnum() or word.endswith("ed")
        else _class(word)
    )


def _shape_noun(token: Token) -> str:
    if COLLECTIVE.search(token.text):
        return "collective"
    if BARE.match(token.text):
        return "people"
    if token.text[0].isupper():
        return "capital"
    return (
        "plural"
        if token.lower.endswith("s")
        else "person"
        if token.lower.endswith(("er", "or", "ist", "an"))
        else "noun"
    )
