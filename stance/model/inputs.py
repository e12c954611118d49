"""A (sentence, target) pair -> token ids, and lists of them -> padded batches."""

import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import field_validator

from stance.config import Config

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

Encoding = Mapping[str, Sequence[int]]
"""Input name (input_ids, token_type_ids, attention_mask) -> one integer a token."""
PADDING_MULTIPLE = 8
"""Padded lengths are multiples of this, so that matrix kernels meet few different shapes."""


PLACEHOLDERS = ("text", "target", "before", "after")


class InputTemplate(Config):
    """What the encoder reads of a pair: two texts with {text}, {target}, {before} and {after} filled in."""

    first: str = "{text}"
    """The sentence; '{before} {text} {after}' adds its neighbours."""
    second: str = "{target}"
    """The target; 'The author supports {target}.' turns it into a hypothesis."""

    @field_validator("first", "second")
    @classmethod
    def _placeholders_are_known(cls, value: str) -> str:
        try:
            names = {name for _, name, _, _ in string.Formatter().parse(value) if name is not None}
        except ValueError as error:
            raise ValueError(f"{value!r} is no template ({error}); write {{{{ and }}}} for braces") from None
        if unknown := sorted(names - set(PLACEHOLDERS)):
            allowed = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
            raise ValueError(f"{value!r} has {{{unknown[0]}}}; expected {allowed}")
        return value

    @property
    def reads_context(self) -> bool:
        """Whether a sentence's neighbours change the input."""
        return any(f"{{{name}}}" in self.first + self.second for name in ("before", "after"))

    def fill(self, text: str, target: str, before: str, after: str) -> tuple[str, str]:
        """The two texts."""
        values = {"text": text, "target": target, "before": before, "after": after}
        return self.first.format(**values).strip(), self.second.format(**values).strip()


DEFAULT_TEMPLATE = InputTemplate()


@dataclass(frozen=True)
class PairEncoder:
    """Turns pairs into token ids, the sentence first, the target second, as `text` and `text_pair`."""

    tokenizer: "PreTrainedTokenizerBase"
    max_tokens: int
    template: InputTemplate = DEFAULT_TEMPLATE

    def encode(
        self, texts: Sequence[str], targets: Sequence[str], contexts: Sequence[tuple[str, str]] | None = None
    ) -> list[Encoding]:
        """One Encoding a pair, cut to `max_tokens` at the end of the longer of the two.

        `contexts` are the sentences before and after each text; without them a template reads empty ones.
        """
        if not texts:
            return []
        contexts = contexts or [("", "")] * len(texts)
        filled = [
            self.template.fill(text, target, before, after)
            for text, target, (before, after) in zip(texts, targets, contexts, strict=True)
        ]
        encoded = self.tokenizer(
            [_encodable(first) for first, _ in filled],
            [_encodable(second) for _, second in filled],
            truncation="longest_first",
            max_length=self.max_tokens,
        )
        return [{name: encoded[name][i] for name in encoded} for i in range(len(texts))]

    def pad(self, encodings: Sequence[Encoding]) -> dict[str, np.ndarray[Any, np.dtype[np.int64]]]:
        """Arrays of shape (batch, tokens), tokens being the longest of the batch rounded up to a multiple of 8."""
        longest = max(len(e["input_ids"]) for e in encodings)
        width = min(-(-longest // PADDING_MULTIPLE) * PADDING_MULTIPLE, self.max_tokens)
        padded: dict[str, np.ndarray[Any, np.dtype[np.int64]]] = {}
        for name in encodings[0]:
            filler = self.tokenizer.pad_token_id if name == "input_ids" else 0
            batch = np.full((len(encodings), width), filler, dtype=np.int64)
            for row, encoding in enumerate(encodings):
                batch[row, : len(encoding[name])] = encoding[name]
            padded[name] = batch
        return padded


def _encodable(text: str) -> str:
    """`text`, lone surrogates replaced: they come from damaged files, and no tokenizer takes them."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def batches_by_length(lengths: Sequence[int], batch_tokens: int) -> list[list[int]]:
    """Indices in batches of similar length, short first, each of at most `batch_tokens` padded tokens or one index."""
    order = sorted(range(len(lengths)), key=lambda i: (lengths[i], i))
    batches: list[list[int]] = []
    for index in order:
        # In ascending order the newcomer is the longest, so it decides the padded width.
        if batches and (len(batches[-1]) + 1) * lengths[index] <= batch_tokens:
            batches[-1].append(index)
        else:
            batches.append([index])
    return batches
