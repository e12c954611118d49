"""What the findings do not show, said with the figures at hand."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

BORROWED = (
    "{borrowed} of {groups} groups have fewer than {min_gold} gold labels, or labels from fewer than 5 stories. "
    "They borrow "
    "the correction of all groups (hollow dots): right only if the classifier errs there as it does elsewhere, give or "
    "take what groups are seen to differ."
)
MANY = (
    "{groups} groups are compared. About {missed:.1f} of their intervals miss the truth by the way such "
    "intervals are made; "
    "look for patterns, not for the most extreme group."
)
CHANGES = (
    "Change points are found in the classifier's answers. A change in how it errs, with a new topic or a new style of "
    "writing, looks the same; the corrected difference, where there are labels enough, does not share this weakness."
)
SENTENCES = (
    "Opinions are sentences, not people: an article that quotes a side often weighs more. Shares describe what "
    "was written "
    "in these articles, and in articles that come about as these did; they say nothing of readers."
)
NO_GOLD = (
    "There are no gold labels. Nothing here is corrected, and the intervals know nothing of the classifier's "
    "errors: draw a "
    "sample, label it, and run this again."
)
ACCURACY = (
    "On {gold} randomly drawn gold labels the classifier is right in {value:.0f}% [{low:.0f}, {high:.0f}] of "
    "cases. The "
    "correction moves the overall net stance by {moved}."
)
GOLD_ERRS = (
    "The correction takes out the classifier's errors, not those of the gold labels: have a part of them labelled "
    "twice."
)


def limits(findings: Mapping[str, Any], notes: Sequence[str]) -> list[dict[str, str]]:
    """Sentences, each with the anchor of what it rests on; `notes` are the user's own and come first."""
    found = [(note, "flow") for note in notes] + [(text, "classifier") for text in _classifier(findings)]
    found += [(text, "how-much") for text in _groups(findings["groups"], findings)]
    if findings["timeline"]["panels"]:
        found.append((CHANGES, "since-when"))
    return [{"text": text, "anchor": anchor} for text, anchor in [*found, (SENTENCES, "flow")]]


def _groups(kinds: Mapping[str, Any], findings: Mapping[str, Any]) -> Iterator[str]:
    groups = [group for rows in kinds.values() for group in rows["groups"]]
    borrowed = sum(group["correction"] == "borrowed" for group in groups)
    if borrowed:
        yield BORROWED.format(borrowed=borrowed, groups=len(groups), min_gold=findings["min_gold"])
    if groups:
        yield MANY.format(groups=len(groups), missed=len(groups) * (1 - findings["confidence"]))
    small = {kind: rows["small"] for kind, rows in kinds.items() if rows["small"]["groups"]}
    if small:
        parts = ", ".join(f"{row['groups']} of {kind} ({row['rows']} opinions)" for kind, row in small.items())
        yield f"Too small or too many to be shown, but part of all totals: {parts}."


def _classifier(findings: Mapping[str, Any]) -> list[str]:
    measured = findings["classifier"]
    if measured is None:
        return [NO_GOLD]
    percents = {name: 100 * value for name, value in measured["accuracy"].items()}
    moved = findings["overall"]["net"]["value"] - findings["overall"]["counted_net"]
    signed = f"{moved:+.2f}".replace("-", "\N{MINUS SIGN}")
    return [ACCURACY.format(gold=measured["gold"], moved=signed, **percents), GOLD_ERRS]
