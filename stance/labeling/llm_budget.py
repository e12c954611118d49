"""Money and tokens: what a request may cost at most, and a limit that holds with many requests in flight."""

import asyncio
from dataclasses import dataclass, field

from stance.labeling.llm_store import Usage

TYPICAL_TOKENS_PER_BYTE = 0.25
"""Of English text, for the plan; measured ones replace it."""
MARGIN = 1.1
"""Room above the most tokens a byte seen so far."""
OVERHEAD_TOKENS = 64
"""What servers add for roles and the like."""


@dataclass(frozen=True)
class Prices:
    """Money a million tokens, in the currency of the budget."""

    input: float
    output: float

    def usage(self, tokens_in: int, tokens_out: int) -> Usage:
        """The tokens with what they cost."""
        return Usage(tokens_in, tokens_out, (tokens_in * self.input + tokens_out * self.output) / 1e6)


@dataclass
class Estimator:
    """The most that a request can cost: at first a token a byte, which no byte-level tokenizer exceeds; once answers
    have come, the most tokens a byte that any of them had, and a margin.
    """

    prices: Prices
    max_output_tokens: int
    _most: float | None = None

    def bound(self, request_bytes: int) -> Usage:
        """Upper bound for a request of so many bytes, as good as is known."""
        rate = 1.0 if self._most is None else min(1.0, self._most * MARGIN)
        return self.prices.usage(int(request_bytes * rate) + OVERHEAD_TOKENS, self.max_output_tokens)

    def learn(self, request_bytes: int, tokens_in: int) -> None:
        """Take note of what a server counted."""
        self._most = max(self._most or 0.0, tokens_in / request_bytes)


@dataclass
class Budget:
    """Limits on all that a job spends; what is in flight counts at its bound until it is settled."""

    money: float | None
    tokens: int | None
    spent: Usage
    exhausted: bool = False
    _reserved_money: float = 0.0
    _reserved_tokens: int = 0
    _flying: int = 0
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def reserve(self, bound: Usage) -> bool:
        """Set `bound` aside, waiting for requests in flight where that may make room; False when there is none.

        Once it has said no it says no to everybody: items would otherwise be chosen by their length.
        """
        async with self._changed:
            while not self.exhausted and not self._fits(bound):
                if self._flying:
                    await self._changed.wait()
                else:
                    self.exhausted = True
                    self._changed.notify_all()
            if self.exhausted:
                return False
            self._flying += 1
            self._reserved_money += bound.cost
            self._reserved_tokens += bound.tokens
            return True

    async def settle(self, bound: Usage, actual: Usage | None) -> None:
        """Replace what was set aside by what was billed; None where nothing was."""
        async with self._changed:
            self._flying -= 1
            self._reserved_money -= bound.cost
            self._reserved_tokens -= bound.tokens
            if actual is not None:
                self.spent = Usage(
                    self.spent.tokens_in + actual.tokens_in,
                    self.spent.tokens_out + actual.tokens_out,
                    self.spent.cost + actual.cost,
                )
            self._changed.notify_all()

    def _fits(self, bound: Usage) -> bool:
        money = self.spent.cost + self._reserved_money + bound.cost
        tokens = self.spent.tokens + self._reserved_tokens + bound.tokens
        return (self.money is None or money <= self.money) and (self.tokens is None or tokens <= self.tokens)
