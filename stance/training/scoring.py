"""By what an epoch is judged."""

from collections.abc import Callable, Sequence

from transformers import PreTrainedModel

from stance.evaluation.metrics import confusion_matrix, macro_f1
from stance.model.device import Compute
from stance.model.forward import predict_logits
from stance.model.inputs import Encoding, PairEncoder
from stance.training.team import Team, share_of


def make_scorer(
    encodings: Sequence[Encoding],
    gold: Sequence[int],
    num_labels: int,
    inputs: PairEncoder,
    compute: Compute,
    batch_tokens: int,
    team: Team,
) -> Callable[[PreTrainedModel], float]:
    """A function from a network to its macro-F1 on the encoded pairs; every process predicts its share."""
    mine = share_of(range(len(gold)), team)

    def score(network: PreTrainedModel) -> float:
        found = predict_logits(network, [encodings[i] for i in mine], inputs, compute, batch_tokens).argmax(axis=1)
        matrices = team.gather([confusion_matrix([gold[i] for i in mine], found, num_labels)])
        return float(macro_f1(sum(matrices[1:], matrices[0])))

    return score
