"""Which tokens an answer hangs on: integrated gradients on the word embeddings (Sundararajan et al. 2017), by captum.

What is explained is a difference of two logits: of the predicted label, and of the one it is set against. The baseline
is the same input with every word replaced by padding. Along a straight line from the baseline attributions sum to the
difference between the two inputs; how nearly is checked for every example, and the steps are doubled until it holds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from stance.model.inputs import Encoding, PairEncoder

FIRST_STEPS, MOST_STEPS = 32, 256
TOLERANCE = 0.01
"""Of the logit difference that may be missing from the sum."""
STEPS_AT_ONCE = 32


@dataclass(frozen=True)
class Attribution:
    """The tokens of a pair with what each adds to the logit difference."""

    tokens: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]
    """Code points of each token in its own text; (0, 0) for special tokens."""
    sequence: tuple[int | None, ...]
    """0 for the sentence's tokens, 1 for the target's, None for special ones."""
    values: tuple[float, ...]
    label: str
    against: str
    difference: float
    """The logit difference minus that of the baseline: what the values should sum to."""
    gap: float
    """Share of the difference that is missing from the sum."""
    steps: int

    @property
    def complete(self) -> bool:
        """Whether the values sum to the logit difference within TOLERANCE."""
        return self.gap <= TOLERANCE


class Explainer:
    """A network in fp32 with its tokenizer, ready to explain pairs one at a time."""

    def __init__(self, network: Any, inputs: PairEncoder, names: Sequence[str]) -> None:
        from captum.attr import LayerIntegratedGradients

        self._network = network.float().eval()
        self._inputs, self._names = inputs, tuple(names)
        self._gradients = LayerIntegratedGradients(self._difference, network.get_input_embeddings())

    def explain(self, text: str, target: str, context: tuple[str, str], label: str, against: str) -> Attribution:
        """The attributions of `label` set against another label."""
        first, second = self._inputs.template.fill(text, target, *context)
        encoded = self._inputs.tokenizer.encode(first, second)
        sequence = tuple(encoded.sequence_ids)
        batch = {name: torch.tensor([self._values(encoded, name)]) for name in self._inputs.names}
        ids = batch.pop("input_ids")
        words = torch.tensor([[part is not None for part in sequence]])
        baseline = torch.where(words, torch.full_like(ids, self._inputs.pad_id), ids)
        positions = self._names.index(label), self._names.index(against)
        names, rest = tuple(batch), tuple(batch.values())
        with torch.no_grad():
            ends = [float(self._difference(each, positions, names, *rest)) for each in (ids, baseline)]
        difference = ends[0] - ends[1]
        steps, values, gap = FIRST_STEPS // 2, np.zeros(ids.shape[1]), float("inf")
        while gap > TOLERANCE and steps < MOST_STEPS:
            steps *= 2
            parts = self._gradients.attribute(
                ids,
                baselines=baseline,
                additional_forward_args=(positions, names, *rest),
                n_steps=steps,
                internal_batch_size=STEPS_AT_ONCE,
            )
            values = parts.detach().sum(dim=-1)[0].double().numpy()
            gap = abs(float(values.sum()) - difference) / max(abs(difference), 1e-9)
        return Attribution(
            tuple(encoded.tokens),
            tuple(encoded.offsets),
            sequence,
            tuple(float(v) for v in values),
            label,
            against,
            difference,
            gap,
            steps,
        )

    def margins(self, encodings: Sequence[Encoding], label: str, against: str) -> np.ndarray:
        """The logit difference of each encoding, shape (encodings,)."""
        padded = {name: torch.from_numpy(array) for name, array in self._inputs.pad(encodings).items()}
        with torch.inference_mode():
            logits = self._network(**padded).logits.float()
        return (logits[:, self._names.index(label)] - logits[:, self._names.index(against)]).numpy()

    def encode(self, text: str, target: str, context: tuple[str, str]) -> Encoding:
        """The model's input for a pair."""
        return self._inputs.encode([text], [target], [context])[0]

    def _difference(
        self, ids: torch.Tensor, positions: tuple[int, int], names: tuple[str, ...], *rest: torch.Tensor
    ) -> torch.Tensor:
        given = {name: value.expand(len(ids), -1) for name, value in zip(names, rest, strict=True)}
        logits = self._network(input_ids=ids, **given).logits
        return logits[:, positions[0]] - logits[:, positions[1]]

    def _values(self, encoded: Any, name: str) -> Sequence[int]:
        return {"input_ids": encoded.ids, "token_type_ids": encoded.type_ids}.get(name, encoded.attention_mask)


def contrast(probabilities: np.ndarray, names: Sequence[str], gold: str) -> tuple[str, str]:
    """(predicted label, the label it is set against): gold where the prediction is wrong, else the next likely one."""
    order = np.argsort(-probabilities, kind="stable")
    predicted = names[int(order[0])]
    return predicted, gold if gold != predicted else names[int(order[1])]
