"""Compose a sentence whose stance is known: polarity of the verb x direction of its object x negation.

A small encoder made for sentence similarity tells topics apart long before it tells `urged` from `opposed`. Sentences
in which only the polarity decides teach it that first; the verbs occur with objects of both directions, and with
objects that are no intervention at all, so that no word stands for a label. Some sentences judge two interventions
differently, and some are shown with the target of another sentence, so that the target has to be read too.
"""

import random
import re
from dataclasses import dataclass

from stance.drills.lexicon import Intervener, Lexicon, Place

KIND_SHARES = {"polar": 0.5, "contrast": 0.1, "neutral": 0.3, "unrelated": 0.1}
WRONG_TARGET_SHARE = 0.06
"""Of sentences: shown with a place that they do not name, so `unrelated`."""
PLUS_SHARE = 0.67
"""Of objects: an intervention, rather than the end of one."""
GENERIC_SHARE = 0.6
"""Of targets: "foreign intervention in ...", rather than by a named power."""
ADVERBIAL_SHARE = 0.6
RELATIVE_SHARE = 0.3
NUMBERS = (3, 7, 12, 14, 18, 23, 40, 65, 110, 250, 400, 900)
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
PLACEHOLDER = re.compile(r"\{(\w+)\}")
QUOTES = (('"', '"'), ("“", "”"))


@dataclass(frozen=True)
class Drill:
    """A composed sentence with its target and label."""

    text: str
    target: str
    label: str
    intervener: str
    place: str


