"""Labeling functions: cheap, explainable votes from wording alone. Each abstains unless its cue is there."""

import re
from collections.abc import Callable, Iterator

from stance.records import Pair, Sentence, Vote

Rule = Callable[[str, Pair], str | None]
"""(sentence text, pair) -> label, or None to abstain."""

INTERVENTION = (
    r"(?:interven\w+|air ?strikes?|strikes|bombing|raids?|invasion|no-fly zone|troops|deployment|mission|sanctions"
    r"|arms|weapons|mercenar\w+|occupation|military action|use of force|blockade|embargo|peacekeep\w+)"
)
NEGATION = re.compile(r"\b(?:not|never|no longer|refus\w+|declin\w+|denied|without)\b|n['’]t\b", re.IGNORECASE)
NEGATION_REACH_CHARACTERS = 25
SUPPORT = re.compile(
    r"\b(?:back(?:s|ed|ing)?|support(?:s|ed)?|welcom(?:es|ed)|prais(?:es|ed)|defend(?:s|ed)|endors(?:es|ed)"
    r"|approv(?:es|ed)|authori[sz](?:es|ed)|urg(?:es|ed)|call(?:s|ed) for|asked for|request(?:s|ed)|favou?r(?:s|ed)"
    rf"|pledg(?:es|ed)|impos(?:es|ed))\b(?=[^.;]{{0,60}}\b{INTERVENTION}\b)",
    re.IGNORECASE,
)
OPPOSITION = re.compile(
    r"\b(?:condemn(?:s|ed)|denounc(?:es|ed)|oppos(?:es|ed)|reject(?:s|ed)|criticis(?:es|ed)|criticiz(?:es|ed)"
    r"|deplor(?:es|ed)|veto(?:es|ed)|protest(?:s|ed) against|ruled out|warn(?:s|ed) against|blam(?:es|ed)"
    rf"|demand(?:s|ed) an end to|voted against)\b(?=[^.;]{{0,60}}\b{INTERVENTION}\b)",
    re.IGNORECASE,
)
WITHDRAWAL = re.compile(
    r"\b(?:call(?:s|ed) for|urg(?:es|ed)|demand(?:s|ed)|want(?:s|ed)|insist(?:s|ed) on)\b[^.;]{0,50}"
    r"\b(?:withdraw\w*|pull[- ]?out|leave|go home|end to|halt)\b",
    re.IGNORECASE,
)
JUDGEMENT = re.compile(
    r"\b(?:illegal|unlawful|disaster|catastroph\w+|quagmire|blunder|aggression|sheer folly|imperialis\w+"
    r"|violat\w+ (?:of )?(?:its|the|their) sovereignty)\b",
    re.IGNORECASE,
)
REPORT = re.compile(
    r"\b(?:killed|wounded|destroyed|landed|arrived|deployed|fired|shot down|flew|hit|struck)\b", re.IGNORECASE
)
TOPIC = re.compile(rf"\b{INTERVENTION}\b|\bforces?\b|\bmilitary\b|\bjets\b|\bsoldiers\b|\bwar\b", re.IGNORECASE)


def supports(text: str, _pair: Pair) -> str | None:
    """A supporting verb shortly before an intervention word; `against` when it is negated."""
    return _polar(SUPPORT, text, "favor", "against")


def opposes(text: str, _pair: Pair) -> str | None:
    """An opposing verb shortly before an intervention word; abstains when it is negated."""
    return _polar(OPPOSITION, text, "against", None)


def wants_withdrawal(text: str, _pair: Pair) -> str | None:
    """A call for the intervention to end."""
    return _polar(WITHDRAWAL, text, "against", None)


def judges(text: str, _pair: Pair) -> str | None:
    """A word of condemnation in a sentence about the topic."""
    return "against" if JUDGEMENT.search(text) and TOPIC.search(text) else None


def plain_report(text: str, _pair: Pair) -> str | None:
    """Verbs of operations and casualties, no quotation and no cue of a stance."""
    if '"' in text or "“" in text or SUPPORT.search(text) or OPPOSITION.search(text):
        return None
    return "neutral" if REPORT.search(text) and TOPIC.search(text) else None


def off_topic(text: str, pair: Pair) -> str | None:
    """Neither a word of the topic nor the pair's place or intervener."""
    named = [name for name in (pair.place, pair.intervener) if name]
    if TOPIC.search(text) or any(name.lower() in text.lower() for name in named):
        return None
    return "unrelated"


RULES: dict[str, Rule] = {
    rule.__name__: rule for rule in (supports, opposes, wants_withdrawal, judges, plain_report, off_topic)
}


def apply_rules(sentence: Sentence, pair: Pair) -> Iterator[Vote]:
    """One vote for each rule, abstentions included."""
    for name, rule in RULES.items():
        yield Vote(pair_id=pair.id, labeler=f"rule:{name}", label=rule(sentence.text, pair), kind="rule")


def _polar(cue: re.Pattern[str], text: str, label: str, negated: str | None) -> str | None:
    match = cue.search(text)
    if match is None:
        return None
    before = text[max(0, match.start() - NEGATION_REACH_CHARACTERS) : match.start()]
    return negated if NEGATION.search(before) else label
