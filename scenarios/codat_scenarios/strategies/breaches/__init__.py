"""What breaks each rule once, by its code: a random mutation of a good life."""

from codat_scenarios.strategies.breaches import (
    books,
    deleting,
    reconciling,
    sending,
    talking,
    updating,
)
from codat_scenarios.strategies.breaches.registry import BREACHES, Breach

__all__ = [
    "BREACHES",
    "Breach",
    "books",
    "deleting",
    "reconciling",
    "sending",
    "talking",
    "updating",
]
