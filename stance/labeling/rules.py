"""Labeling functions: cheap, explainable votes from wording alone. Each abstains unless its cue is there.

The cues are data (`cues.yaml`, `powers.yaml`); this file reads them. A rule votes when one of its cues matches, looks
left of the match for a negator in the same clause, and abstains where the match hangs on a `whether`. Rules that take a
side stay silent where the sentence names another intervener than the pair's.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from stance.records import Pair, Vote

Rule = Callable[[str, Pair], str | None]
"""(sentence text, pair) -> label, or None to abstain."""

CUES, POWERS = "cues.yaml", "powers.yaml"
NEGATION_REACH_CHARACTERS = 32
HYPOTHESIS_REACH_CHARACTERS = 40
REACH = {"~": 70, "^": 25}
"""How many characters of a clause may lie between a cue and its object, by the sign for it in `cues.yaml`."""
CLAUSE = r"[^.;:!?]"
"""A cue and its object stand in one clause."""


@dataclass(frozen=True)
class Scope:
    """What makes a match count for less: compiled once for all rules."""

    negated: re.Pattern[str]
    hypothetical: re.Pattern[str]
    topic: Callable[[str], object]
    """What is found of the topic in a text; all rules ask about the same text, so the last answer is kept."""
    other_power: Callable[[str, str | None], bool]
    """Whether a text names a known power, but not this intervener; the last answer is kept."""


@dataclass(frozen=True)
class CueRule:
    """A rule of `cues.yaml` as patterns."""

    label: str
    negated: str | None
    cue: re.Pattern[str]
    unless_inside: re.Pattern[str] | None
    unless_before: re.Pattern[str] | None
    needs_topic: bool
    takes_side: bool

    def vote(self, text: str, pair: Pair, scope: Scope) -> str | None:
        """The label, its opposite where the cue is negated, or None."""
        if self.needs_topic and not scope.topic(text):
            return None
        if self.takes_side and names_other_intervener(text, pair, scope):
            return None
        for match in self.cue.finditer(text):
            left = _clause_before(text, match.start())
            if self.unless_inside and self.unless_inside.search(match.group()):
                continue
            if self.unless_before and self.unless_before.search(left):
                continue
            if self.takes_side and scope.hypothetical.search(left[-HYPOTHESIS_REACH_CHARACTERS:]):
                continue
            if scope.negated.search(left[-NEGATION_REACH_CHARACTERS:]):
                if self.negated is None:
                    continue
                return self.negated
            return self.label
        return None


@dataclass(frozen=True)
class RuleBook:
    """All rules of `cues.yaml`, ready to vote: name -> rule, name -> what it looks for."""

    rules: Mapping[str, Rule]
    about: Mapping[str, str]
    labels: Mapping[str, str]


@cache
def rule_book() -> RuleBook:
    """The rules, read once."""
    import yaml

    data, powers = (
        yaml.safe_load((files("stance.labeling") / name).read_text(encoding="utf-8")) for name in (CUES, POWERS)
    )
    words = {name: "|".join(parts) for name, parts in data["words"].items()}
    named = {name: re.compile(rf"(?<!\w)(?:{'|'.join(parts)})(?!\w)") for name, parts in powers.items()}
    scope = Scope(
        negated=_compile(data["negators"], words, end=r"(?:\W+\w+){0,3}\W*$"),
        hypothetical=_compile(data["hypothetical"], words),
        topic=lru_cache(maxsize=1)(_compile(data["topic"], words).search),
        other_power=lru_cache(maxsize=1)(lambda text, intervener: _other_power(text, intervener, named)),
    )
    rules: dict[str, Rule] = {}
    for row in data["rules"]:
        rules[row["name"]] = _special(row["method"], scope) if "method" in row else _by_cue(row, words, scope)
    for row in data["rules"]:
        if row.get("alone"):
            others = [rules[other["name"]] for other in data["rules"] if _takes_side(other)]
            rules[row["name"]] = _alone(rules[row["name"]], others)
    about = {row["name"]: row["about"] for row in data["rules"]}
    return RuleBook(rules, about, {row["name"]: row["label"] for row in data["rules"]})


def rules_say(text: str, pair: Pair) -> dict[str, str]:
    """Rule -> label, for the rules that do not abstain."""
    return {name: label for name, rule in rule_book().rules.items() if (label := rule(text, pair)) is not None}


def rule_votes(pair: Pair, said: Mapping[str, str]) -> Iterator[Vote]:
    """What `rules_say` as votes: one for each rule, abstentions included."""
    for name in rule_book().rules:
        yield Vote(pair_id=pair.id, labeler=f"rule:{name}", label=said.get(name), kind="rule")


def names_other_intervener(text: str, pair: Pair, scope: Scope) -> bool:
    """Whether the sentence names a known power, and neither the pair's intervener nor its place."""
    return not pair.target.startswith("foreign ") and scope.other_power(text, pair.intervener)


def _other_power(text: str, intervener: str | None, powers: Mapping[str, re.Pattern[str]]) -> bool:
    wanted = [powers[name] for name in re.split(r", | and ", intervener or "") if name in powers]
    if not wanted or any(power.search(text) for power in wanted):
        return False
    return any(power.search(text) for power in powers.values())


def _special(method: str, scope: Scope) -> Rule:
    def other_intervener(text: str, pair: Pair) -> str | None:
        return "unrelated" if names_other_intervener(text, pair, scope) else None

    def off_topic(text: str, pair: Pair) -> str | None:
        named = [name for name in (pair.place, pair.intervener) if name]
        if scope.topic(text) or any(name.lower() in text.lower() for name in named):
            return None
        return "unrelated"

    return {"other_intervener": other_intervener, "off_topic": off_topic}[method]


def _by_cue(row: Mapping[str, Any], words: Mapping[str, str], scope: Scope) -> Rule:
    inside, before = row.get("unless_inside"), row.get("unless_before")
    rule = CueRule(
        label=row["label"],
        negated=row.get("negated"),
        cue=_compile(row["cues"], words),
        unless_inside=_compile([inside], words) if inside else None,
        unless_before=_compile([before], words, end=r"(?:\W+\w+ly)?\W*$") if before else None,
        needs_topic=row.get("topic", False),
        takes_side=_takes_side(row),
    )
    # A rule that is to be silent beside others asks all of them again: the last answer is kept.
    return lru_cache(maxsize=1)(lambda text, pair: rule.vote(text, pair, scope))


def _takes_side(row: Mapping[str, Any]) -> bool:
    return row["label"] in ("favor", "against")


def _alone(rule: Rule, others: list[Rule]) -> Rule:
    """`rule`, silent where another one votes."""
    return lambda text, pair: None if any(other(text, pair) for other in others) else rule(text, pair)


def _compile(parts: list[str], words: Mapping[str, str], end: str = "") -> re.Pattern[str]:
    text = "|".join(parts)
    while (found := re.search(r"<(\w+)>", text)) is not None:
        text = text.replace(found.group(), f"(?:{words[found.group(1)]})")
    text = re.sub(r"~|(?<!\[)\^", lambda mark: rf"\b{CLAUSE}{{0,{REACH[mark.group()]}}}?\b", text)
    return re.compile(rf"(?<!\w)(?:{text})(?!\w){end}", re.IGNORECASE)


def _clause_before(text: str, end: int) -> str:
    return re.split(r"[.;:!?]", text[:end])[-1]
