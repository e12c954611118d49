"""What a user wants to see in the findings."""

from dataclasses import dataclass

from stance.analysis.periods import Unit


@dataclass(frozen=True)
class Wishes:
    """What the user wants to see, and how sure."""

    groups: tuple[str, ...]
    """Kinds of groups, such as outlet."""
    timeline_by: str
    """Kind of groups with a timeline of their own."""
    period: Unit
    confidence: float
    min_gold: int
    """Gold labels that a group needs to be corrected by its own."""
    min_rows: int
    """Opinions that a group needs to be shown."""
    max_groups: int
    max_panels: int
    evidence: int
    """Sentences kept for each figure, the most decided first."""
    shuffles: int
    """Shuffled series behind each change point."""
    seed: int
