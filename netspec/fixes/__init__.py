"""Small edits of a spec's text that make it valid: proposed by mistake, tried as a whole, ranked.

A mistake that people make is one file in `mistakes/`. It proposes; `search` tries each proposal on the whole text,
read and elaborated again, and keeps what works; `text` edits by spans, so that comments and layout stay.
"""

from netspec.fixes.search import Judge, propose

__all__ = ["Judge", "propose"]
