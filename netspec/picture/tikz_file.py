"""What all TikZ files share: the frame around a picture, and texts and colours as TikZ writes them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from netspec.picture.font import printable
from netspec.picture.themes import Theme

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "×": r"\texttimes{}",
    "·": r"\textperiodcentered{}",
    "…": r"\dots{}",
    "→": r"\textrightarrow{}",
    "−": r"\textminus{}",
    "±": r"\textpm{}",
    "≈": r"$\approx$",
    **{each: f"\\{each}" for each in "&%$#_{}"},
}


def file(theme: Theme, scale: float, colours: Iterable[str], content: Iterable[str]) -> Iterator[str]:
    """The lines of a file: its colours, its styles, its content.

    Args:
        theme: The colours that all pictures have.
        scale: Points for each unit.
        colours: Further colours, as CSS writes them.
        content: Its lines.
    """
    yield r"\documentclass[tikz,border=2pt]{standalone}"
    yield r"\usepackage{textcomp}"
    yield r"\usetikzlibrary{arrows.meta}"
    yield r"\begin{document}"
    named = {"netspec text": theme.text, "netspec faint": theme.faint, "netspec edge": theme.edge}
    named |= {"netspec frame": theme.frame}
    named |= {colour(each): each for each in colours}
    for name, value in named.items():
        yield f"\\definecolor{{{name}}}{{HTML}}{{{value[1:].upper()}}}"
    yield f"\\begin{{tikzpicture}}[x={scale:.4f}bp, y=-{scale:.4f}bp, font=\\sffamily, text=netspec text,"
    yield "  box/.style={draw=netspec edge, line width=0.5pt, rounded corners=1.5pt},"
    yield "  frame/.style={draw=netspec frame, line width=0.5pt, rounded corners=3pt},"
    yield "  edge/.style={draw=netspec edge, line width=0.7pt, rounded corners=2.5pt, -{Stealth[length=3.5pt]}},"
    yield "  aside/.style={dashed}]"
    yield from content
    yield r"\end{tikzpicture}"
    yield r"\end{document}"


def colour(value: str) -> str:
    """The name of a colour: ``netspec a9d3f2``."""
    return f"netspec {value[1:]}"


def node(text: str, x: float, y: float, size: float, style: str) -> str:
    """A text; LaTeX's own sans serif is narrower than the fonts that boxes are measured for."""
    font = f"font=\\sffamily\\fontsize{{{size:.2f}bp}}{{{size * 1.2:.2f}bp}}\\selectfont"
    return f"  \\node[inner sep=0, {style}, {font}] at ({x:.1f},{y:.1f}) {{{escaped(text)}}};"


def escaped(text: str) -> str:
    """A text without a meaning for TeX."""
    return "".join(_SPECIAL.get(each, each) for each in printable(text))
