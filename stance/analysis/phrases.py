"""Noun phrases that may hold a stance, found without a parser: names, pronouns, "the ...", "a ...", bare plurals."""

import re
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml

from stance.ingest.names import gazetteer


@cache
def _lists() -> Mapping[str, str]:
    return yaml.safe_load(files("stance.analysis").joinpath("words.yaml").read_text(encoding="utf-8"))


def words(name: str) -> frozenset[str]:
    """A list of words.yaml."""
    return frozenset(_lists()[name].split())


TOKEN = re.compile(
    r"(?:[A-Z]\.){2,}|[A-Z]\.(?= [A-Z])|"
    r"(?:Mr|Mrs|Ms|Dr|Sen|Rep|Gen|Col|Gov|Lt|Maj|Sgt|St|Prof|Rev|Adm|Brig|Maj|Capt|Cmdr|Amb|Sir|Messrs)\.|"
    r"\d[\d,.]*\d|\w+(?:[-’'.&]\w+)*(?:’|(?<=s)'(?!\w))?|[^\w\s]"
)
DETERMINERS = words("determiners")
PRONOUNS = words("pronouns")
STOPS = words("stops")
VERBS = words("verbs")
NUMBERS = words("numbers")
OPENERS = words("openers")
TITLES = frozenset({"minister", "secretary", "undersecretary", "under-secretary", "chancellor"})
HEDGES = words("hedges")
BARE = re.compile(
    r"^(?:lawmakers?|officials?|diplomats?|critics|supporters|opponents|analysts|experts|residents|voters|activists|"
    r"protesters|demonstrators|rebels|aides|advisers|ministers|leaders|senators|representatives|members|witnesses|"
    r"observers|generals|officers|soldiers|veterans|families|students|churches|unions|clerics|scholars|historians|"
    r"economists|lawyers|mayors|delegates|envoys|sources|insiders|humanitarians|campaigners|dissidents|exiles|"
    r"refugees|villagers|shopkeepers|traders|farmers|workers|teachers|parents|mothers|readers|editors|reporters|"
    r"militants|commanders|fighters|parliament|police|government|governments|allies|neighbou?rs|people|citizens|"
    r"republicans|democrats|conservatives|liberals|deputies|legislators|parties|groups|states|countries|nations|"
    r"spokes(?:man|woman|person|people)|polls?|shipowners|doctors|nurses|priests|bishops|judges|academics)$",
    re.IGNORECASE,
)
VIEWS = words("views")
POSSESSIVES = {"his": "he", "her": "she", "their": "they", "its": "it"}
AUXILIARIES = words("auxiliaries")
ARTICLES = frozenset({"the", "a", "an", "its", "their", "his", "her", "our", "my", "your", "this", "these", "no"})
"""After these a noun comes, even where it looks like a verb."""
PLACING = frozenset({"in", "at", "from", "outside", "across", "around", "near", "here", "there", "of", "on"})
"""A plural that a verb follows may have its place between."""
PARTY = re.compile(r"[RDI]-[A-Z]\w*$")
"""A lawmaker's party and state: R-Ohio."""
MAX_TOKENS = 14
NO_HOLDER = re.compile(
    r"(?:Jan|Feb|Mar|Apr|Aug|Sept?|Oct|Nov|Dec|January|February|March|April|May|June|July|August|September|October|"
    r"November|December|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|God|Whatever|Behind)\.?$"
)
"""Capitalised words that hold no stance."""
PARTICLE = re.compile(
    r"(?:d['’]|al-|el-|ad-|as-|ar-|an-|ash-)[A-Z]|(?:de|van|von|der|den|al|bin|ibn|ben|du|la|le|da|dos|el)$"
)


@dataclass(frozen=True)
class Token:
    """A word or a mark with its code-point offsets."""

    text: str
    start: int
    end: int

    @property
    def lower(self) -> str:
        """In lower case, with a plain apostrophe."""
        return self.text.lower().replace("’", "'")


@dataclass(frozen=True)
class Phrase:
    """A noun phrase: tokens `first` (inclusive) to `last` (exclusive) of its sentence, and what sort it is."""

    first: int
    last: int
    kind: str
    """`name`, `opening` (one word with a capital that may owe it to its place), `pronoun`, `noun` (has a determiner),
    `share` ("six in ten Americans"), `list` ("Chad, Mali and Niger") or `bare`."""


