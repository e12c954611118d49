"""Edits that turn a side round: a verb for its opposite, a verb denied, a denial taken back.

What the sentence then says is known only when one verb carries the side, so everything that could carry another one,
quotations, second clauses, reasons, negations, makes these return None.
"""

import re
from dataclasses import dataclass

from stance.probing.edit import NEGATION, QUOTE_MARKS, with_text
from stance.records import Example

FOR, AGAINST = 1, -1


@dataclass(frozen=True)
class Verb:
    """A verb that takes a side: its forms, its side, and the verb that takes the other one."""

    base: str
    third: str
    past: str
    gerund: str
    side: int
    opposite: str

    @property
    def forms(self) -> tuple[str, str, str, str]:
        """Base, third person, past, -ing."""
        return self.base, self.third, self.past, self.gerund


def _verb(base: str, third: str, past: str, gerund: str, side: int, opposite: str) -> Verb:
    return Verb(base, third, past, gerund, side, opposite)


VERBS = {
    verb.base: verb
    for verb in (
        _verb("support", "supports", "supported", "supporting", FOR, "oppose"),
        _verb("back", "backs", "backed", "backing", FOR, "reject"),
        _verb("welcome", "welcomes", "welcomed", "welcoming", FOR, "condemn"),
        _verb("praise", "praises", "praised", "praising", FOR, "criticize"),
        _verb("defend", "defends", "defended", "defending", FOR, "denounce"),
        _verb("endorse", "endorses", "endorsed", "endorsing", FOR, "reject"),
        _verb("applaud", "applauds", "applauded", "applauding", FOR, "deplore"),
        _verb("favor", "favors", "favored", "favoring", FOR, "oppose"),
        _verb("favour", "favours", "favoured", "favouring", FOR, "oppose"),
        _verb("oppose", "opposes", "opposed", "opposing", AGAINST, "support"),
        _verb("reject", "rejects", "rejected", "rejecting", AGAINST, "endorse"),
        _verb("condemn", "condemns", "condemned", "condemning", AGAINST, "welcome"),
        _verb("criticize", "criticizes", "criticized", "criticizing", AGAINST, "praise"),
        _verb("criticise", "criticises", "criticised", "criticising", AGAINST, "praise"),
        _verb("denounce", "denounces", "denounced", "denouncing", AGAINST, "defend"),
        _verb("deplore", "deplores", "deplored", "deploring", AGAINST, "applaud"),
    )
}
FORMS = {form: (verb, i) for verb in VERBS.values() for i, form in enumerate(verb.forms)}
ANY_VERB = re.compile(rf"\b(?:{'|'.join(sorted(FORMS, key=len, reverse=True))})\b")
VOTES = re.compile(r"\b(?P<vote>vot(?:e|es|ed|ing)) (?P<side>for|against|in favou?r of)\b(?= \w)")
SECOND_CLAUSE = re.compile(
    r"\b(?:but|although|though|while|whereas|however|yet|because|since|unless|if|despite|until|instead|rather|only|as"
    r"|saying|calling|arguing|warning|adding|which|provided|except|even|too|so)\b|[;:?!]",
    re.IGNORECASE,
)
OTHER_VERDICT = re.compile(
    r"\b(?:wrong|right|illegal|illegally|unlawful|mistake|crime|aggression|folly|reckless|failure|success|successful|failed"
    r"|invasion|massacre|shame\w*|courag\w*|brave\w*|thank\w*|urged?|called|demand\w*|asked|betray\w*|welcom\w*"
    r"|withdraw\w*|pull\w*|halt\w*|end|ends|ended|ending|stop\w*|leave|against|opposition|opponents|critics|supporters"
    r"|allow\w*|let|limit\w*|cut\w*|repeal\w*|delay\w*|ban|bans|cease-?fire|peace|overwhelmingly|strongly|heartily"
    r"|bitterly|enthusiastic\w*|any\w*|either|per ?cent|polls?|votes|calls|grounds?|offer\w*|court|lest|terms)\b",
    re.IGNORECASE,
)
"""Words that take a side themselves, or turn the object of the verb into the end of an intervention."""
ALL = re.compile(r"\b(?:all|every|each|both|everybody|everyone)\b", re.IGNORECASE)
"""`All did not vote for it` may mean that some did."""
BE, HAVE = ("is", "are", "was", "were", "be", "been", "being"), ("has", "have", "had")
MODALS = ("will", "would", "should", "must", "can", "could", "may", "might")
BEFORE_BASE = (*MODALS, "to", "not")
THIRD_SUBJECTS = re.compile(r"(?:\b(?:he|she|who|it|that|party|government|group|council)|\b[A-Z][a-z]+)$")
SUBJECT_END = re.compile(r"[A-Za-z]$")
MAX_WORDS = 35


@dataclass(frozen=True)
class Hinge:
    """The one expression on which a sentence's side hangs."""

    verb: Verb
    form: int
    start: int
    end: int
    before: str
    """The word before."""


def antonym(example: Example) -> Example | None:
    """The verb that takes the side, for its opposite: `welcomed` for `condemned`, `voted for` for `voted against`."""
    text = example.text
    vote = _vote(example)
    if vote:
        other = "against" if vote["side"] != "against" else "for"
        return with_text(example, f"{text[: vote.start('side')]}{other}{text[vote.end('side') :]}")
    hinge = _hinge(example)
    if hinge is None:
        return None
    if (
        hinge.verb.base in ("welcome", "condemn") and " for " in text[hinge.end :]
    ):  # one condemns, but does not welcome for
        return None
    other_form = VERBS[hinge.verb.opposite].forms[hinge.form]
    return with_text(example, f"{text[: hinge.start]}{other_form}{text[hinge.end :]}")


