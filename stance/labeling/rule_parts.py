"""What the rules say of very many pairs: in parts that several workers share, and that are kept after a stop."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from stance.labeling.rules import rules_say
from stance.mapping import Mapper
from stance.records import Pair, Sentence
from stance.storage import atomic_file, dump_line, read_rows

PART_PAIRS = 20_000


@dataclass(frozen=True)
class RuleWork:
    """Opens the work on parts, which are numbers."""

    folder: Path

    def __call__(self) -> Callable[[int], int]:
        """The work: read a part's pairs, write what the rules say of them, return its number."""
        return self._answer

    def _answer(self, number: int) -> int:
        with atomic_file(_answers(self.folder, number)) as file:
            for _, row in read_rows(_questions(self.folder, number)):
                file.write(dump_line(rules_say(row["text"], Pair.model_validate(row["pair"], strict=False))))
        return number


def rules_on(
    pairs: Sequence[Pair], sentences: Mapping[str, Sentence], folder: Path, mapper: Mapper
) -> Iterator[dict[str, str]]:
    """Rule -> label for each pair in order, silent rules left out; parts that are in `folder` already are kept."""
    if len(pairs) <= PART_PAIRS:
        yield from (rules_say(sentences[pair.sentence_id].text, pair) for pair in pairs)
        return
    numbers = range(-(-len(pairs) // PART_PAIRS))
    todo = [number for number in numbers if not _answers(folder, number).exists()]
    for number in todo:
        with atomic_file(_questions(folder, number)) as file:
            for pair in pairs[number * PART_PAIRS : (number + 1) * PART_PAIRS]:
                text = sentences[pair.sentence_id].text
                file.write(dump_line({"text": text, "pair": pair.model_dump(mode="json")}))
    for number in mapper(RuleWork(folder), todo):
        _questions(folder, number).unlink(missing_ok=True)
    for number in numbers:
        yield from (row for _, row in read_rows(_answers(folder, number)))


def _questions(folder: Path, number: int) -> Path:
    return folder / f"{number:06}.pairs.jsonl"


def _answers(folder: Path, number: int) -> Path:
    return folder / f"{number:06}.rules.jsonl"