def tokenise(text: str, offset: int = 0) -> list[Token]:
    """Words and marks of `text`; `offset` is added to their places."""
    return [Token(m[0], m.start() + offset, m.end() + offset) for m in TOKEN.finditer(text)]


def phrases(tokens: list[Token], names: Container[str] = ()) -> list[Phrase]:
    """The candidate noun phrases of a sentence's tokens from left to right, none inside another.

    `names` are words known to begin with a capital wherever they stand; other single words that open a sentence are of
    kind `opening`.
    """
    found: list[Phrase] = []
    position = 0
    while position < len(tokens):
        phrase = _phrase(tokens, position)
        if phrase is None:
            position += 1
            continue
        if phrase.kind == "name" and phrase.last == phrase.first + 1 and _opens(tokens, phrase.first):
            word = tokens[phrase.first].text
            known = word in names or any(gazetteer().mentions(word))
            phrase = phrase if known else Phrase(phrase.first, phrase.last, "opening")
        found.append(phrase)
        position = max(phrase.last, position + 1)
    return list(_lists_joined(tokens, found))


def capitalised(tokens: list[Token]) -> set[str]:
    """The words that have a capital although they do not open a sentence or a quotation."""
    return {t.text for n, t in enumerate(tokens) if t.text[0].isupper() and not _opens(tokens, n)}


def _opens(tokens: list[Token], position: int) -> bool:
    return position == 0 or tokens[position - 1].text in '“".—:'


def _lists_joined(tokens: list[Token], found: list[Phrase]) -> Iterator[Phrase]:
    """Three names or more with commas between them and "and" before the last are one phrase."""
    index = 0
    while index < len(found):
        end = index
        while (
            end + 1 < len(found)
            and found[index].kind in {"name", "opening"}
            and found[end + 1].kind in {"name", "noun"}
            and any(t.text[0].isupper() for t in tokens[found[end + 1].first : found[end + 1].last])
            and tokens[found[end].last].text in {",", "and"}
            and found[end + 1].first - found[end].last == 1
            and tokens[found[end].last - 1].text[0].isupper()
            and not (end > index and any(t.text == "and" for t in tokens[found[end].first : found[end].last]))
        ):
            end += 1
            if tokens[found[end].first - 1].text == "and":
                break
        inside = tokens[found[index].first : found[end].last]
        if end > index and any(t.text == "and" for t in inside) and any(t.text == "," for t in inside):
            yield Phrase(found[index].first, found[end].last, "list")
            index = end + 1
        else:
            yield found[index]
            index += 1


def is_verb(token: Token) -> bool:
    """Whether the word is looked on as a finite verb or a participle."""
    low = token.lower
    return low in VERBS or (len(low) > 4 and low.endswith("ed") and token.text[0].islower())


def _phrase(tokens: list[Token], first: int) -> Phrase | None:
    token = tokens[first]
    low = token.lower
    if (
        first < 6
        and any(t.text in "—–-" for t in tokens[first + 1 : first + 7])
        and token.text.isupper()
        and len(token.text) > 3
    ):
        return None  # a dateline
    if low in PRONOUNS and not (low == "i" and token.text == "i"):
        return Phrase(first, first + 1, "pronoun")
    if low in POSSESSIVES and first + 1 < len(tokens) and tokens[first + 1].lower in VIEWS:
        return Phrase(first, first + 1, "pronoun")
    share = _share(tokens, first)
    if share is not None:
        return Phrase(first, share, "share")
    if PARTY.match(token.text):
        return None
    starts_sentence = _opens(tokens, first)
    if low in DETERMINERS or (token.text[0].isdigit() and first + 1 < len(tokens)):
        last = _extend(tokens, first + 1, first)
        return Phrase(first, last, "noun") if last > first + 1 else None
    if NO_HOLDER.match(token.text) and not (
        token.text == "May" and first + 1 < len(tokens) and tokens[first + 1].text[0].isupper()
    ):
        return None
    if token.text[0].isupper() and low not in STOPS and (not starts_sentence or _can_start(tokens, first)):
        last = _extend(tokens, first + 1, first)
        return Phrase(first, last, "name")
    if token.text[0].isalpha() and low not in STOPS and not is_verb(token):
        last = _extend(tokens, first + 1, first)
        if any(BARE.match(t.text) for t in tokens[first:last]) or _plural_subject(tokens, last):
            return Phrase(first, last, "bare")
    return None


