"""The words that drills are composed of."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError

from stance.config import Config, DataError

Phrases = Annotated[tuple[str, ...], Field(min_length=2)]


class Intervener(Config):
    """Who intervenes: as in the field `intervener`, in a sentence, and as an adjective."""

    name: str
    """US"""
    noun: str
    """the United States"""
    adjective: str
    """American"""


class Place(Config):
    """Where: the country and its adjective."""

    name: str
    """Libya"""
    adjective: str
    """Libyan"""


class Lexicon(Config):
    """Phrases by what they contribute to the stance of a sentence.

    Placeholders: {o} the object (an intervention, or the end of one), {g} somebody, {person} a full name, {P} the place
    and {pa} its adjective, {I} the intervener and {ia} its adjective, {cap} a capital, {day}, {year}, {n} a number.
    """

    interveners: Annotated[tuple[Intervener, ...], Field(min_length=2)]
    """Outside powers."""
    places: Annotated[tuple[Place, ...], Field(min_length=2)]
    """Countries intervened in."""
    first_names: Phrases
    """Of invented people."""
    last_names: Phrases
    """Of invented people."""
    capitals: Phrases
    """Seats of governments."""
    groups: Phrases
    """Bodies, officials and crowds that hold opinions."""
    roles: Phrases
    """What stands before a name."""
    relative: Phrases
    """Insertions after a subject."""
    plus: Phrases
    """Noun phrases for an intervention, or more of it."""
    minus: Phrases
    """Noun phrases for its end, limit or absence."""
    plus_clause: Phrases
    """The same to follow `to`: send troops to {P}."""
    minus_clause: Phrases
    """The same to follow `to`: withdraw {ia} forces from {P}."""
    support_verbs: Phrases
    """Before a noun phrase: for it."""
    oppose_verbs: Phrases
    """Before a noun phrase: against it."""
    support_infinitive: Phrases
    """Before a clause, ending in `to`: for it."""
    oppose_infinitive: Phrases
    """Before a clause, ending in `to`: against it."""
    negated_pro: Phrases
    """Verb phrases that by negation amount to being for it."""
    negated_con: Phrases
    """Verb phrases that by negation amount to being against it."""
    judge_pro: Phrases
    """Predicates with {o}: for it."""
    judge_con: Phrases
    """Predicates with {o}: against it."""
    author_pro: Phrases
    """Whole sentences with {o} in which the author is for it."""
    author_con: Phrases
    """Whole sentences with {o} in which the author is against it."""
    quotes_pro: Phrases
    """Sentences as spoken by somebody who is for the intervention."""
    quotes_con: Phrases
    """Sentences as spoken by somebody who is against the intervention."""
    neutral: Phrases
    """Whole sentences on the topic that take no side."""
    unrelated: Phrases
    """Whole sentences about something else."""
    openers: Phrases
    """Adverbials before a sentence, ending in a comma and a space."""
    closers: Phrases
    """Adverbials and attributions after a sentence, beginning with a space or a comma."""


def read_lexicon(path: Path) -> Lexicon:
    """The lexicon in a YAML file; raises DataError naming every list that is missing or wrong."""
    import yaml

    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
        return Lexicon.model_validate(values, strict=False)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: not YAML: {' '.join(str(error).split())}") from None
    except ValidationError as error:
        problems = [f"{'.'.join(map(str, d['loc']))}: {d['msg']}" for d in error.errors()]
        raise DataError(f"{path}: not a lexicon: {'; '.join(problems)}") from None
