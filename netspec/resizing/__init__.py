"""A network for other input sizes, without elaborating its spec anew for each.

An elaboration is recorded (`recorder`): the calls of layers and what it read of the shapes that flowed. For other input
shapes the calls' rules are asked again, in order (`replay`). What was read decides whether that is the same as a new
elaboration: where it would go another way, the spec is elaborated anew, and that is recorded (`trials`).
"""

from __future__ import annotations

from netspec.resizing.outcome import Applied, Sized
from netspec.resizing.trials import Exhausted, Trials

__all__ = ["Applied", "Exhausted", "Sized", "Trials"]
