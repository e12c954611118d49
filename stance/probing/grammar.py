"""The same event told another way: passive for active, past for present. Only known shapes are touched."""

import re

from stance.probing.edit import QUOTE_MARKS, with_text
from stance.records import Example

PAST = (
    "condemned|rejected|approved|endorsed|welcomed|praised|criticized|criticised|denounced|backed|supported|opposed"
    "|bombed|attacked|occupied|invaded|adopted|passed|vetoed|blocked|defended|applauded|deplored|ordered|authorized"
    "|authorised|signed|seized|shelled|killed|destroyed"
)
ASKED = "told|urged|asked|pressed|begged|invited|ordered|allowed|advised|authorized|authorised"
DETERMINERS = (
    "The|A|An|Two|Three|Four|Five|Six|Seven|Eight|Nine|Ten|Some|Several|Many|Most|Both|His|Her|Their|Our|Its|More"
)
WORD = r"(?:(?:Mr|Mrs|Ms|Dr|Gen|Sen|Rep|Col|St)\.|[\w’'-]+)"
PHRASE = rf"{WORD}(?: {WORD}){{0,7}}"
LEAD = r"(?P<lead>(?:On|In|At|By|After|Earlier|Last|Two|Three) [\w’' -]+, |Yesterday, )?"
ORDERED = re.compile(
    rf"^{LEAD}(?P<subject>{PHRASE}) (?P<verb>{ASKED}) (?P<object>{PHRASE}) to (?P<rest>[a-z][^.?!;:]*)(?P<end>\.)$"
)
DONE = re.compile(
    rf"^{LEAD}(?P<subject>{PHRASE}) (?P<verb>{PAST}) (?P<object>{PHRASE}?)"
    r"(?P<when>(?: late| early)? on (?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day| yesterday| this week| last week"
    r"| last month)?(?P<end>\.)$"
)
NO_PHRASE = re.compile(
    r"\b(?:that|which|who|whom|whose|what|how|why|when|where|while|and|or|but|as|if|because|after|before|since|not|never"
    r"|is|are|was|were|be|been|has|have|had|did|do|does|will|would|could|should|can|may|might|must|said|says|told|saying"
    r"|by|he|she|they|it|him|her|them|us|me|we|you|there|this|also|then|again|later|to|than|twice|both|\w+ly|\w+day|\w+self"
    r"|\w+selves)\b",
    re.IGNORECASE,
)
SINGULAR_S = re.compile(r"(?:ss|us|is|news|Nations|States|politics|series|Emirates|Philippines|Netherlands)$")
PLURAL = re.compile(r"^(?:the |these |those |its |his |their |our )?(?:people|men|women|police|troops|children)$", re.I)
PEOPLE_OF_A_KIND = (
    "faithful",
    "wounded",
    "dead",
    "poor",
    "sick",
    "young",
    "old",
    "rich",
    "displaced",
    "press",
    "public",
)
COLLECTIVE_TAIL = re.compile(r"\s(?:of|in|on|for|from|against|at|with|over|under|near|into|between)\s.*$")
SAYS = re.compile(r"(?<=[\w’'.)] )says\b(?! (?:to|so\b))")
SAID = re.compile(r"(?<=[a-zé] )(said|told|wrote)\b(?! to be\b)")
AUXILIARY = re.compile(
    r"\b(?:is|are|was|were|be|been|being|has|have|had|having|get|got|been|the|a|an|to|and|or|also|then|later|never|still|just|only|once)$",
    re.I,
)


def passive(example: Example) -> Example | None:
    """Active as passive, for sentences that are a subject, one of some verbs, an object, and a `to` clause or a day."""
    if any(mark in example.text for mark in QUOTE_MARKS):
        return None
    match = ORDERED.match(example.text) or DONE.match(example.text)
    if not match or NO_PHRASE.search(match["subject"]) or NO_PHRASE.search(match["object"]):
        return None
    if re.search(rf"\b(?:{PAST}|{ASKED})\b", f"{match['subject']} {match['object']}"):
        return None
    subject = match["subject"] if match["lead"] else _inside(match["subject"], example)
    number = _be(match["object"])
    if subject is None or number is None or not _is_phrase(match["object"]):
        return None
    parts = match.groupdict()
    patient, lead = parts["object"], parts["lead"] or ""
    patient = patient if lead else patient[0].upper() + patient[1:]
    tail = f" to {parts['rest']}" if parts.get("rest") else parts.get("when") or ""
    return with_text(example, f"{lead}{patient} {number} {match['verb']} by {subject}{tail}{match['end']}")


def tense(example: Example) -> Example | None:
    """The verb of saying one step back in time: `says` as `said`, `said` as `had said`."""
    text = example.text
    if SAYS.search(text):
        return with_text(example, SAYS.sub("said", text))
    found = list(SAID.finditer(text))
    if len(found) != 1:
        return None
    head = text[: found[0].start()].rstrip()
    inside_quote = head.count("“") > head.count("”") or head.count('"') % 2
    if inside_quote or AUXILIARY.search(head):
        return None
    past = {"said": "had said", "told": "had told", "wrote": "had written"}[found[0][0]]
    return with_text(example, f"{text[: found[0].start()]}{past}{text[found[0].end() :]}")


def _inside(subject: str, example: Example) -> str | None:
    """A subject as it is written inside a sentence; None when its first word may or may not be a name."""
    first = subject.split()[0]
    if re.fullmatch(DETERMINERS, first):
        return subject[0].lower() + subject[1:]
    words = [word for word in subject.split() if word[0].isalpha()]
    return subject if all(word[0].isupper() for word in words) or example.holder == subject else None


def _is_phrase(phrase: str) -> bool:
    """Whether it begins like a noun phrase: with a determiner, a number, a plural or a name."""
    first = phrase.split()[0]
    determined = re.fullmatch(rf"(?i:{DETERMINERS}|these|those|all|any|no)", first)
    return bool(determined) or phrase[0].isupper() or (" " not in phrase and phrase.endswith("s"))


def _be(phrase: str) -> str | None:
    """`was` or `were` for a noun phrase; None when its number cannot be told."""
    head = COLLECTIVE_TAIL.sub("", phrase)
    last, first = head.split()[-1], head.split()[0].lower()
    if last in PEOPLE_OF_A_KIND:
        return None
    if first in ("a", "an", "one") or (head.istitle() and not last.endswith("s")):
        return "was"
    if SINGULAR_S.search(last):
        return "was"
    if PLURAL.match(head) or last in ("troops", "people", "men", "women", "forces", "children"):
        return "were"
    if last.endswith("s"):
        return "were"
    return (
        "was"
        if (last[0].islower() and first in ("the", "his", "her", "its", "their", "our")) or last[0].isupper()
        else None
    )
