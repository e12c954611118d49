"""The methods appendix in prose, written from what was run."""

from collections.abc import Mapping
from typing import Any

SHARES = (
    "Shares are estimated by prediction-powered inference (Angelopoulos, Bates, Fannjiang, Jordan and Zrnic "
    "2023, Science "
    "382) in the form of design-based supervised learning (Egami, Hinck, Stewart and Wei 2023, arXiv "
    "2306.04746): the mean "
    "probability of a label over all opinions of a group, plus the mean of gold label minus probability over its gold "
    "labels, weighted by their inverse inclusion probabilities. The weight of the probabilities is tuned to the "
    "smallest "
    "variance (PPI++, Angelopoulos, Duchi and Zrnic 2023, arXiv 2311.01453), one weight for all labels of a "
    "group; for all "
    "articles together it is {power:.2f}. Intervals are {level}; they hold whatever the classifier's errors depend on. "
    "Variances are clustered by article, near-duplicates counting as one, with Student's t on the number of "
    "clusters with "
    "gold labels."
)
GROUPS = (
    "A group with fewer than {min_gold} gold labels, or labels from fewer than 5 clusters, borrows: its mean "
    "error is taken "
    "for a draw from a distribution over groups, whose mean and spread all gold labels tell (Fay and Herriot 1979; "
    "DerSimonian and Laird 1986), weighed against its own few labels. Beside the estimates stand "
    "classify-and-count, its "
    "adjusted forms (Forman 2008; Bella et al. 2010; constrained to shares) and expectation maximisation "
    "(Saerens, Latinne "
    "and Decaestecker 2002). The number of further labels follows from the part of the variance that labelling "
    "takes away, "
    "which falls as 1/n - 1/N."
)
CHANGES = (
    "Change points are sought in the mean of probability for minus probability against, one value a cluster in "
    "order of "
    "time, over seeded intervals (Kovacs, Buhlmann, Li and Munk 2023). A change is accepted where its gain exceeds the "
    "{level} quantile of the largest gain in {shuffles} series with the articles shuffled, so that a series "
    "without change "
    "is given any with a chance of {alarm:.0f}% at most. Positions are those of optimal partitioning (ruptures: "
    "Truong, "
    "Oudre and Vayatis 2020), their intervals percentiles over articles resampled within segments."
)
CORPUS = (
    "Articles were split into sentences. {asked}A fine-tuned encoder gave each a probability for {labels}. "
    "{opinions:,} "
    "opinions from {articles:,} articles enter; articles that repeat one another form {stories:,} clusters."
)
GOLD = "{gold:,} opinions have a gold label: {how}. The classifier's answer was not shown to who labelled."
SAMPLE = (
    "a random sample of {drawn}, stratified by the classifier's answer, at least {at_least} of each, drawn by "
    "permanent random "
    "numbers (Ohlsson 1995) with seed {seed}"
)


def methods_text(findings: Mapping[str, Any], manifests: Mapping[str, Any]) -> list[str]:
    """Paragraphs that can go into a paper as they are."""
    level = f"{100 * findings['confidence']:g}%"
    survey, sample = manifests.get("survey"), manifests.get("sample")
    asked = ""
    if survey is not None:
        asked = (
            f"{survey.counts['pairs']:,} pairs of a sentence and an intervention were considered, "
            f"{survey.counts['predictions']:,} asked about. "
        )
    labels = ", ".join(findings["labels"])
    counts = {name: findings[name] for name in ("opinions", "articles", "stories")}
    paragraphs = [CORPUS.format(asked=asked, labels=labels, **counts)]
    if findings["overall"]["gold"]:
        how = "drawn at random with known probabilities"
        if sample is not None:
            settings = {name: sample.config[name] for name in ("at_least", "seed")}
            how = SAMPLE.format(drawn=sample.counts["drawn"], **settings)
        paragraphs.append(GOLD.format(gold=findings["overall"]["gold"], how=how))
    paragraphs.append(SHARES.format(power=findings["overall"]["power"], level=level))
    paragraphs.append(GROUPS.format(min_gold=findings["min_gold"]))
    if findings["timeline"]["panels"]:
        alarm = 100 * (1 - findings["confidence"])
        paragraphs.append(CHANGES.format(level=level, shuffles=findings["shuffles"], alarm=alarm))
    return paragraphs
