"""The model card, its figures filled from the report."""

from collections.abc import Mapping
from typing import Any

from stance.model.folder import ModelSettings
from stance.model.inputs import InputTemplate

USE = """```python
from stance import StanceClassifier

classifier = StanceClassifier.load("FOLDER")
classifier.predict(["The council urged more strikes."], ["foreign intervention in Libya"])
```

Without this project:

```python
from transformers import pipeline

pipeline("text-classification", "FOLDER")(
    {"text": "The council urged more strikes.", "text_pair": "foreign intervention in Libya"}
)
```"""


def model_card(settings: ModelSettings, report: Mapping[str, Any], parity: Mapping[str, Any]) -> str:
    """Markdown with the YAML head of a model card; every figure comes from `report`, the JSON of evaluate."""
    labels = "\n".join(f"- `{name}`: {text}" for name, text in settings.scheme.definitions.items())
    measured = report["measured_on"]
    macro = report["system"]["macro_f1"]
    systems = {"this model": report["system"], **report["baselines"]}
    rows = "\n".join(_row(name, values) for name, values in systems.items())
    return f"""---
language: en
license: apache-2.0
library_name: transformers
pipeline_tag: text-classification
tags: [stance-detection, news, foreign-intervention]
base_model: {hub_name(settings.pretrained)}
model-index:
- name: stance
  results:
  - task: {{type: text-classification}}
    dataset: {{name: bundled corpus, type: stance, split: {measured["split"]}}}
    metrics:
    - {{type: f1, name: macro-F1, value: {macro["value"]:.4f}}}
---

# Stance on foreign intervention

Reads a news sentence and the name of an intervention; says which stance the sentence takes towards it.

{labels}

## Use

{USE}

{_input(settings)}

## How good it is

Measured on the {measured["split"]} split: {measured["pairs"]} pairs from {measured["articles"]} articles that share no
text with the training articles. Intervals are 95% bootstrap intervals over articles.
One training run, seed {settings.seed}.

| system | macro-F1 | F_avg (favor, against) | three-way macro-F1 |
| --- | --- | --- | --- |
{rows}

{_parity(parity)}

`METHODS.md` is a paragraph for the methods section of a paper, `LICENSE` what you may do with all this.

## Limits

It was trained on a small corpus written and labelled for the project, in English. It knows no irony that its corpus
does not have, and reads one sentence at a time. {_calibration(settings)}
Measure it on a random sample of your own articles before you report shares.
"""


def _input(settings: ModelSettings) -> str:
    template, length = settings.template, f"at most {settings.max_tokens} tokens together"
    if template == InputTemplate():
        return f"Input is the sentence as `text` and the target as `text_pair`, {length}."
    context = " `predict` takes the neighbours as `contexts`." if template.reads_context else ""
    return (
        f"Input is `{template.first}` as `text` and `{template.second}` as `text_pair`, {length}. `StanceClassifier` "
        f"fills them in; `pipeline` has to be given the filled texts.{context}"
    )


def _calibration(settings: ModelSettings) -> str:
    found = settings.calibration
    if found is None:
        return "Its probabilities are not calibrated."
    return (
        f"`StanceClassifier` gives calibrated probabilities ({found.method} scaling on {found.pairs} dev pairs, "
        f"temperature {found.temperature:.2f}); plain `transformers` gives uncalibrated ones."
    )


def _parity(parity: Mapping[str, Any]) -> str:
    fp32, int8 = parity["fp32"], parity["int8"]
    text = (
        f"On {fp32['pairs']} dev pairs `onnx/model.onnx` gives the network's logits within "
        f"{fp32['max_logit_difference']:.1e}; {fp32['label_flips']} labels differ."
    )
    if int8 is None:
        return text + " There is no 8-bit graph: none passed its gate."
    looks = " Pairs whose two best labels are near are computed again with finer activations."
    method = looks if int8["method"] == "token" else ""
    warning = " A pair's score depends on its neighbours in the batch." if int8["method"] == "dynamic" else ""
    return text + (
        f" `onnx/model_int8.onnx` (method: {int8['method']}) changes {int8['label_flips']} of {int8['pairs']} labels "
        f"and loses {int8['macro_f1_loss']:.4f} of macro-F1 "
        f"[{int8['macro_f1_loss_low']:.4f}, {int8['macro_f1_loss_high']:.4f}]; probabilities differ by at most "
        f"{int8['max_probability_difference']:.3f}.{method}{warning} "
        "`stance verify FOLDER` measures this again on your machine."
    )


def _row(name: str, values: Mapping[str, Any]) -> str:
    cells = [_with_interval(values[metric]) for metric in ("macro_f1", "f_avg", "macro_f1_three_way")]
    return f"| {name} | {' | '.join(cells)} |"


def _with_interval(metric: Mapping[str, float]) -> str:
    return f"{metric['value']:.3f} [{metric['low']:.3f}, {metric['high']:.3f}]"


def hub_name(pretrained: str) -> str:
    """The name on the model hub of an encoder that came embedded in a package."""
    return pretrained.replace("embedded/", "sentence-transformers/")
