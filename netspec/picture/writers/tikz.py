r"""TikZ: a file that LaTeX compiles alone, and that \input takes with the package standalone."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.picture.drawing import LABEL, LINE, TITLE, Rect, Table
from netspec.picture.font import printable
from netspec.picture.picture import Picture
from netspec.picture.scene import Box
from netspec.picture.units import inches

SUFFIXES = (".tex", ".tikz")

POINTS = 0.75
"""Points for each unit of a drawing whose width is not given."""

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "×": r"\texttimes{}",
    "·": r"\textperiodcentered{}",
    "…": r"\dots{}",
    **{each: f"\\{each}" for each in "&%$#_{}"},
}


def write(picture: Picture) -> str:
    """A picture as TikZ code, with every number in place."""
    return "\n".join(_lines(picture)) + "\n"


def _lines(picture: Picture) -> Iterator[str]:
    drawing, theme = picture.graph, picture.theme
    scale = POINTS if picture.width is None else inches(picture.width) * 72 / drawing.width
    yield r"\documentclass[tikz,border=2pt]{standalone}"
    yield r"\usepackage{textcomp}"
    yield r"\usetikzlibrary{arrows.meta}"
    yield r"\begin{document}"
    colours = {"netspec text": theme.text, "netspec faint": theme.faint, "netspec edge": theme.edge}
    colours |= {"netspec frame": theme.frame}
    for name, colour in colours.items():
        yield f"\\definecolor{{{name}}}{{HTML}}{{{colour[1:].upper()}}}"
    families = sorted({picture.fill(box) for box in drawing.scene.boxes})
    for number, colour in enumerate(families):
        yield f"\\definecolor{{netspec fill {number}}}{{HTML}}{{{colour[1:].upper()}}}"
    yield f"\\begin{{tikzpicture}}[x={scale:.4f}bp, y=-{scale:.4f}bp, font=\\sffamily, text=netspec text,"
    yield "  box/.style={draw=netspec edge, line width=0.5pt, rounded corners=1.5pt},"
    yield "  frame/.style={draw=netspec frame, line width=0.5pt, rounded corners=3pt},"
    yield "  edge/.style={draw=netspec edge, line width=0.7pt, rounded corners=2.5pt, -{Stealth[length=3.5pt]}},"
    yield "  aside/.style={dashed}]"
    for _, rect, labels in drawing.frames:
        yield f"  \\draw[frame] {_corners(rect)};"
        for text, x, y in labels:
            yield _node(text, x, y, LABEL * scale, "anchor=base west, text=netspec faint")
    for box, rect in zip(drawing.scene.boxes, drawing.boxes, strict=True):
        style = f"box, fill=netspec fill {families.index(picture.fill(box))}" + (", aside" if box.aside else "")
        yield f"  \\draw[{style}] {_corners(rect)};"
        yield from _texts(box, rect, scale)
    for edge, line in zip(drawing.scene.edges, drawing.lines, strict=True):
        way = " -- ".join(f"({x:.1f},{y:.1f})" for x, y in line)
        yield f"  \\draw[edge{', aside' if edge.aside else ''}] {way};"
    for table in drawing.tables:
        yield from _table(table, scale)
    yield r"\end{tikzpicture}"
    yield r"\end{document}"


def _table(table: Table, scale: float) -> Iterator[str]:
    for row in (table.head, *table.rows):
        faint = ", text=netspec faint" if row is table.head or row.faint else ""
        for cell in row.cells:
            if cell.text:
                anchor = "base east" if cell.ends else "base west"
                yield _node(cell.text, cell.x, cell.y, LINE * scale, f"anchor={anchor}{faint}")
    left, right = table.rect.x, table.rect.x + table.rect.width
    for rule in table.rules:
        yield f"  \\draw[netspec edge, line width=0.5pt] ({left:.1f},{rule:.1f}) -- ({right:.1f},{rule:.1f});"


def _texts(box: Box, rect: Rect, scale: float) -> Iterator[str]:
    title, *lines = box.text
    middle = rect.x + rect.width / 2
    y = rect.y + (rect.height - TITLE - (LINE + 3) * len(lines)) / 2 + TITLE * 0.84
    yield _node(title, middle, y, TITLE * scale, "anchor=base")
    for line in lines:
        y += LINE + 3
        yield _node(line, middle, y, LINE * scale, "anchor=base, text=netspec faint")


def _corners(rect: Rect) -> str:
    return f"({rect.x:.1f},{rect.y:.1f}) rectangle ({rect.x + rect.width:.1f},{rect.y + rect.height:.1f})"


def _node(text: str, x: float, y: float, size: float, style: str) -> str:
    """A text; LaTeX's own sans serif is narrower than the fonts that boxes are measured for."""
    font = f"font=\\sffamily\\fontsize{{{size:.2f}bp}}{{{size * 1.2:.2f}bp}}\\selectfont"
    return f"  \\node[inner sep=0, {style}, {font}] at ({x:.1f},{y:.1f}) {{{_escaped(text)}}};"


def _escaped(text: str) -> str:
    """A text without a meaning for TeX."""
    return "".join(_SPECIAL.get(each, each) for each in printable(text))
