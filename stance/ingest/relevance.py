"""A fast filter for sentences and articles about foreign intervention; in doubt it keeps."""

import re
from functools import cache

from stance.ingest.names import data_file, gazetteer

OFF_TOPIC = "not about foreign intervention"


def sentence_is_relevant(text: str, before: str = "", after: str = "") -> bool:
    """Whether a sentence has a word of intervention, or names a party while a neighbour has such a word."""
    pattern = _forms()
    if pattern.search(text):
        return True
    around = f"{before} {after}"
    return pattern.search(around) is not None and gazetteer().pattern.search(f"{text} {around}") is not None


def article_is_relevant(title: str | None, text: str) -> bool:
    """Whether an article names a country or organisation, and has a word of intervention."""
    whole = f"{title or ''}\n{text}"
    return _forms().search(whole) is not None and gazetteer().pattern.search(whole) is not None


@cache
def _forms() -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(str(data_file()['forms']).split())})\b", re.IGNORECASE)