def deny_support(example: Example) -> Example | None:
    """`supported` as `did not support`, `would vote for` as `would not vote for`; for sentences in favor."""
    return _denied(example, FOR)


def deny_opposition(example: Example) -> Example | None:
    """`condemned` as `did not condemn`; for sentences against."""
    return _denied(example, AGAINST)


def affirm(example: Example) -> Example | None:
    """`should not` as `should` in a sentence against; None where another word would still take the side."""
    text = example.text
    found = list(re.finditer(r"\b(should|must|ought|will|would) not (?=[a-z]+)(?!only|just|be (?:a|the)\b)", text))
    rest = text
    for match in reversed(found):
        rest = f"{rest[: match.end(1)]}{rest[match.end() - 1 :]}"
    if len(found) != 1 or _may_take_sides(rest) or ANY_VERB.search(rest):
        return None
    return with_text(example, rest)


def _denied(example: Example, side: int) -> Example | None:
    text = example.text
    if ALL.search(text):
        return None
    vote = _vote(example)
    if vote:
        if side == (AGAINST if vote["side"] == "against" else FOR):
            denied = _denied_at(text, vote.start("vote"), vote.end("vote"), "vote", _vote_form(vote["vote"]))
            return with_text(example, denied) if denied else None
        return None
    hinge = _hinge(example)
    if hinge is None or hinge.verb.side != side:
        return None
    denied = _denied_at(text, hinge.start, hinge.end, hinge.verb.base, hinge.form)
    return with_text(example, denied) if denied else None


def _denied_at(text: str, start: int, end: int, base: str, form: int) -> str | None:
    """`text` with the verb at start:end denied, or None when its place in the sentence is not known well enough."""
    head, tail = text[:start].rstrip(), text[end:]
    words = head.split()
    before = words[-1] if words else ""
    if form == 0 and before in MODALS:
        return f"{head} not {text[start:]}"
    if form == 0 and before == "to" and len(words) > 1 and words[-2] in ("vowed", "promised", "decided", "agreed"):
        return f"{head.removesuffix('to').rstrip()} not to {text[start:]}"
    if form == 2 and before in (*HAVE, "was", "were", "is", "are"):
        return f"{head} not {text[start:]}"
    passive = tail.lstrip().startswith("by ")
    if form == 2 and not passive and SUBJECT_END.search(head) and before not in (*BE, *HAVE) and _is_subject(before):
        return f"{head} did not {base}{tail}"
    if form == 1 and THIRD_SUBJECTS.search(head):
        return f"{head} does not {base}{tail}"
    return None


def _is_subject(word: str) -> bool:
    """Whether a verb in the past after this word is the sentence's own, rather than a participle or a second verb."""
    return word not in ("and", "or", "the", "a", "an", "then", "also", "by", "well", "state", "widely", "long")


def _vote_form(word: str) -> int:
    return ("vote", "votes", "voted", "voting").index(word)


def _vote(example: Example) -> re.Match[str] | None:
    """The one vote in a sentence with no other verdict, if its side is the sentence's."""
    votes = list(VOTES.finditer(example.text))
    if len(votes) != 1 or ANY_VERB.search(example.text):
        return None
    before, after = example.text[: votes[0].start()], example.text[votes[0].end() :]
    side = "against" if votes[0]["side"] == "against" else "favor"
    words = before.split()
    noun = votes[0]["vote"] in ("vote", "votes") and (not words or words[-1] not in BEFORE_BASE)
    return None if noun or side != example.label or _may_take_sides(before + after) else votes[0]


def _hinge(example: Example) -> Hinge | None:
    """The one verb that takes a side in a sentence with no other verdict, if its side is the sentence's."""
    found = list(ANY_VERB.finditer(example.text))
    if len(found) != 1 or VOTES.search(example.text):
        return None
    verb, form = FORMS[found[0][0]]
    head, tail = example.text[: found[0].start()], example.text[found[0].end() :]
    before = head.split()[-1] if head.split() else ""
    if example.label != ("favor" if verb.side == FOR else "against") or _may_take_sides(head + tail):
        return None
    if form == 0 and before not in BEFORE_BASE:  # `support` and `back` are nouns and adverbs too
        return None
    if verb.base == "defend" and form in (0, 3):  # with arms, rather than with words
        return None
    if form == 1 and not THIRD_SUBJECTS.search(head.rstrip()):
        return None
    if form == 2 and (before in ("the", "a", "an", "of") or re.match(r"\s*(?:off|down|up|out|away|into)\b", tail)):
        return None
    if form == 3 and (before in ("the", "a", "an", "of", "its", "their", "his", "her", "full") or not tail.strip(" .")):
        return None
    if before.endswith(("-", "ly")) or head.endswith("-") or tail.startswith("-"):
        return None
    return Hinge(verb, form, found[0].start(), found[0].end(), before)


def _may_take_sides(rest: str) -> bool:
    """Whether a sentence without its hinge could take a side all the same, or is too long to know."""
    doubtful = NEGATION.search(rest) or SECOND_CLAUSE.search(rest) or OTHER_VERDICT.search(rest)
    return bool(doubtful) or len(rest.split()) > MAX_WORDS or any(mark in rest for mark in QUOTE_MARKS)
