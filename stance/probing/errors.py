"""What the error browser shows of every wrong prediction, and the page: one file, nothing fetched from anywhere."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from stance.probing.attribution import Attribution
from stance.probing.neighbours import Neighbour
from stance.records import Example, Prediction

TEMPLATE = "errors.html.j2"
FILTERS = ("gold", "predicted", "tag", "conflict", "intervener", "genre", "year")
FAINTEST, STRONGEST = 0.12, 0.5
"""Opacity of a word's mark; the strongest leaves the text readable."""
TOP_WORDS = 3


@dataclass(frozen=True)
class Word:
    """A piece of text with what it adds to the logit difference; 0.0 for pieces between words."""

    text: str
    value: float = 0.0


@dataclass(frozen=True)
class Error:
    """A wrong prediction with what may explain it."""

    example: Example
    prediction: Prediction
    neighbours: Sequence[Neighbour] = ()
    attribution: Attribution | None = None
    text: Sequence[Word] = field(default=())
    target: Sequence[Word] = field(default=())

    @property
    def confidence(self) -> float:
        """Probability of the predicted label."""
        return self.prediction.probabilities.get(self.prediction.label, 0.0)

    @property
    def top(self) -> list[Word]:
        """The words that speak most for the predicted label, the strongest first."""
        words = sorted((w for w in (*self.text, *self.target) if w.value > 0), key=lambda w: -w.value)
        return words[:TOP_WORDS]


def make_error(
    example: Example,
    prediction: Prediction,
    neighbours: Sequence[Neighbour],
    explained: tuple[Attribution, tuple[str, str]] | None,
) -> Error:
    """An error with its texts in marked words; `explained` is an attribution and the two texts that the model read."""
    plain = ([Word(example.text)], [Word(example.target)])
    if explained is None:
        return Error(example, prediction, neighbours, None, *plain)
    attribution, filled = explained
    texts = [_words(attribution, part, filled[part], text) for part, text in enumerate((example.text, example.target))]
    return Error(example, prediction, neighbours, attribution, texts[0] or plain[0], texts[1] or plain[1])


def confident_first(errors: Sequence[Error]) -> list[Error]:
    """The surest errors first."""
    return sorted(errors, key=lambda e: (-e.confidence, e.example.id))


def render_errors(errors: Sequence[Error], facts: Mapping[str, Any]) -> str:
    """The page; `facts` are {split, pairs, attributed, encoder, model} for its first lines."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("stance.probing", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"opacity": _opacity, "signed": _signed}
    filters = [_values(e) for e in errors]
    choices = {name: sorted({v for values in filters for v in values[name]}) for name in FILTERS}
    strongest = max((abs(w.value) for e in errors for w in (*e.text, *e.target)), default=0.0)
    return environment.get_template(TEMPLATE).render(
        rows=list(zip(errors, filters, strict=True)),
        facts=facts,
        choices={name: values for name, values in choices.items() if values},
        strongest=strongest,
    )


def _values(error: Error) -> dict[str, list[str]]:
    example = error.example
    single = {
        "gold": example.label,
        "predicted": error.prediction.label,
        "conflict": example.conflict,
        "intervener": example.intervener,
        "genre": example.genre,
        "year": example.year,
    }
    return {"tag": list(example.tags), **{name: [value] if value else [] for name, value in single.items()}}


def _words(attribution: Attribution, part: int, filled: str, text: str) -> list[Word]:
    """`text` cut into words and what lies between them; empty where the model read it in no one piece."""
    shift = filled.find(text)
    if shift < 0:
        return []
    pieces = [
        (start - shift, end - shift, value)
        for (start, end), value, own in zip(attribution.spans, attribution.values, attribution.sequence, strict=True)
        if own == part and shift <= start < end <= shift + len(text)
    ]
    words: list[Word] = []
    at = 0
    for start, end, value in pieces:
        joined = start == at and words and words[-1].text[-1:].isalnum() and text[start].isalnum()
        if joined:
            words[-1] = Word(words[-1].text + text[start:end], words[-1].value + value)
        else:
            words += [Word(text[at:start])] if start > at else []
            words.append(Word(text[start:end], value))
        at = end
    return words + ([Word(text[at:])] if at < len(text) else [])


def _opacity(value: float, strongest: float) -> str:
    share = min(1.0, abs(value) / strongest) if strongest else 0.0
    return f"{FAINTEST + (STRONGEST - FAINTEST) * share:.2f}"


def _signed(value: float) -> str:
    return f"{value:+.2f}".replace("-", "\N{MINUS SIGN}")
