"""Labelled sentences like a given one: cosine of TF-IDF vectors of words, in an index of plain dictionaries."""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stance.records import Example

WORD = re.compile(r"\w\w+")


@dataclass(frozen=True)
class Similar:
    """A labelled example and its cosine similarity."""

    example: Example
    similarity: float


class Index:
    """Examples by their words; of those that repeat a text for one target only the first is kept."""

    def __init__(self, examples: Sequence[Example]) -> None:
        self._examples = list({(e.text, e.target): e for e in reversed(examples)}.values())[::-1]
        counts = [_words(e.text) for e in self._examples]
        met = Counter(word for words in counts for word in words)
        self._rarity = {word: math.log((1 + len(counts)) / (1 + number)) + 1 for word, number in met.items()}
        self._places: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
        for number, words in enumerate(counts):
            for word, weight in self._vector(words).items():
                self._places[word].append((number, weight))

    def nearest(self, text: str, number: int) -> list[Similar]:
        """The `number` examples nearest to `text`, the nearest first, each text once; fewer where no word is shared."""
        scores: defaultdict[int, float] = defaultdict(float)
        for word, weight in self._vector(_words(text)).items():
            for place, other in self._places[word]:
                scores[place] += weight * other
        found: dict[str, Similar] = {}
        for place in sorted(scores, key=lambda place: (-scores[place], place)):
            example = self._examples[place]
            found.setdefault(example.text, Similar(example, scores[place]))
            if len(found) == number:
                break
        return list(found.values())

    def _vector(self, words: Mapping[str, int]) -> dict[str, float]:
        weights = {w: (1 + math.log(n)) * self._rarity[w] for w, n in words.items() if w in self._rarity}
        length = math.sqrt(sum(weight**2 for weight in weights.values())) or 1.0
        return {word: weight / length for word, weight in weights.items()}


def _words(text: str) -> Counter[str]:
    return Counter(WORD.findall(text.casefold()))
