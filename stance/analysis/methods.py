"""The methods appendix in prose, written from what was run."""

from collections.abc import Mapping
from typing import Any


def methods_text(findings: Mapping[str, Any], manifests: Mapping[str, Any]) -> list[str]:
    """Paragraphs that can go into a paper as they are."""
    level = f"{100 * findings['confidence']:g}%"
    paragraphs = [_predictions(findings, manifests)]
    if findings["overall"]["gold"]:
        paragraphs.append(_gold(findings, manifests))
    paragraphs.append(
        "Shares are estimated by prediction-powered inference (Angelopoulos, Bates, Fannjiang, Jordan and Zrnic 2023, Science "
        "382) in the form of design-based supervised learning (Egami, Hinck, Stewart and Wei 2023, arXiv 2306.04746): the mean "
        "probability of a label over all opinions of a group, plus the mean of gold label minus probability over its gold "
        "labels, weighted by their inverse inclusion probabilities. The weight of the probabilities is tuned to the smallest "
        "variance (PPI++, Angelopoulos, Duchi and Zrnic 2023, arXiv 2311.01453), one weight for all labels of a group; for all "
        f"articles together it is {findings['overall']['power']:.2f}. Intervals are {level}; they hold whatever the classifier's "
        "errors depend on. Variances are clustered by article, near-duplicates counting as one, with Student's t on the number "
        "of clusters with gold labels."
    )
    paragraphs.append(
        f"A group with fewer than {findings['min_gold']} gold labels, or labels from fewer than 5 clusters, borrows: "
        "its mean error is taken for a draw from a distribution over groups, whose mean and spread all gold labels tell (Fay and "
        "Herriot 1979; DerSimonian and Laird 1986), weighed against its own few labels. "
        "Beside the estimates stand classify-and-count, its adjusted forms (Forman 2008; Bella et al. 2010; constrained to "
        "shares) and expectation maximisation (Saerens, Latinne and Decaestecker 2002). The number of further labels follows "
        "from the part of the variance that labelling takes away, which falls as 1/n - 1/N."
    )
    if findings["timeline"]["panels"]:
        paragraphs.append(
            "Change points are sought in the mean of probability for minus probability against, one value a cluster in order of "
            "time, over seeded intervals (Kovacs, Buhlmann, Li and Munk 2023). A change is accepted where its gain exceeds the "
            f"{level} quantile of the largest gain in {findings['shuffles']} series with the articles shuffled, so that a series "
            "without change is given any with a chance of "
            f"{100 * (1 - findings['confidence']):.0f}% at most. Positions are those of optimal partitioning (ruptures: Truong, Oudre "
            "and Vayatis 2020), their intervals percentiles over articles resampled within segments."
        )
    return paragraphs


def _predictions(findings: Mapping[str, Any], manifests: Mapping[str, Any]) -> str:
    survey = manifests.get("survey")
    model = f" The model's fingerprint is {survey.inputs['model']}." if survey and "model" in survey.inputs else ""
    asked = (
        f"{survey.counts['pairs']:,} pairs of a sentence and an intervention were considered and "
        f"{survey.counts['predictions']:,} asked about; "
        if survey
        else ""
    )
    return (
        f"Articles were split into sentences. {asked}a fine-tuned encoder gave each a probability for "
        f"{', '.join(findings['labels'])}. {findings['opinions']:,} opinions from {findings['articles']:,} articles enter; articles "
        f"that repeat one another form {findings['stories']:,} clusters.{model}"
    )


def _gold(findings: Mapping[str, Any], manifests: Mapping[str, Any]) -> str:
    sample = manifests.get("sample")
    how = "drawn at random with known probabilities"
    if sample:
        how = (
            f"a random sample of {sample.counts['drawn']} stratified by the classifier's answer, at least "
            f"{sample.config['at_least']} of each, drawn by permanent random numbers (Ohlsson 1995) with seed "
            f"{sample.config['seed']}"
        )
    return (
        f"{findings['overall']['gold']:,} opinions have a gold label: {how}. The answer was not shown to who labelled."
    )
