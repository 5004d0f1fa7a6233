"""Small edits of a spec's text that make it valid: proposed by mistake, tried as a whole, ranked.

A common mistake is one file in `mistakes/`. It proposes edits; `search` tries each proposal on the whole text,
which it reads and elaborates again, and keeps those that work; `text` edits by spans: comments and layout stay.
"""

from netspec.fixes.base import mended
from netspec.fixes.search import propose

__all__ = ["mended", "propose"]
