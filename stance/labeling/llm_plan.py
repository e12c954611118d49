"""What labelling will take, before anything is spent."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from stance.labeling.llm_budget import TYPICAL_TOKENS_PER_BYTE, Prices
from stance.labeling.llm_store import Usage

TYPICAL_ANSWER_TOKENS = 30
TYPICAL_SECONDS = 2.0


@dataclass(frozen=True)
class Known:
    """What earlier requests of the job have shown: medians; None before the first answer."""

    seconds: float | None = None
    tokens_out: float | None = None
    tokens_in: float | None = None


@dataclass(frozen=True)
class Plan:
    """Items and requests, and what they are expected to take; `spent` is what the job has cost so far."""

    model: str
    items: int
    answered: int
    requests: int
    expected: Usage
    minutes: float
    spent: Usage
    budget_money: float | None
    budget_tokens: int | None
    measured: bool

    @property
    def within_budget(self) -> bool:
        """Whether all of it is expected to fit."""
        money, tokens = self.spent.cost + self.expected.cost, self.spent.tokens + self.expected.tokens
        fits_money = self.budget_money is None or money <= self.budget_money
        return fits_money and (self.budget_tokens is None or tokens <= self.budget_tokens)

    def __str__(self) -> str:
        limits = [f"{self.budget_money:,.2f} money"] if self.budget_money is not None else []
        limits += [f"{self.budget_tokens:,} tokens"] if self.budget_tokens is not None else []
        source = (
            "measured on earlier answers" if self.measured else "typical figures, measured ones after the first run"
        )
        lines = {
            "model": self.model,
            "items": f"{self.items:,}, of which {self.answered:,} are answered already",
            "requests": f"{self.requests:,}",
            "tokens": f"about {self.expected.tokens_in:,} read, {self.expected.tokens_out:,} written",
            "money": f"about {self.expected.cost:,.2f}; spent so far {self.spent.cost:,.2f}",
            "minutes": f"about {self.minutes:,.1f}",
            "figures": source,
            "budget": " and ".join(limits) or "none",
        }
        text = "\n".join(f"{name:<9} {value}" for name, value in lines.items())
        return text if self.within_budget else f"{text}\nThe budget will be spent before the last item is answered."


def known_from(seconds: Sequence[float], tokens_in: Sequence[int], tokens_out: Sequence[int]) -> Known:
    """Medians of what answers took."""
    if not seconds:
        return Known()
    return Known(statistics.median(seconds), statistics.median(tokens_out), statistics.median(tokens_in))


def expected_usage(request_bytes: Sequence[int], known: Known, prices: Prices) -> Usage:
    """Tokens and money of requests of these sizes."""
    tokens_in = sum(request_bytes) * TYPICAL_TOKENS_PER_BYTE
    if known.tokens_in is not None:
        tokens_in = known.tokens_in * len(request_bytes)
    each = TYPICAL_ANSWER_TOKENS if known.tokens_out is None else known.tokens_out
    return prices.usage(round(tokens_in), round(each * len(request_bytes)))


def expected_minutes(requests: int, known: Known, concurrency: int) -> float:
    """Wall time with so many requests in flight."""
    return requests * (TYPICAL_SECONDS if known.seconds is None else known.seconds) / concurrency / 60
