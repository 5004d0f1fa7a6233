"""Mermaid, which draws a flowchart of its own in Markdown files and wikis."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.picture.font import printable
from netspec.picture.picture import Picture
from netspec.picture.scene import Box, Frame, Part, children

SUFFIXES = (".mmd", ".mermaid")
GRAPHS_ALONE = True


def write(picture: Picture) -> str:
    """A picture as a Mermaid flowchart."""
    return "\n".join(_lines(picture)) + "\n"


def _lines(picture: Picture) -> Iterator[str]:
    scene, drawing = picture.flow.scene, picture.flow
    yield f"%% {printable(scene.name)}"
    yield f"flowchart {'TD' if drawing.direction == 'down' else 'LR'}"
    yield from _part(scene.root, 1, [0])
    for edge in scene.edges:
        yield f"  b{edge.source} {'-.->' if edge.aside else '-->'} b{edge.target}"
    for box in scene.boxes:
        dashed = ",stroke-dasharray:4 3" if box.aside else ""
        theme = picture.theme
        yield f"  style b{box.number} fill:{picture.fill(box)},stroke:{theme.edge},color:{theme.text}{dashed}"


def _part(part: Part, depth: int, frames: list[int]) -> Iterator[str]:
    space = "  " * depth
    if isinstance(part, Box):
        text = "<br/>".join(_quoted(line) for line in part.text)
        opening, closing = ("([", "])") if part.role in ("input", "output") else ("[", "]")
        yield f'{space}b{part.number}{opening}"{text}"{closing}'
        return
    if isinstance(part, Frame):
        frames[0] += 1
        yield f'{space}subgraph f{frames[0]}["{_quoted(" · ".join(filter(None, part.text)) or " ")}"]'
    for child in children(part):
        yield from _part(child, depth + isinstance(part, Frame), frames)
    if isinstance(part, Frame):
        yield f"{space}end"


def _quoted(text: str) -> str:
    """A text in Mermaid's quotes: what has a meaning there is written by its number."""
    return "".join(each if each.isalnum() or each in " ×·,/:.…" else f"#{ord(each)};" for each in printable(text))
