"""A (sentence, target) pair -> token ids, and lists of them -> padded batches. Needs `tokenizers` and numpy only."""

import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import field_validator
from tokenizers import Tokenizer

from stance.config import Config, DataError
from stance.storage import read_json

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

Encoding = Mapping[str, Sequence[int]]
"""Input name (input_ids, token_type_ids, attention_mask) -> one integer a token."""
Contexts = Sequence[tuple[str, str]]
"""(the sentence before, the sentence after) of each text; empty strings at the ends of an article."""
PADDING_MULTIPLE = 8
"""Padded lengths are multiples of this, so that matrix kernels meet few different shapes."""
SOURCES = {"input_ids": "ids", "token_type_ids": "type_ids", "attention_mask": "attention_mask"}
"""Input name -> the attribute of a tokenizers.Encoding that holds it."""
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
            names = _placeholders(value)
        except ValueError as error:
            raise ValueError(f"{value!r} is no template ({error}); write {{{{ and }}}} for braces") from None
        if unknown := sorted(names - set(PLACEHOLDERS)):
            allowed = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
            raise ValueError(f"{value!r} has {{{unknown[0]}}}; expected {allowed}")
        return value

    @property
    def reads_context(self) -> bool:
        """Whether a sentence's neighbours change the input."""
        return not {"before", "after"}.isdisjoint(_placeholders(self.first) | _placeholders(self.second))

    def fill(self, text: str, target: str, before: str, after: str) -> tuple[str, str]:
        """The two texts."""
        values = {"text": text, "target": target, "before": before, "after": after}
        return self.first.format(**values).strip(), self.second.format(**values).strip()


DEFAULT_TEMPLATE = InputTemplate()


@dataclass(frozen=True)
class PairEncoder:
    """Turns pairs into token ids, the sentence first, the target second, as `text` and `text_pair`."""

    tokenizer: Tokenizer
    """Truncates to `max_tokens` at the end of the longer text and does not pad: `of` and `from_folder` see to it."""
    max_tokens: int
    names: tuple[str, ...]
    """The model's inputs."""
    pad_id: int
    template: InputTemplate = DEFAULT_TEMPLATE

    @classmethod
    def of(
        cls, tokenizer: "PreTrainedTokenizerBase", max_tokens: int, template: InputTemplate = DEFAULT_TEMPLATE
    ) -> "PairEncoder":
        """The encoder that does what the transformers tokenizer does; the tokenizer itself is left as it is."""
        backend = Tokenizer.from_str(tokenizer.backend_tokenizer.to_str())
        return cls(
            _truncating(backend, max_tokens),
            max_tokens,
            tuple(tokenizer.model_input_names),
            int(tokenizer.pad_token_id or 0),
            template,
        )

    @classmethod
    def from_folder(
        cls, folder: Path, max_tokens: int, names: Sequence[str], template: InputTemplate = DEFAULT_TEMPLATE
    ) -> "PairEncoder":
        """The encoder of a model folder, without transformers; raises DataError when tokenizer.json is no tokenizer."""
        path = folder / "tokenizer.json"
        try:
            tokenizer = Tokenizer.from_file(str(path))
        except Exception as error:  # the library raises nothing narrower
            raise DataError(f"{path}: cannot be read as a tokenizer ({error})") from None
        pad_id = read_json(folder / "config.json").get("pad_token_id") or 0
        return cls(_truncating(tokenizer, max_tokens), max_tokens, tuple(names), pad_id, template)

    def encode(self, texts: Sequence[str], targets: Sequence[str], contexts: Contexts | None = None) -> list[Encoding]:
        """One Encoding a pair, cut to `max_tokens` at the end of the longer of the two.

        Without `contexts` a template reads empty ones.
        """
        if contexts is None:
            contexts = [("", "")] * len(texts)
        filled = (
            self.template.fill(text, target, before, after)
            for text, target, (before, after) in zip(texts, targets, contexts, strict=True)
        )
        encoded = self.tokenizer.encode_batch_fast(
            [(_encodable(first), _encodable(second)) for first, second in filled]
        )
        return [{name: getattr(e, SOURCES[name]) for name in self.names} for e in encoded]

    def pad(self, encodings: Sequence[Encoding]) -> dict[str, np.ndarray[Any, np.dtype[np.int64]]]:
        """Arrays of shape (batch, tokens), tokens being the longest of the batch rounded up to a multiple of 8."""
        longest = max(len(e["input_ids"]) for e in encodings)
        width = padded_width(longest, self.max_tokens)
        padded: dict[str, np.ndarray[Any, np.dtype[np.int64]]] = {}
        for name in encodings[0]:
            filler = self.pad_id if name == "input_ids" else 0
            batch = np.full((len(encodings), width), filler, dtype=np.int64)
            for row, encoding in enumerate(encodings):
                batch[row, : len(encoding[name])] = encoding[name]
            padded[name] = batch
        return padded


def padded_width(tokens: int, max_tokens: int) -> int:
    """`tokens` rounded up to a multiple of 8, at most `max_tokens`."""
    return min(-(-tokens // PADDING_MULTIPLE) * PADDING_MULTIPLE, max_tokens)


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


def batches_of_one_width(lengths: Sequence[int], batch_tokens: int, max_tokens: int) -> list[list[int]]:
    """Indices in batches of equal padded width, each of at most `batch_tokens` padded tokens or one index.

    How a pair is padded is then a function of the pair alone, never of its neighbours: sums over a row have the same
    order, and the pair the same score, in every batch.
    """
    by_width: dict[int, list[int]] = {}
    for index, length in enumerate(lengths):
        by_width.setdefault(padded_width(length, max_tokens), []).append(index)
    batches: list[list[int]] = []
    for width in sorted(by_width):
        indices, size = by_width[width], max(1, batch_tokens // width)
        batches += [indices[start : start + size] for start in range(0, len(indices), size)]
    return batches


def _placeholders(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}


def _truncating(tokenizer: Tokenizer, max_tokens: int) -> Tokenizer:
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_tokens, strategy="longest_first")
    return tokenizer


def _encodable(text: str) -> str:
    """`text`, lone surrogates replaced: they come from damaged files, and no tokenizer takes them."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
