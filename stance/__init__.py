"""Stance detection in the news, on foreign intervention: from articles to a model that says who is for and who against.

Importing this package is cheap: torch and everything optional load on first use.
"""

from typing import TYPE_CHECKING, Any

from stance.version import VERSION

if TYPE_CHECKING:
    from stance.inference.classifier import StanceClassifier

__version__ = VERSION
__all__ = ["StanceClassifier", "__version__"]


def __getattr__(name: str) -> Any:
    if name == "StanceClassifier":
        from stance.inference.classifier import StanceClassifier

        return StanceClassifier
    raise AttributeError(f"module 'stance' has no attribute {name!r}")
