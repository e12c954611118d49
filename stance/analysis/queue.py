"""The annotation queue: pairs drawn for gold labelling, and the chance that each had."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from stance.analysis.gold_sample import draw
from stance.config import DataError
from stance.labels import LabelScheme
from stance.records import Prediction, Record, Removed, Sentence

MAX_SHOWN = 5


class Queued(Record):
    """One pair to label; `label` is null until somebody has read the sentence."""

    id: str
    sentence_id: str
    article: str
    before: str
    sentence: str
    after: str
    target: str
    stratum: str
    inclusion: float
    label: str | None = None
    annotator: str | None = None


def make_queue(
    predictions: Sequence[Prediction],
    sentences: Mapping[str, Sentence],
    articles: Mapping[str, str],
    known: Mapping[str, str],
    *,
    size: int,
    at_least: int,
    seed: int,
) -> list[Queued]:
    """`size` of the predicted pairs in random order, at least so many of each answer, labels filled in where known.

    Strata are the classifier's answers, so that rare answers are checked too. The answer itself is not shown: whoever
    sees it agrees with it. `articles` has a name for each document id, `known` a label for some pair ids.
    """
    strata = [prediction.label for prediction in predictions]
    queue = []
    for drawn in draw([p.id for p in predictions], strata, size, at_least, seed):
        prediction = predictions[drawn.row]
        sentence = sentences[prediction.id.rpartition(":")[0]]
        queue.append(
            Queued(
                id=prediction.id,
                sentence_id=sentence.id,
                article=articles[sentence.document_id],
                before=sentence.before,
                sentence=sentence.text,
                after=sentence.after,
                target=prediction.target,
                stratum=drawn.stratum,
                inclusion=drawn.inclusion,
                label=known.get(prediction.id),
            )
        )
    return queue


def answered(
    queue: Iterable[Queued], asked: Iterable[str], scheme: LabelScheme
) -> tuple[dict[str, Queued], list[Removed]]:
    """(pair id -> answered row with its final chance, rows that give no gold label).

    The queue is in random order: when only its first rows have an answer they are a smaller sample, and each stratum's
    chance shrinks by the answered share. `asked` holds the ids of all predicted pairs. Raises DataError for labels
    off the scheme, for pairs that occur twice, and for a chance that is none.
    """
    queue = list(queue)
    asked = set(asked)
    problems = [
        f"{row.id}: label {row.label!r}" for row in queue if row.label is not None and row.label not in scheme.names
    ]
    problems += [f"{row.id}: inclusion {row.inclusion}" for row in queue if not 0 < row.inclusion <= 1]
    problems += [f"{name}: {count} times" for name, count in Counter(row.id for row in queue).items() if count > 1]
    if problems:
        raise DataError(
            f"{len(problems)} rows cannot be used (first: {'; '.join(problems[:MAX_SHOWN])}); expected each pair once, "
            f"with an inclusion in (0, 1] and a label among {', '.join(scheme.names)} or null"
        )
    removed = [Removed(item=row.id, reason="pair is not among the predictions") for row in queue if row.id not in asked]
    queue = [row for row in queue if row.id in asked]
    removed += [Removed(item=row.id, reason="not labelled yet") for row in queue if row.label is None]
    drawn, done = (Counter(row.stratum for row in rows) for rows in (queue, [r for r in queue if r.label is not None]))
    found = {
        row.id: row.model_copy(update={"inclusion": row.inclusion * done[row.stratum] / drawn[row.stratum]})
        for row in queue
        if row.label is not None
    }
    return found, removed
