"""A network for other input sizes, without elaborating its spec anew for each.

An elaboration is recorded whose symbols are the sizes of the inputs (`recording`): the expressions of all shapes, and
guards for what sizes decided. Other sizes are put in (`replay`); where a guard comes to something else, the spec is
elaborated anew, and that is recorded (`trials`).
"""

from __future__ import annotations

from netspec.resizing.outcome import Applied, Sized
from netspec.resizing.trials import Exhausted, Trials

__all__ = ["Applied", "Exhausted", "Sized", "Trials"]
