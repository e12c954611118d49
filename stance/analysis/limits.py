"""What the findings do not show, said with the figures at hand."""

from collections.abc import Mapping, Sequence
from typing import Any


def limits(findings: Mapping[str, Any], notes: Sequence[str]) -> list[dict[str, str]]:
    """Sentences with the anchor of what they rest on, the gravest first; `notes` are the user's own and come before."""
    found = [{"text": note, "anchor": "flow"} for note in notes]
    found += [{"text": text, "anchor": "classifier"} for text in _classifier(findings)]
    groups = [(kind, group) for kind, rows in findings["groups"].items() for group in rows["groups"]]
    borrowed = [group for _, group in groups if group["correction"] == "borrowed"]
    if borrowed:
        found.append(
            {
                "text": f"{len(borrowed)} of {len(groups)} groups have fewer than {findings['min_gold']} gold labels, or "
                "labels from fewer than 5 stories. They borrow the correction of all groups (hollow dots): right only if "
                "the classifier errs there as it does elsewhere, give or take what groups are seen to differ.",
                "anchor": "how-much",
            }
        )
    if groups:
        expected = len(groups) * (1 - findings["confidence"])
        found.append(
            {
                "text": f"{len(groups)} groups are compared. About {expected:.1f} of their intervals miss the truth by the "
                "way such intervals are made; look for patterns, not for the most extreme group.",
                "anchor": "how-much",
            }
        )
    small = {kind: rows["small"] for kind, rows in findings["groups"].items() if rows["small"]["groups"]}
    if small:
        parts = ", ".join(f"{row['groups']} of {kind} ({row['rows']} opinions)" for kind, row in small.items())
        found.append(
            {
                "text": f"Too small or too many to be shown, but part of all totals: {parts}.",
                "anchor": "how-much",
            }
        )
    if findings["timeline"]["panels"]:
        found.append(
            {
                "text": "Change points are found in the classifier's answers. A change in how it errs, with a new topic or a "
                "new style of writing, looks the same; the corrected difference, where there are labels enough, does not "
                "share this weakness.",
                "anchor": "since-when",
            }
        )
    found.append(
        {
            "text": "Opinions are sentences, not people: an article that quotes a side often weighs more. Shares describe what "
            "was written in these articles, and in articles that come about as these did; they say nothing of readers.",
            "anchor": "flow",
        }
    )
    return found


def _classifier(findings: Mapping[str, Any]) -> list[str]:
    measured = findings["classifier"]
    if measured is None:
        return [
            "There are no gold labels. Nothing here is corrected, and the intervals know nothing of the classifier's errors: "
            "draw a sample with `sample`, label it, and run this again."
        ]
    right, share = measured["accuracy"], findings["overall"]["net"]
    moved = share["value"] - findings["overall"]["counted_net"]
    return [
        f"On {measured['gold']} randomly drawn gold labels the classifier is right in {100 * right['value']:.0f}% "
        f"[{100 * right['low']:.0f}, {100 * right['high']:.0f}] of cases. The correction moves the overall net stance by "
        f"{_signed(moved)}.",
        "The correction takes out the classifier's errors, not those of the gold labels: have a part of them labelled twice.",
    ]


def _signed(value: float) -> str:
    return f"{value:+.2f}".replace("-", "\N{MINUS SIGN}")