class Composer:
    """Draws drills from a lexicon; the same seed gives the same ones."""

    def __init__(self, lexicon: Lexicon, seed: int) -> None:
        self._lexicon = lexicon
        self._random = random.Random(seed)  # noqa: S311

    def compose(self) -> Drill:
        """The next drill, its label one of favor, against, neutral, unrelated."""
        draw, lexicon = self._random.choice, self._lexicon
        place, intervener = draw(lexicon.places), draw(lexicon.interveners)
        kind = self._random.choices(list(KIND_SHARES), list(KIND_SHARES.values()))[0]
        if kind == "contrast":
            return self._contrast(place, intervener)
        if kind == "polar":
            sign, text = self._polar()
            label = _label(sign)
        else:
            label, text = kind, draw(lexicon.neutral if kind == "neutral" else lexicon.unrelated)
            text = text.replace("{o}", draw(lexicon.plus if self._chance(PLUS_SHARE) else lexicon.minus), 1)
        text = self._fill(self._framed(text), place, intervener)
        actor = "foreign" if self._chance(GENERIC_SHARE) else intervener.adjective
        if self._chance(WRONG_TARGET_SHARE) and names(text, place):
            other = draw([p for p in lexicon.places if not names(text, p)])
            return Drill(text, f"{actor} intervention in {other.name}", "unrelated", intervener.name, other.name)
        return Drill(text, f"{actor} intervention in {place.name}", label, intervener.name, place.name)

    def _contrast(self, place: Place, intervener: Intervener) -> Drill:
        """One speaker on two interventions: in two places, or of two powers in one; the target names one of them."""
        draw, lexicon = self._random.choice, self._lexicon
        two_places = self._chance(0.5)
        if two_places:
            wheres, whos = (place, draw([p for p in lexicon.places if p != place])), (intervener, intervener)
        else:
            wheres, whos = (place, place), (intervener, draw([v for v in lexicon.interveners if v != intervener]))
        mark = "{P" if two_places else "{ia}"
        signs, clauses = [], []
        for where, who in zip(wheres, whos, strict=True):
            side, direction = draw((1, -1)), 1 if self._chance(PLUS_SHARE) else -1
            noun = draw(
                [n for n in (lexicon.plus if direction > 0 else lexicon.minus) if mark in n.replace("{pa", "{P")]
            )
            verb = draw(lexicon.support_verbs if side > 0 else lexicon.oppose_verbs)
            signs.append(side * direction)
            clauses.append(self._fill(f"{verb} {noun}", where, who, capital=False))
        joint = draw((" but ", ", but ", " and ", " while it ", ", yet ", " even as it ", " at a time when it "))
        text = self._fill(
            self._framed(f"{self._subject(relative=False)} {clauses[0]}{joint}{clauses[1]}"), place, intervener
        )
        chosen = draw((0, 1))
        where, who = wheres[chosen], whos[chosen]
        actor = "foreign" if two_places and self._chance(GENERIC_SHARE) else who.adjective
        return Drill(text, f"{actor} intervention in {where.name}", _label(signs[chosen]), who.name, where.name)

    def _polar(self) -> tuple[int, str]:
        """(+1 for, -1 against; the sentence with its placeholders)."""
        draw, lexicon = self._random.choice, self._lexicon
        direction = 1 if self._chance(PLUS_SHARE) else -1
        side = draw((1, -1))
        noun = draw(lexicon.plus if direction > 0 else lexicon.minus)
        form = self._random.choices(
            ("verb", "infinitive", "negated", "judge", "author", "quote"), (0.27, 0.17, 0.08, 0.2, 0.14, 0.14)
        )[0]
        if form == "quote":
            return side, self._quoted(side)
        if form == "infinitive":
            verb = draw(lexicon.support_infinitive if side > 0 else lexicon.oppose_infinitive)
            text = f"{self._subject()} {verb} {draw(lexicon.plus_clause if direction > 0 else lexicon.minus_clause)}"
        elif form == "author":
            text = draw(lexicon.author_pro if side > 0 else lexicon.author_con).replace("{o}", noun)
        elif form == "judge":
            predicate = draw(lexicon.judge_pro if side > 0 else lexicon.judge_con).replace("{o}", noun)
            text = f"{self._subject()} {predicate}"
        elif form == "negated":
            text = f"{self._subject()} {draw(lexicon.negated_pro if side > 0 else lexicon.negated_con)} {noun}"
        else:
            text = f"{self._subject()} {draw(lexicon.support_verbs if side > 0 else lexicon.oppose_verbs)} {noun}"
        return side * direction, text

    def _quoted(self, side: int) -> str:
        draw, lexicon = self._random.choice, self._lexicon
        spoken = draw(lexicon.quotes_pro if side > 0 else lexicon.quotes_con).rstrip(".")
        left, right = draw(QUOTES)
        who, topic = self._subject(relative=False), draw(lexicon.plus)
        return draw(
            (
                f"{left}{spoken},{right} said {who} of {topic}",
                f"{left}{spoken},{right} {who} told reporters",
                f"asked about {topic}, {who} said: {left}{spoken}.{right}",
                f"{who} said of {topic} that {spoken[0].lower() + spoken[1:]}",
            )
        )

    def _subject(self, *, relative: bool = True) -> str:
        draw, lexicon = self._random.choice, self._lexicon
        kind = self._random.random()
        if kind < 0.5:
            subject = draw(lexicon.groups)
        elif kind < 0.62:
            subject = "{I}"
        elif kind < 0.9:
            subject = f"{draw(lexicon.roles)} {{person}}"
        else:
            subject = "{person}"
        return subject + (draw(lexicon.relative) if relative and self._chance(RELATIVE_SHARE) else "")

    def _framed(self, text: str) -> str:
        draw, lexicon = self._random.choice, self._lexicon
        end = text[-1] if text[-1] in ".?!" else ""
        text = text.removesuffix(end)
        if end != "?" and text[-1] not in '”"' and self._chance(ADVERBIAL_SHARE / 2):
            text += draw(lexicon.closers)
        if self._chance(ADVERBIAL_SHARE):
            text = draw(lexicon.openers) + (
                text if text[0] in '{“"' else text[0].lower() + text[1:] if _lowers(text) else text
            )
        return text + (end or ("" if text[-2:] in (".”", '."') else "."))

    def _fill(self, text: str, place: Place, intervener: Intervener, *, capital: bool = True) -> str:
        draw, lexicon = self._random.choice, self._lexicon
        fixed = {"P": place.name, "pa": place.adjective, "I": intervener.noun, "ia": intervener.adjective}

        def value(match: re.Match[str]) -> str:
            name = match[1]
            if name in fixed:
                return fixed[name]
            if name == "g":
                return self._subject(relative=False)
            if name == "person":
                return f"{draw(lexicon.first_names)} {draw(lexicon.last_names)}"
            others = {"cap": lexicon.capitals, "day": DAYS, "n": NUMBERS, "year": range(1950, 2025)}
            if name not in others:
                raise ValueError(f"unknown placeholder {{{name}}} in a lexicon phrase: {text!r}")
            return str(draw(others[name]))

        while PLACEHOLDER.search(text):
            text = PLACEHOLDER.sub(value, text)
        text = text.replace(",,", ",")
        return text[0].upper() + text[1:] if capital else text

    def _chance(self, share: float) -> bool:
        return self._random.random() < share


def names(text: str, place: Place) -> bool:
    """Whether `text` has the place's name or adjective as words of its own: Niger is not in Nigeria."""
    return re.search(rf"\b(?:{re.escape(place.name)}|{re.escape(place.adjective)})\b", text) is not None


def _label(sign: int) -> str:
    return "favor" if sign > 0 else "against"


def _lowers(text: str) -> bool:
    """Whether the first word is an ordinary one, which is lower-case within a sentence."""
    first = text.split(" ", 1)[0]
    return first in (
        "The",
        "A",
        "An",
        "It",
        "Some",
        "Many",
        "This",
        "That",
        "In",
        "On",
        "Two",
        "Three",
        "No",
        "Whether",
    )
