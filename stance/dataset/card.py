"""The dataset card: what `datasets` needs to load the folder, and what a reader needs to trust it."""

from collections import Counter
from collections.abc import Mapping, Sequence

from stance.labels import LabelScheme
from stance.records import Example

FRONT_MATTER = """---
pretty_name: Stance on foreign intervention
language: [en]
task_categories: [text-classification]
configs:
- config_name: default
  data_files:
  - {split: train, path: data/train.parquet}
  - {split: dev, path: data/dev.parquet}
  - {split: test, path: data/test.parquet}
---
"""


def dataset_card(parts: Mapping[str, Sequence[Example]], scheme: LabelScheme) -> str:
    """Markdown with the YAML head of a dataset card; `parts` maps splits to their examples."""
    header = " | ".join(["split", "pairs", "articles", *scheme.names])
    rule = " | ".join(["---"] * (3 + len(scheme.names)))
    rows = []
    for split, examples in parts.items():
        labels = Counter(example.label for example in examples)
        counts = [labels[name] for name in scheme.names]
        articles = len({example.document for example in examples})
        rows.append(f"| {' | '.join(map(str, [split, len(examples), articles, *counts]))} |")
    definitions = "\n".join(f"- `{name}`: {text}" for name, text in scheme.definitions.items())
    return f"""{FRONT_MATTER}
# Stance on foreign intervention

Pairs of a news sentence and an intervention, with the stance that the sentence takes towards it and whose it is.

{definitions}

| {header} |
| {rule} |
{chr(10).join(rows)}

Articles that are near-duplicates, or share a sentence or a declared minimal pair, are one `group`; a group lies in one
split as a whole. Of near-duplicates one is used, and of the others only what a minimal pair declares to differ.
Which group goes where was drawn at random. `probabilities` are the gold distribution over the labels in the order
above, `weight` the trust in it, `before` and `after` the neighbouring sentences, `start` and `end` code-point offsets
into the article.
"""
