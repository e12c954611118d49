"""The label scheme: which answers exist, what they mean, and how they merge for three-way use."""

from collections.abc import Sequence

from pydantic import model_validator

from stance.config import Config


class LabelScheme(Config):
    """Ordered labels with their definitions; the order is the order of the model's outputs."""

    definitions: dict[str, str]
    """Label name -> what a sentence with that label says, in output order."""
    polar: tuple[str, str]
    """The two labels that take a side: for, against."""
    merged_into_none: tuple[str, ...]
    """Labels that count as `none` in three-way scores."""

    @model_validator(mode="after")
    def _labels_are_known(self) -> "LabelScheme":
        unknown = {*self.polar, *self.merged_into_none} - set(self.definitions)
        if unknown:
            raise ValueError(f"labels without a definition: {', '.join(sorted(unknown))}")
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """Label names in output order."""
        return tuple(self.definitions)

    def index(self, label: str) -> int:
        """Position of `label`; raises ValueError naming the allowed labels."""
        if label not in self.definitions:
            raise ValueError(f"label {label!r} is not in the scheme; expected one of {', '.join(self.names)}")
        return self.names.index(label)

    def three_way(self, label: str) -> str:
        """`label`, or `none` where it takes no side."""
        return "none" if label in self.merged_into_none else label


def three_way_names(scheme: LabelScheme) -> Sequence[str]:
    """The names that `LabelScheme.three_way` returns, polar ones first."""
    return (*scheme.polar, "none")
