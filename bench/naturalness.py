"""Is the corpus like news? Plain counts of its text beside those of real news sentences."""

import re
from collections.abc import Mapping, Sequence

import numpy as np

REPORTING = re.compile(
    r"\b(?:said|says|told|warned|urged|called|accused|insisted|argued|added|announced|denied|condemned|demanded"
    r"|claimed|according|asked|stated|declared|vowed|pledged|critici[sz]ed)\b"
)
QUOTE = re.compile(r"[\"“”]")
CURVE_WORDS = (1_000, 2_000, 5_000, 10_000, 20_000)
"""Distinct words are counted after so many words of the shuffled text."""


def words(text: str) -> list[str]:
    """Lower-case words of `text`."""
    return re.findall(r"[\w’'-]+", text.lower())


def profile(sentences: Sequence[tuple[str, str]], seed: int = 0) -> dict[str, float]:
    """Figures of (article, sentence) rows, each comparable between texts of different size.

    The type-token figures and the repeated 4-grams grow with size, so they are taken on a random sample of sentences
    of at most the last of CURVE_WORDS words.
    """
    order = np.random.default_rng(seed).permutation(len(sentences))
    split = [(sentences[i][0], words(sentences[i][1])) for i in order]
    texts = [sentences[i][1] for i in order]
    lengths = np.array([len(w) for _, w in split])
    total = int(lengths.sum())
    return {
        "words a sentence, median": float(np.median(lengths)),
        "words a sentence, 90th percentile": float(np.quantile(lengths, 0.9)),
        "share of sentences with a quotation": sum(bool(QUOTE.search(t)) for t in texts) / len(texts),
        "reporting verbs per 100 words": 100 * sum(len(REPORTING.findall(t.lower())) for t in texts) / total,
        **{f"distinct words in {n:,}": count for n, count in type_token_curve(split).items()},
        "4-grams that occur in several articles, %": 100 * _repeated_fourgrams(split),
        "distinct first two words, share": _distinct_openings(split),
    }


def type_token_curve(split: Sequence[tuple[str, Sequence[str]]]) -> Mapping[int, float]:
    """Number of words read -> distinct words among them, at CURVE_WORDS as far as the text goes."""
    running = [word for _, sentence in split for word in sentence]
    return {n: float(len(set(running[:n]))) for n in CURVE_WORDS if n <= len(running)}


def _sample(split: Sequence[tuple[str, Sequence[str]]]) -> list[tuple[str, Sequence[str]]]:
    taken, used = [], 0
    for article, sentence in split:
        if used + len(sentence) > CURVE_WORDS[-1]:
            break
        taken.append((article, sentence))
        used += len(sentence)
    return taken


def _repeated_fourgrams(split: Sequence[tuple[str, Sequence[str]]]) -> float:
    articles: dict[tuple[str, ...], set[str]] = {}
    for article, sentence in _sample(split):
        for i in range(len(sentence) - 3):
            articles.setdefault(tuple(sentence[i : i + 4]), set()).add(article)
    return sum(len(found) > 1 for found in articles.values()) / len(articles)


def _distinct_openings(split: Sequence[tuple[str, Sequence[str]]]) -> float:
    sample = _sample(split)
    return len({" ".join(sentence[:2]) for _, sentence in sample}) / len(sample)