def _plural_subject(tokens: list[Token], last: int) -> bool:
    """Whether the words before `last` end in a plural and a verb comes next."""
    word = tokens[last - 1].lower
    if not word.endswith("s") or word.endswith(("ss", "us", "is", "'s")) or len(word) < 4:
        return False
    for step in range(last, min(last + 6, len(tokens))):
        if is_verb(tokens[step]) or tokens[step].lower in AUXILIARIES:
            return True
        if step == last and tokens[step].lower not in PLACING:
            return False
    return False


def _share(tokens: list[Token], first: int) -> int | None:
    """Where "about 8 in 10 Republicans", "71 percent of those asked" or "46%" ends; None for anything else."""
    position = first
    while position < len(tokens) and tokens[position].lower in HEDGES:
        position += 1
    if position >= len(tokens) or not _number(tokens[position]):
        return None
    rest = [token.lower for token in tokens[position + 1 : position + 4]] + ["", "", ""]
    after = 2 if rest[0] == "in" else 3 if rest[:2] == ["out", "of"] else 0
    if rest[0] in {"percent", "%"}:
        position += 2
    elif rest[:2] == ["per", "cent"]:
        position += 3
    elif after and position + after < len(tokens) and _number(tokens[position + after]):
        position += after + 1
    else:
        return None
    return _extend(tokens, position, first)


def _number(token: Token) -> bool:
    return token.text[0].isdigit() or token.lower in NUMBERS


def _can_start(tokens: list[Token], first: int) -> bool:
    """A capital at the start of a sentence tells nothing; words of the closed classes begin no name."""
    word = tokens[first].lower
    return not word.endswith(("ly", "ing", "ed")) and word not in OPENERS


def _extend(tokens: list[Token], position: int, first: int) -> int:
    """Where the phrase that begins at `first` ends: before a verb, a mark or a word of the closed classes."""
    capital = tokens[first].text[0].isupper() and tokens[first].lower not in DETERMINERS
    while position < len(tokens) and position - first < MAX_TOKENS:
        token = tokens[position]
        low, word = token.lower, token.text[0].isalnum()
        after = tokens[position + 1] if position + 1 < len(tokens) else None
        if low == "of" and after is not None and after.text[0].isalnum():
            position += 1
            if tokens[position].lower in DETERMINERS:
                position += 1
            continue
        if (
            low == "for"
            and capital
            and tokens[position - 1].lower in TITLES
            and after is not None
            and after.text[0].isupper()
        ):
            position += 1
            continue
        if (
            low in {"and", "&"}
            and capital
            and after is not None
            and after.text[0].isupper()
            and after.lower not in STOPS
        ):
            position += 1
            continue
        if token.text == "“" or not word or low in STOPS or low == "and" or low in DETERMINERS or low in PRONOUNS:
            break
        if is_verb(token) and tokens[position - 1].lower not in ARTICLES:
            break
        if (
            low.endswith("ing")
            and len(low) > 4
            and token.text[0].islower()
            and tokens[position - 1].lower not in DETERMINERS
        ):
            break
        if low.endswith("ly") and token.text[0].islower():
            break
        if NO_HOLDER.match(token.text):
            break
        if (
            capital
            and PARTICLE.match(token.text)
            and (len(token.text) > 4 or (after is not None and after.text[0].isupper()))
        ):
            position += 1
            continue
        if (
            capital
            and token.text[0].islower()
            and tokens[position - 1].text[0].isupper()
            and not _noun_after(tokens, position)
        ):
            break
        position += 1
    return position


def _noun_after(tokens: list[Token], position: int) -> bool:
    """Whether the lower-case word goes on a phrase that began with a capital: "Russian columnist", "UN envoys"."""
    word = tokens[position].lower
    if BARE.match(word):
        return True
    after = tokens[position + 1] if position + 1 < len(tokens) else None
    return after is None or not (
        after.lower in DETERMINERS
        or after.text[0].isupper()
        or after.text[0].isdigit()
        or after.lower in {"to", "that", "it", "him", "them"}
    )
