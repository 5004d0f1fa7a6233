"""DOT, the language of Graphviz, which lays the picture out anew."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.picture.font import printable
from netspec.picture.picture import Picture
from netspec.picture.scene import Box, Frame, Part, children

SUFFIXES = (".dot", ".gv")
GRAPHS_ALONE = True


def write(picture: Picture) -> str:
    """A picture as a DOT graph, its frames as clusters."""
    return "\n".join(_lines(picture)) + "\n"


def _lines(picture: Picture) -> Iterator[str]:
    scene, drawing, theme = picture.flow.scene, picture.flow, picture.theme
    yield f"digraph {_quoted(scene.name)} {{"
    yield f'  rankdir={"TB" if drawing.direction == "down" else "LR"}; bgcolor="{theme.page or "transparent"}";'
    yield (
        f'  node [shape=box, style="filled,rounded", fontname="Helvetica", fontsize=11, color="{theme.edge}", '
        f'fontcolor="{theme.text}"];'
    )
    yield f'  edge [color="{theme.edge}", arrowsize=0.7];'
    yield from _part(picture, scene.root, 1, [0])
    for edge in scene.edges:
        yield f"  b{edge.source} -> b{edge.target}{' [style=dashed, constraint=false]' if edge.aside else ''};"
    yield "}"


def _part(picture: Picture, part: Part, depth: int, frames: list[int]) -> Iterator[str]:
    space = "  " * depth
    if isinstance(part, Box):
        style = ', style="filled,rounded,dashed"' if part.aside else ""
        label = "\\n".join(_quoted(line)[1:-1] for line in part.text)
        yield f'{space}b{part.number} [label="{label}", fillcolor="{picture.fill(part)}"{style}];'
        return
    if isinstance(part, Frame):
        frames[0] += 1
        theme = picture.theme
        yield f"{space}subgraph cluster_{frames[0]} {{"
        yield (
            f"{space}  label={_quoted(' · '.join(filter(None, part.text)))}; labeljust=l; style=rounded; "
            f'color="{theme.frame}"; fontname="Helvetica"; fontsize=10; fontcolor="{theme.faint}";'
        )
    for child in children(part):
        yield from _part(picture, child, depth + isinstance(part, Frame), frames)
    if isinstance(part, Frame):
        yield f"{space}}}"


def _quoted(text: str) -> str:
    """A text in DOT's quotes."""
    return '"' + printable(text).replace("\\", "\\\\").replace('"', '\\"') + '"'
