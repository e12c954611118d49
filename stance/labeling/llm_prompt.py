"""The messages that a language model is sent: instructions in the system slot, items as data in the user's."""

import hashlib
import json
import random
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files

import yaml
from pydantic import Field

from stance.config import Config
from stance.labeling.llm_answer import answer_schema, describe_fields
from stance.labeling.llm_masking import NO_MASKING, Masking, masking_of
from stance.labels import LabelScheme
from stance.records import Gold, Pair, Sentence

Message = Mapping[str, str]
HASH_LENGTH = 16
VERSION = re.compile(r"^Version (\d[\w.]*?)\.?(?:\s|$)", re.MULTILINE)
SLOT = re.compile(r"\{(labels|answer|guidelines)\}")
ROLE_MARK = re.compile(r"\[(?=/?[A-Z_]{3,}\])")
"""The opening bracket of marks such as [INST], with which chat templates tell turns apart."""


class PromptConfig(Config):
    """What a language model is shown."""

    examples_per_label: int = Field(default=2, ge=0)
    """Solved examples of each label, from gold that people decided, never from the item's own article."""
    neighbours: bool = True
    """Whether the sentences before and after are shown."""
    mask_names: bool = False
    """Whether place and intervener are hidden, so that the answer cannot come from knowing who intervened where."""
    seed: int = 0
    """Which examples are drawn."""


@dataclass(frozen=True)
class Item:
    """A pair with its texts, names hidden where that was asked for."""

    pair_id: str
    article: str
    sentence: str
    target: str
    before: str
    after: str
    masking: Masking = NO_MASKING
    raw_sentence: str = ""


@dataclass(frozen=True)
class Shot:
    """A solved example."""

    article: str
    label: str
    question: str
    answer: str


@dataclass(frozen=True)
class Prompt:
    """Instructions and the pool of solved examples; `hash` changes with every word of them."""

    system: str
    correction: str
    shots: Sequence[Shot]
    examples_per_label: int
    guidelines_version: str | None

    @cached_property
    def hash(self) -> str:
        """Hexadecimal hash of all that is the same for every item."""
        shots = [[shot.article, shot.label, shot.question, shot.answer] for shot in self.shots]
        return _hash([self.system, self.correction, shots, self.examples_per_label])

    def messages(self, item: Item) -> list[Message]:
        """System, solved examples as turns, the item last."""
        messages = [{"role": "system", "content": self.system}]
        for shot in self._shots_for(item.article):
            messages.append({"role": "user", "content": shot.question})
            messages.append({"role": "assistant", "content": shot.answer})
        return [*messages, {"role": "user", "content": as_data(item)}]

    def corrected(self, messages: Sequence[Message], reason: str) -> list[Message]:
        """`messages` with a further turn that says why the last answer was of no use; the answer itself is not shown,
        since it may repeat what stands in the item.
        """
        return [*messages, {"role": "user", "content": self.correction.format(reason=reason)}]

    def _shots_for(self, article: str) -> list[Shot]:
        taken: dict[str, int] = {}
        chosen: list[Shot] = []
        for shot in self.shots:
            if shot.article != article and taken.get(shot.label, 0) < self.examples_per_label:
                taken[shot.label] = taken.get(shot.label, 0) + 1
                chosen.append(shot)
        return chosen


def request_key(model: str, temperature: float | None, messages: Sequence[Message]) -> str:
    """Hash of model, prompt and text: equal requests have equal keys, and are paid for once."""
    content = json.dumps([model, temperature, list(messages)], ensure_ascii=False)
    return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def as_data(item: Item) -> str:
    """The item on one line of JSON.

    Nothing in it can end the line or the string that it stands in, and the marks by which chat templates tell turns
    apart (<|im_start|>, </s>, [INST]) are written as escapes, so that no server reads them as such.
    """
    fields = {"sentence": item.sentence, "target": item.target, "before": item.before, "after": item.after}
    line = json.dumps({name: value for name, value in fields.items() if value}, ensure_ascii=False)
    line = line.replace("<", "\\u003c").replace(">", "\\u003e")
    line = line.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029").replace("\x85", "\\u0085")
    return ROLE_MARK.sub("\\\\u005b", line)


def make_item(pair: Pair, sentence: Sentence, config: PromptConfig) -> Item:
    """The item of a pair."""
    masking = masking_of(pair) if config.mask_names else NO_MASKING
    before, after = (sentence.before, sentence.after) if config.neighbours else ("", "")
    texts = (masking.hide(text) for text in (sentence.text, pair.target, before, after))
    return Item(pair.id, sentence.document_id, *texts, masking=masking, raw_sentence=sentence.text)


def make_prompt(
    guidelines: str, scheme: LabelScheme, solved: Iterable[tuple[Item, Gold]], config: PromptConfig
) -> Prompt:
    """The prompt for a scheme; `solved` is the gold that examples may be drawn from, and only people's is."""
    texts = yaml.safe_load((files("stance.labeling") / "llm_prompt.yaml").read_text(encoding="utf-8"))
    fill = {
        "labels": "\n".join(f"- {name}: {meaning}" for name, meaning in scheme.definitions.items()),
        "answer": describe_fields(scheme),
        "guidelines": guidelines.strip(),
    }
    # One pass: a guideline text that holds braces is left as it is.
    system = SLOT.sub(lambda slot: fill[slot[1]], texts["system"])
    version = VERSION.search(guidelines)
    return Prompt(
        system=system.strip(),
        correction=texts["correction"].strip(),
        shots=_pool(solved, scheme, config) if config.examples_per_label else (),
        examples_per_label=config.examples_per_label,
        guidelines_version=version[1] if version else None,
    )


def response_format(scheme: LabelScheme) -> dict[str, object]:
    """The `response_format` of an OpenAI-compatible server with structured output."""
    return {
        "type": "json_schema",
        "json_schema": {"name": "stance", "strict": True, "schema": answer_schema(scheme)},
    }


def _pool(solved: Iterable[tuple[Item, Gold]], scheme: LabelScheme, config: PromptConfig) -> tuple[Shot, ...]:
    """Twice as many examples of each label as are shown, each from another article: enough to leave one's own out.

    Labels take turns, so that a model that leans on the last example does not always lean the same way.
    """
    rows = [(item, gold) for item, gold in solved if gold.source == "human" and max(gold.probabilities.values()) == 1.0]
    random.Random(config.seed).shuffle(rows)  # noqa: S311
    by_label: dict[str, list[Shot]] = {name: [] for name in scheme.names}
    for item, gold in rows:
        pool = by_label[gold.label]
        if len(pool) < 2 * config.examples_per_label and item.article not in {shot.article for shot in pool}:
            holder = item.masking.hide(gold.holder) if gold.holder and gold.label in scheme.polar else None
            answer = json.dumps({"label": gold.label, "holder": holder, "confidence": 1.0}, ensure_ascii=False)
            pool.append(Shot(item.article, gold.label, as_data(item), answer))
    longest = max(map(len, by_label.values()), default=0)
    return tuple(pool[i] for i in range(longest) for pool in by_label.values() if i < len(pool))


def _hash(value: object) -> str:
    content = json.dumps(value, ensure_ascii=False)
    return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()[:HASH_LENGTH]
