"""What all transformations share: how an edited example is made, and how one of several edits is chosen."""

import hashlib
import re
from collections.abc import Sequence
from typing import Any, TypeVar

from stance.records import Example

Option = TypeVar("Option")
NEGATION = re.compile(
    r"\b(?:not|cannot|no|never|nor|neither|none|nobody|nothing|without|hardly|scarcely|barely|\w+n[’']t"
    r"|den(?:y|ies|ied|ying)|refus\w+|declin\w+|fail(?:s|ed|ing)?)\b",
    re.IGNORECASE,
)
"""Words that may already turn a sentence round."""
QUOTE_MARKS = '"“”„«»'


def with_text(example: Example, text: str, **changes: Any) -> Example | None:
    """`example` with another sentence, its span as long as that; None when nothing changes."""
    if text == example.text and not changes:
        return None
    return example.model_copy(update={"text": text, "end": example.start + len(text), **changes})


def choose(example: Example, options: Sequence[Option], purpose: str) -> Option:
    """One of the options, decided by the example's id and the purpose alone."""
    digest = hashlib.sha256(f"{purpose}\0{example.id}".encode()).digest()
    return options[int.from_bytes(digest[:8], "big") % len(options)]


def with_article(text: str) -> str:
    """`text` with `a` and `an` before MARKED words put right, and the marks taken away."""
    text = re.sub(r"\b([Aa])n?(\s+)\x00(\w)", _article, text)
    return text.replace("\0", "")


def marked(word: str) -> str:
    """`word` marked for `with_article`: it was put in, so the article before it may have to change."""
    return f"\0{word}"


def _article(match: re.Match[str]) -> str:
    rest = match.string[match.start(3) :]
    vowel = match[3].lower() in "aeiou" and not rest.startswith(("UN", "EU", "Eu", "U.", "Uni"))
    return f"{match[1]}{'n' if vowel else ''}{match[2]}{match[3]}"
