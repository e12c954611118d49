"""Other names in the same sentence: an invented country, another holder, another place in the target."""

import re

from stance.ingest.names import gazetteer
from stance.probing.edit import choose, marked, with_article, with_text
from stance.probing.powers import TARGET
from stance.records import Example

INVENTED, INVENTED_ADJECTIVE = "Velmara", "Velmaran"
PLACES = ("Nepal", "Paraguay", "Mongolia", "Zambia", "Tunisia", "Albania", "Laos", "Guatemala", "Fiji", "Botswana")
TITLES = (
    r"(?:Mr\.?|Mrs\.?|Ms\.?|Miss|Dr\.?|Sir|Dame|Lord|Lady|Senator|Sen\.|Rep\.|Representative|General|Gen\.|Colonel"
    r"|Col\.|President)"
)
PERSON = re.compile(rf"(?:{TITLES}\s+)?(?P<first>[A-Z][a-zé]+(?:-[A-Z][a-z]+)?) (?P<last>[A-Z][a-zé]+(?:[A-Z][a-z]+)?)")
NO_PERSON = re.compile(
    r"\b(?:Party|Council|Fund|Congress|Ministry|Army|House|Street|Office|Union|Nations|States|League|Rights|Watch|Cross"
    r"|Front|Movement|Group|Times|Post|Review|Institute|University|College|Church|Bank|Court|Board|Committee|Assembly"
    r"|Senate|Parliament|Brotherhood|Guard|Force|Forces|Command|Department|Foreign|Defence|Defense|National|Liberal"
    r"|Labour|Green|Greens|Conservative|Democrats|Republicans|Prime|Minister|Secretary|Downing|Capitol|New|North|South"
    r"|East|West|Saudi|Ivory|Sierra|Sri|El|Al|The|A|An|Free|International|Amnesty|Human|Doctors|Security|State|Commission|European|Dame|Lord|Lady|Sir|Mr|Mrs|Premier|Governor|Bishop|Captain|Major|Pope|King|Queen|Sheikh|Community|Concern|Ansar"
    r"|Archbishop|Comandante|Monsignor|General|Colonel|President|Representative|Senator|Ms|Miss|Dr)\b"
)
SHE = re.compile(
    r"\b(?:she|her|hers|herself|Mrs|Ms|Miss|Dame|woman|mother|wife|widow|girl|lady|daughter|sister)\b", re.I
)
HE = re.compile(r"\b(?:he|his|him|himself|Mr|Sir|man|father|husband|boy|son|brother|lord)\b", re.I)
FIRST_NAMES = {"she": ("Helen", "Nadia", "Clara"), "he": ("Peter", "Omar", "Henrik"), "either": ("Robin", "Alex")}
LAST_NAMES = ("Larsen", "Haddad", "Kessler", "Moreau", "Brandt")


def mask_place(example: Example) -> Example | None:
    """The country replaced by an invented one, Velmara, in sentence and target.

    None unless the sentence names it, and only as a country or by its adjective.
    """
    place = example.place
    if not place or place not in gazetteer().adjectives or place not in example.target:
        return None
    adjective = gazetteer().adjective(place)
    mentions = [m for m in gazetteer().mentions(example.text) if m.name == place]
    spellings = {example.text[m.start : m.end] for m in mentions}
    if (
        not mentions
        or not spellings <= {place, adjective, f"{adjective}s"}
        or adjective.endswith(("ese", "sh", "ch", "ss"))
    ):
        return None
    if re.search(rf"(?i)\bthe {re.escape(place)}\b|{re.escape(place)}[’'](?!s\b)|-{re.escape(place)}", example.text):
        return None
    text = re.sub(rf"\b{re.escape(adjective)}(s?)\b", rf"{marked(INVENTED_ADJECTIVE)}\1", example.text)
    text = with_article(re.sub(rf"\b{re.escape(place)}\b", marked(INVENTED), text))
    if re.search(rf"(?i){re.escape(_stem(place))}|{re.escape(_stem(adjective))}", text):
        return None
    return with_text(example, text, target=example.target.replace(place, INVENTED), place=INVENTED)


def swap_holder(example: Example) -> Example | None:
    """The person whose stance it is under another name, of a gender that the sentence's pronouns allow.

    None unless the holder is a first and a last name that the sentence spells out.
    """
    found = PERSON.fullmatch(example.holder or "")
    if not found:
        return None
    named = f"{found['first']} {found['last']}"
    if NO_PERSON.search(named) or named not in example.text:
        return None
    if re.search(rf"(?i)\bthe {re.escape(named)}", example.text) or any(True for _ in gazetteer().mentions(named)):
        return None
    feminine, masculine = (bool(pattern.search(example.text)) for pattern in (SHE, HE))
    if feminine and masculine:
        return None
    gender = "she" if feminine else "he" if masculine else "either"
    first = choose(example, [n for n in FIRST_NAMES[gender] if n not in example.text], "first")
    last = choose(example, [n for n in LAST_NAMES if n not in example.text], "last")
    text = example.text.replace(named, f"{first} {last}")
    text = re.sub(rf"\b{re.escape(found['last'])}\b", last, text)
    if re.search(rf"\b{re.escape(found['first'])}\b", text):
        return None
    return with_text(example, text, holder=f"{first} {last}")


def swap_target(example: Example) -> Example | None:
    """The same sentence, asked about a place that neither it nor its neighbours name.

    None unless the sentence names its own place: only then is it surely about that one.
    """
    named = TARGET.match(example.target)
    if not named or not any(m.name == example.place for m in gazetteer().mentions(example.text)):
        return None
    around = f"{example.before} {example.text} {example.after} {example.target}"
    free = [place for place in PLACES if not re.search(rf"\b{_stem(place)}", around)]
    if not free:
        return None
    place = choose(example, free, "target")
    return with_text(example, example.text, target=f"{named['who']} intervention in {place}", place=place)


def _stem(name: str) -> str:
    """What a country's name and its adjective have in common: Libya and Libyan, Ukraine and Ukrainian."""
    return name.split()[0].rstrip("aeiouyn") if len(name.split()[0]) > 4 else name.split()[0]
