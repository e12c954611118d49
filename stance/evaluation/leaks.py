"""Does the measured split share anything with the others? Then its figures flatter the system."""

from collections.abc import Callable, Mapping, Sequence

from stance.records import Example


def find_leaks(other: Sequence[Example], gold: Sequence[Example]) -> dict[str, int]:
    """{group, article, sentence}: how many pairs of `gold` have theirs in common with the split `other`.

    Sentences are compared in lower case with spaces folded.
    """
    leaks: dict[str, int] = {}
    for name, key in KEYS.items():
        known = {key(e) for e in other}
        leaks[name] = sum(key(e) in known for e in gold)
    return leaks


def _group(example: Example) -> str:
    return example.group


def _article(example: Example) -> str:
    return example.document


def _folded_text(example: Example) -> str:
    return " ".join(example.text.lower().split())


KEYS: Mapping[str, Callable[[Example], str]] = {"group": _group, "article": _article, "sentence": _folded_text}
