"""The closed vocabulary of records that stages exchange.

Every offset counts Unicode code points, half-open, into `Document.text`.
"""

import hashlib
import re
import unicodedata
from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, field_validator, model_validator

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters but newline and tab, and surrogates: the Unicode categories Cc and Cs."""
TRAILING_SPACE = re.compile(r"(?<![ \t\u00a0])[ \t\u00a0]+(?=\n|$)")
ISO_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")
PROBABILITY_TOLERANCE = 1e-4
ID_LENGTH = 16


class Record(BaseModel):
    """A frozen row that refuses unknown fields and wrong types."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Document(Record):
    """One article, its text normalised by `normalise`."""

    id: str
    text: str
    source: str
    title: str | None = None
    outlet: str | None = None
    author: str | None = None
    url: str | None = None
    published: str | None = None
    language: str | None = None
    genre: str | None = None
    conflict: str | None = None
    copies: tuple[str, ...] = ()

    @field_validator("published")
    @classmethod
    def _iso_date(cls, value: str | None) -> str | None:
        if value is not None and not ISO_DATE.fullmatch(value):
            raise ValueError(f"expected a date like 2011, 2011-03 or 2011-03-19, got {value!r}")
        return value

    @property
    def name(self) -> str:
        """File name without folder and suffix, and the row in it: how annotations written by hand call the article."""
        file, mark, row = self.source.rsplit("/", 1)[-1].partition("#")
        return file.rsplit(".", 1)[0] + mark + row


class Copy(Record):
    """An article that repeats another one; `similarity` is the share of word sequences that both have."""

    source: str
    document: str
    copy_of: str
    similarity: float
    outlet: str | None = None
    url: str | None = None
    published: str | None = None


class Sentence(Record):
    """A sentence of a document; `document.text[start:end] == text` always."""

    id: str
    document_id: str
    index: int
    start: int
    end: int
    text: str
    before: str = ""
    after: str = ""

    @model_validator(mode="after")
    def _span_fits_text(self) -> "Sentence":
        if self.start < 0 or self.end - self.start != len(self.text) or not self.text:
            raise ValueError(f"span {self.start}-{self.end} does not fit a text of {len(self.text)} code points")
        return self


class Pair(Record):
    """A sentence and the intervention towards which its stance is asked."""

    id: str
    sentence_id: str
    target: str
    intervener: str | None = None
    place: str | None = None
    tags: tuple[str, ...] = ()
    minimal_pair: str | None = None


class Vote(Record):
    """One labeler's answer for one pair; `label` None is an abstention.

    `holder_start`, `holder_end`: where the sentence names the holder, if it does. `seconds` and `cost` (in whatever
    currency the project counts) are what the answer took. `model`, `prompt` (a hash) and the tokens say how a language
    model came to it.
    """

    pair_id: str
    labeler: str
    label: str | None
    holder: str | None = None
    confidence: float = 1.0
    kind: str = "human"
    guidelines: str | None = None
    created: str | None = None
    holder_start: int | None = None
    holder_end: int | None = None
    notes: str | None = None
    seconds: float | None = None
    cost: float | None = None
    model: str | None = None
    prompt: str | None = None
    tokens_in: int | None = None
    tokens_out: int | None = None

    @model_validator(mode="after")
    def _span_has_a_holder(self) -> "Vote":
        span = (self.holder_start, self.holder_end)
        if span != (None, None) and (None in span or self.holder is None):
            raise ValueError(f"holder {self.holder!r} with span {span}: a span has two ends and names a holder")
        return self


class Gold(Record):
    """The aggregated answer for one pair, with the votes that it came from."""

    pair_id: str
    probabilities: Mapping[str, float]
    holder: str | None
    weight: float
    source: str
    votes: tuple[Vote, ...]

    @field_validator("probabilities")
    @classmethod
    def _sums_to_one(cls, value: Mapping[str, float]) -> Mapping[str, float]:
        return _distribution(value)

    @property
    def label(self) -> str:
        """The most probable label; the earlier one in the scheme on a tie."""
        return max(self.probabilities, key=self.probabilities.__getitem__)


class Example(Record):
    """One row of the dataset: a gold pair with its text, context, split group and the slices it belongs to."""

    id: str
    text: str
    target: str
    before: str
    after: str
    label: str
    probabilities: tuple[float, ...]
    weight: float
    holder: str | None
    intervener: str | None
    place: str | None
    tags: tuple[str, ...]
    minimal_pair: str | None
    document: str
    start: int
    end: int
    group: str
    conflict: str | None
    outlet: str | None
    year: str | None
    genre: str | None
    source: str


class Prediction(Record):
    """A model's answer for one pair, with the sentence and its place in the document."""

    id: str
    document: str
    start: int
    end: int
    text: str
    target: str
    label: str
    probabilities: Mapping[str, float]
    abstained: bool = False

    @field_validator("probabilities")
    @classmethod
    def _sums_to_one(cls, value: Mapping[str, float]) -> Mapping[str, float]:
        return _distribution(value)


class Removed(Record):
    """Something that a stage left out, and why: in = out + removed."""

    item: str
    reason: str
    detail: str = ""


def normalise(text: str) -> str:
    """`text` in NFC, with newlines as line ends, no other control characters, and no trailing space on a line."""
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n"))
    return TRAILING_SPACE.sub("", CONTROL.sub("", text)).strip("\n")


def document_id(text: str) -> str:
    """Hexadecimal id of a normalised text; equal texts have equal ids."""
    return hashlib.sha256(text.encode()).hexdigest()[:ID_LENGTH]


def sentence_id(document: str, index: int) -> str:
    """Id of the sentence number `index` (from 0) of the document with id `document`."""
    return f"{document}:{index}"


def pair_id(sentence: str, target: str) -> str:
    """Id of the pair of a sentence id and a target; readable up to the target's hash."""
    return f"{sentence}:{hashlib.sha256(target.encode()).hexdigest()[:8]}"


def _distribution(value: Mapping[str, float]) -> Mapping[str, float]:
    total = sum(value.values())
    if abs(total - 1) > PROBABILITY_TOLERANCE or min(value.values(), default=0) < 0:
        raise ValueError(f"expected probabilities that sum to 1, got {dict(value)} (sum {total:.6g})")
    return value
