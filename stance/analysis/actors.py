"""From a holder to an actor: the country or organisation that it speaks for, or else the holder itself.

First the holder's own words ("the Russian columnist"), then how the article introduces the name ("Khalifa Haftar, the
commander of ...", "the Russian columnist ..."), by the gazetteers of countries and organisations.
"""

import difflib
import re
from dataclasses import dataclass

from stance.analysis.cues import COLLECTIVE, PEOPLE
from stance.analysis.holders import AUTHOR, Holder
from stance.analysis.phrases import DETERMINERS, STOPS
from stance.ingest.names import gazetteer

REACH = 90
"""How far after a name its apposition is read, in code points."""
BEFORE = 60
PERSON = re.compile(r"\b(?:(?:al|el|as|ash|ad|ar|an)-|d[’'])?[A-Z]\w[\w’-]*")
"""A surname."""
TITLE = re.compile(r"[A-Z]{2,3}|Mrs?|Ms|Dr|Sir|Lord|Lady|President|Premier|Sen|Rep|Gen|Col|Maj|Capt|Prof|Rev")
ALIKE = 0.92
"""Spellings so much alike are one name: Ischenko, Ishchenko."""


@dataclass(frozen=True)
class Actor:
    """Who stands where: `kind` is author, country, organisation, person or group."""

    name: str
    kind: str


def actor_of(holder: Holder, text: str) -> Actor:
    """The actor of a holder found in the article `text`."""
    if holder.kind == AUTHOR:
        return Actor(AUTHOR, AUTHOR)
    named = _named(holder.text)
    whole = speaker_of(holder, text)
    if named is None and whole[:1].isupper():
        named = _introduction(whole, text)
    if named is not None:
        return named
    is_name = holder.kind in {"named", "pronoun-resolved"} and whole[:1].isupper()
    return Actor(whole, "person" if is_name else "group")


def speaker_of(holder: Holder, text: str) -> str:
    """A holder's one name within the article: "Doe" becomes "Jane Doe", and so does "the minister" that she is."""
    if holder.kind == AUTHOR:
        return AUTHOR
    name = full_name(holder.text, text)
    return _bearer(name, text) or name if name == holder.text and not name[:1].isupper() else name


def full_name(name: str, text: str) -> str:
    """The first form of a name in the article that has a first name: "Doe" becomes "Jane Doe", however it is spelt.

    Titles before it ("Mr.", "PM") and the introduction that goes before ("Russian columnist") are dropped.
    """
    surname = name.split()[-1].removesuffix("’s").removesuffix("'s") if name.split() else ""
    if not PERSON.fullmatch(surname) or any(gazetteer().mentions(name)) or COLLECTIVE.search(name):
        return name
    spellings = "|".join(map(re.escape, sorted(_spellings(surname, text))))
    for form in re.finditer(rf"\b([A-Z][\w’'-]+) (?:[A-Z]\. |[a-z]{{2,3}} )?(?:{spellings})\b", text):
        if form[1].lower() not in STOPS | DETERMINERS | PEOPLE and not TITLE.fullmatch(form[1]):
            return form[0]
    return name


def _spellings(surname: str, text: str) -> set[str]:
    """The surname as newspapers spell it within one article: Ischenko, Ishchenko; al-Thinni, Al-Thinni."""
    words = {match[0] for match in PERSON.finditer(text) if len(match[0]) > 4}
    alike = {word for word in words if word.lower() == surname.lower()}
    return {surname, *alike, *difflib.get_close_matches(surname, words, cutoff=ALIKE)}


def _bearer(words: str, text: str) -> str | None:
    """Who in the article is introduced by the title in "the prime minister"; None unless it is one person."""
    match = re.fullmatch(r"[Tt]he ((?:[a-z-]+ )*[a-z]+)", words)
    if match is None or match[1].split()[-1] not in PEOPLE:
        return None
    title, name = re.escape(match[1]), r"((?:[A-Z][\w’'-]+ ){1,2}[A-Z]?[\w’'-]*[a-z])"
    found = {m[1] for m in re.finditer(rf"\b{title},? {name}\b", text)}
    found |= {m[1] for m in re.finditer(rf"\b{name}, (?:the|a|an) (?:[\w’'-]+ ){{0,3}}{title}\b", text)}
    return found.pop() if len(found) == 1 else None


def _named(words: str) -> Actor | None:
    """The first country or organisation in `words`."""
    for mention in gazetteer().mentions(words):
        return Actor(mention.name, "organisation" if mention.name in gazetteer().bodies else "country")
    return None


def _introduction(name: str, text: str) -> Actor | None:
    """What stands beside the name where it is introduced: "the Russian columnist X" or "X, the commander of ..."."""
    spellings = _spellings(name.split()[-1], text)
    for match in re.finditer(rf"\b(?:{'|'.join(map(re.escape, sorted(spellings)))})\b", text):
        before = re.split(r"[.;:!?\n“”]", text[max(0, match.start() - BEFORE) : match.start()])[-1]
        title = re.search(r"(?:[\w’'-]+ ){0,6}$", before)
        found = _named(title[0]) if title and _is_title(title[0]) else None
        if found is None:
            after = text[match.end() : match.end() + REACH]
            apposition = re.match(r"(?:,| is| was)\s+(?:an? |the |[A-Z][\w’'-]*\s)[^.;:!?\n“”]*", after)
            found = _named(apposition[0]) if apposition else None
        if found is not None:
            return found
    return None


def _is_title(words: str) -> bool:
    """Whether the words before a name hold a noun in lower case next to it, as titles do."""
    return bool(re.search(r"[A-Z][\w’'-]* (?:[a-z]+ ){1,3}(?:[A-Z][\w’'-]* )*$", words))
