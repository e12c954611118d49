"""Which language an article is in, without network."""

from functools import cache
from typing import TYPE_CHECKING

from stance.records import Document, Removed

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

PROBE_CHARACTERS = 1000
SHORT_CHARACTERS = 200
"""Below this length the identifier errs too often: what the source says counts, and silence counts as consent."""
SURE = 0.9


def in_languages(document: Document, languages: tuple[str, ...]) -> Document | Removed:
    """`document` with its language filled in, or why it is set aside; no `languages` accept every one."""
    declared = (document.language or "")[:2].lower() or None
    found, probability = identify(document.text)
    sure = len(document.text) >= SHORT_CHARACTERS and probability >= SURE
    language = found if sure else declared
    if languages and language is not None and language not in languages:
        evidence = f"identified with probability {probability:.2f}" if sure else "as its source says"
        return Removed(item=document.source, reason="another language", detail=f"{language}, {evidence}")
    return document if language is None else document.model_copy(update={"language": language})


def identify(text: str) -> tuple[str, float]:
    """(ISO 639-1 code, probability) of the language of the beginning of `text`."""
    code, probability = _identifier().classify(text[:PROBE_CHARACTERS])
    return code, float(probability)


@cache
def _identifier() -> "LanguageIdentifier":
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
