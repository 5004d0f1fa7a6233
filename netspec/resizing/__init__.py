"""A network for other input sizes, without a new elaboration of its spec for each.

A recording holds an elaboration over symbols, the sizes of the inputs (`recording`): the expressions of all shapes, and
guards for the decisions by sizes. Other sizes are substituted (`replay`); if a guard has another outcome, the spec is
elaborated again, and that elaboration is recorded (`trials`).
"""

from __future__ import annotations

from netspec.resizing.outcome import Applied, Sized
from netspec.resizing.trials import Trials

__all__ = ["Applied", "Sized", "Trials"]
