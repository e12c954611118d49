"""From a holder to an actor: the country or organisation that it speaks for, or else the holder itself.

First the holder's own words ("the Russian columnist"), then how the article introduces the name ("Khalifa Haftar, the
commander of ...", "the Russian columnist ..."), by the gazetteers of countries and organisations.
"""

import difflib
import re
from dataclasses import dataclass

from stance.analysis.holders import AUTHOR, Holder, head
from stance.analysis.phrases import STOPS
from stance.ingest.names import gazetteer

REACH = 90
"""How far after a name its apposition is read, in code points."""
BEFORE = 60
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
    if named is None and holder.text[:1].isupper():
        named = _introduction(holder.text, text)
    if named is not None:
        return named
    whole = full_name(holder.text, text)
    is_name = holder.kind in {"named", "pronoun-resolved"} and whole[:1].isupper()
    return Actor(whole, "person" if is_name else "group")


def full_name(name: str, text: str) -> str:
    """The longest form of a name in the article that ends in the same surname: "Doe" becomes "Jane Doe"."""
    surname = re.escape(name.split()[-1]) if name.split() else ""
    if not name[:1].isupper() or not head(name)[:1].isalpha():
        return name
    forms = re.findall(rf"\b(?:[A-Z][\w’'-]+ ){{1,3}}{surname}\b", text)
    words = [form for form in forms if form.endswith(name) and form.split()[0].lower() not in STOPS]
    return min(words, key=lambda form: (len(form.split()) != 2, forms.index(form)), default=name)


def _named(words: str) -> Actor | None:
    """The first country or organisation in `words`."""
    for mention in gazetteer().mentions(words):
        return Actor(mention.name, "organisation" if mention.name in gazetteer().bodies else "country")
    return None


def _introduction(name: str, text: str) -> Actor | None:
    """What stands beside the name where it is introduced: "the Russian columnist X" or "X, the commander of ..."."""
    surname = name.split()[-1]
    # Newspapers spell foreign names in several ways within one article.
    spellings = {surname, *difflib.get_close_matches(surname, set(re.findall(r"\b[A-Z]\w{4,}", text)), cutoff=ALIKE)}
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
