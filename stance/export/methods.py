"""The paragraph for the methods section of a paper that uses the model; every figure comes from the report."""

from collections.abc import Mapping
from typing import Any

from stance.model.folder import ModelSettings


def methods_paragraph(settings: ModelSettings, report: Mapping[str, Any], encoder: str, fingerprint: str) -> str:
    """One paragraph; `encoder` and `fingerprint` name what was fine-tuned, and the network that came of it."""
    measured, macro = report["measured_on"], report["system"]["macro_f1"]
    name, best = max(report["baselines"].items(), key=lambda item: item[1]["macro_f1"]["value"])
    return " ".join(
        (
            "Each pair of a sentence and a target (the name of an intervention) was given one of the labels",
            f"{', '.join(settings.scheme.names)} by {encoder}, fine-tuned on {measured['train_pairs']:,} labelled",
            f"pairs (stance {fingerprint}, random seed {settings.seed}; at most {settings.max_tokens} tokens a pair).",
            f"On {measured['pairs']:,} pairs from {measured['articles']} articles that share no text with those of",
            f"training its macro-averaged F1 is {macro['value']:.2f} (95% bootstrap interval over groups of articles",
            f"{macro['low']:.2f} to {macro['high']:.2f}); the best of {len(report['baselines'])} baselines, {name},",
            f"reaches {best['macro_f1']['value']:.2f}. Its probabilities are not calibrated. [Add: how many sentences",
            "of your own sample people read, and how the model did there.]\n",
        )
    )
