"""The training examples nearest to a sentence: a shortlist by words in common, put in order by a sentence encoder.

Embedding every training sentence would take most of the stage's minute; those that share no rare word with an error
seldom explain it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from stance.records import Example

SHORTLIST = 5
BATCH_TOKENS = 2048
MAX_TOKENS = 96


@dataclass(frozen=True)
class Neighbour:
    """A training example and its cosine similarity."""

    example: Example
    similarity: float


def nearest(queries: Sequence[Example], train: Sequence[Example], encoder: str, number: int) -> list[list[Neighbour]]:
    """The `number` nearest training examples of each query, the nearest first, with different texts.

    `encoder` is what `train.model.pretrained` takes; nothing is downloaded. Its mean token stands for a sentence.
    """
    if not queries or not train:
        return [[] for _ in queries]
    texts = list(dict.fromkeys(e.text for e in train))
    by_text = {e.text: e for e in reversed(train)}
    lists = _shortlists([e.text for e in queries], texts)
    wanted = sorted({int(i) for row in lists for i in row})
    place = {index: row for row, index in enumerate(wanted)}
    vectors = embed([*(e.text for e in queries), *(texts[i] for i in wanted)], encoder)
    asked, known = vectors[: len(queries)], vectors[len(queries) :]
    found: list[list[Neighbour]] = []
    for vector, row in zip(asked, lists, strict=True):
        similar = known[[place[int(i)] for i in row]] @ vector
        order = np.argsort(-similar, kind="stable")[:number]
        found.append([Neighbour(by_text[texts[int(row[i])]], float(similar[i])) for i in order])
    return found


def embed(texts: Sequence[str], encoder: str) -> np.ndarray:
    """Unit vectors of shape (texts, size): the mean of an encoder's last layer over the tokens."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    from stance.model.device import choose_compute
    from stance.model.inputs import batches_by_length
    from stance.model.pretrained import locate_pretrained

    location = locate_pretrained(encoder)
    compute = choose_compute(threads=torch.get_num_threads())
    model = AutoModel.from_pretrained(location, local_files_only=True, use_safetensors=True).eval().to(compute.device)
    tokenizer = AutoTokenizer.from_pretrained(location, local_files_only=True)
    assert tokenizer is not None  # noqa: S101 - the stub is too wide, a missing tokenizer raises
    most = min(MAX_TOKENS, getattr(model.config, "max_position_embeddings", MAX_TOKENS))
    lengths = [len(ids) for ids in tokenizer(list(texts), truncation=True, max_length=most)["input_ids"]]
    vectors = np.zeros((len(texts), int(model.config.hidden_size)), dtype=np.float32)
    with torch.inference_mode():
        for indices in batches_by_length(lengths, BATCH_TOKENS):
            batch = tokenizer(
                [texts[i] for i in indices], padding=True, truncation=True, max_length=most, return_tensors="pt"
            ).to(compute.device)
            with compute.autocast():
                hidden = model(**batch).last_hidden_state.float()
            mask = batch["attention_mask"].unsqueeze(-1)
            mean = (hidden * mask).sum(dim=1) / mask.sum(dim=1)
            vectors[indices] = torch.nn.functional.normalize(mean, dim=-1).cpu().numpy()
    return vectors


def _shortlists(queries: Sequence[str], texts: Sequence[str]) -> np.ndarray:
    """Indices into `texts`, shape (queries, at most SHORTLIST), by cosine of their TF-IDF vectors."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(sublinear_tf=True)
    known = vectorizer.fit_transform(texts)
    similar = (vectorizer.transform(queries) @ known.T).toarray()
    return np.argsort(-similar, axis=1, kind="stable")[:, :SHORTLIST]
