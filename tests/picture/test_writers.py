"""Pictures in every format."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Literal
from xml.etree import ElementTree

import pytest

from netspec import api
from netspec.analysis import analyze
from netspec.diagnostics import NetspecError
from netspec.picture.building import scene
from netspec.picture.font import WIDTHS
from netspec.picture.layout import layout
from netspec.picture.picture import Picture, fills
from netspec.picture.scene import Box, Chain, Frame, Part
from netspec.picture.themes import THEMES
from netspec.picture.writers import dot, mermaid, svg, tikz, writers

HOSTILE = '</title><script>alert(1)</script>"&%$#{}\\\\ends; ]]> --> é 网'
SPEC = """netspec: 1
name: net
input: [3, 8, 8]
layers:
  - {conv: 4, kernel: 3, padding: 1, name: conv1}
  - {layers: [relu, {max_pool: 2}], name: group}
"""


def hostile(theme: str = "light", colour: str = "kind") -> Picture:
    """A picture whose texts mean harm, although no spec's names may hold them."""
    shown = scene(analyze(api.elaborate(api.loads(SPEC))), 9)
    boxes = tuple([replace(box, title=HOSTILE, lines=(HOSTILE,)) for box in shown.boxes])
    named = {box.number: box for box in boxes}

    def renamed(part: Part) -> Part:
        match part:
            case Box():
                return named[part.number]
            case Frame():
                return replace(part, label=HOSTILE, note=HOSTILE, body=renamed(part.body))
            case Chain():
                return Chain(tuple(map(renamed, part.parts)))
            case _:
                return replace(part, branches=tuple(map(renamed, part.branches)))

    told = replace(shown, name=HOSTILE, boxes=boxes, root=renamed(shown.root))
    colours = THEMES[theme]
    return Picture(layout(told), colours, HOSTILE, None, fills(told, colours, colour))


def test_every_writer_has_a_suffix_of_its_own() -> None:
    assert {".svg", ".png", ".pdf", ".tex", ".mmd", ".dot"} <= set(writers())


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("colour", ["kind", "params", "macs", "memory"])
def test_svg_is_inert_xml(theme: str, colour: str) -> None:
    root = ElementTree.fromstring(svg.write(hostile(theme, colour)))
    known = ["svg", "title", "desc", "style", "marker", "rect", "g", "text", "path"]
    assert {each.tag.rpartition("}")[2] for each in root.iter()} <= set(known)
    texts = [each.text for each in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {HOSTILE} == {text.partition(" ×")[0].partition(": ")[0] for text in texts}
    assert root.find("{http://www.w3.org/2000/svg}title").text == HOSTILE


def test_every_family_has_a_colour_in_every_theme() -> None:
    families = [set(theme.families) for theme in THEMES.values()]
    assert families[0] == families[1] == families[2]
    for name in api.zoo():
        for theme in THEMES:
            assert api.draw(api.load(name), theme=theme, level=1)
        break


def test_text_stands_out_from_every_ground() -> None:
    """Contrast of at least 4.5, as WCAG 2.1 asks for in 1.4.3."""

    def light(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    def contrast(one: str, other: str) -> float:
        low, high = sorted((light(one), light(other)))
        return (high + 0.05) / (low + 0.05)

    for name, theme in THEMES.items():
        for ground in (*theme.families.values(), *theme.scale, *theme.marks.values()):
            assert contrast(theme.text, ground) >= 4.5, (name, ground)
            assert contrast(theme.faint, ground) >= 4.5, (name, ground)


def test_grounds_of_the_main_families_differ_in_grey() -> None:
    for theme in (THEMES["light"], THEMES["print"]):
        greys = []
        for family in ("convolution", "pool", "dense"):
            colour = theme.families[family]
            parts = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
            greys.append(0.299 * parts[0] + 0.587 * parts[1] + 0.114 * parts[2])
        assert min(abs(a - b) for i, a in enumerate(greys) for b in greys[i + 1 :]) > 5


def test_mermaid_dot_and_tikz_quote_what_they_are_given() -> None:
    text = mermaid.write(hostile())
    assert "<script" not in text.split("flowchart", 1)[1]
    assert all(line.count('"') in (0, 2) for line in text.splitlines()[1:])
    text = dot.write(hostile())
    assert re.sub(r'"(?:[^"\\]|\\.)*"', "", text).count('"') == 0
    text = tikz.write(hostile())
    bare = re.sub(r"\\[\\{}]", "", text)
    assert bare.count("{") == bare.count("}")
    assert not re.search(r"(?<!\\)[&#$%]", bare)
    assert len(re.findall(r"\\draw\[box", text)) == 5


def latex(text: str, folder: Path) -> str:
    """What LaTeX says of a file that it compiles to one page; it may run no command."""
    program = shutil.which("pdflatex") or pytest.skip("there is no pdflatex")
    if subprocess.run(["kpsewhich", "standalone.cls"], capture_output=True, check=False).returncode:
        pytest.skip("LaTeX has no class standalone")
    (folder / "picture.tex").write_text(text, encoding="utf-8")
    flags = ["-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape"]
    done = subprocess.run([program, *flags, "picture.tex"], cwd=folder, capture_output=True, check=False, timeout=100)
    told = done.stdout.decode(errors="replace")
    assert done.returncode == 0, told[-2000:]
    assert "Output written on picture.pdf (1 page" in told
    return told


@pytest.mark.parametrize(("name", "style"), [("lenet", "volumes"), ("googlenet", "blocks")])
def test_latex_compiles_tikz(name: str, style: Literal["volumes", "blocks"], tmp_path: Path) -> None:
    told = latex(str(api.draw(api.load(name), form=".tex", style=style)), tmp_path)
    assert not re.search("Overfull|Missing character|Warning: Font", told)


def test_a_width_gives_the_height_too() -> None:
    root = ElementTree.fromstring(api.draw(api.load("lenet"), width="88mm"))
    assert root.get("width") == "88mm"
    _, _, wide, high = map(float, root.get("viewBox").split())
    assert float(root.get("height").removesuffix("mm")) == pytest.approx(88 * high / wide, rel=0.002)


@pytest.mark.parametrize("width", ["", "88", "0mm", "-3cm", "1e9mm", "999999in", '88mm" onload="x', "٣mm", "nanmm"])
def test_what_is_no_width_is_told(width: str) -> None:
    with pytest.raises(NetspecError, match="NS0911"):
        api.draw(api.load("lenet"), width=width)


def test_a_strange_suffix_is_told() -> None:
    with pytest.raises(NetspecError, match="NS0911"):
        api.draw(api.load("lenet"), form=".jpg")


def test_png_is_drawn_by_resvg() -> None:
    pytest.importorskip("resvg_py", reason="netspec[draw] is not installed")
    data = api.draw(api.load("lenet"), form=".png", width="3in")
    assert data.startswith(b"\x89PNG")
    assert int.from_bytes(data[16:20]) == 900  # at 300 dots per inch


def test_a_pdf_is_the_same_each_time() -> None:
    pytest.importorskip("typst", reason="netspec[draw] is not installed")
    one, other = (api.draw(api.load("lenet"), form=".pdf") for _ in range(2))
    assert one == other
    assert one.startswith(b"%PDF")


def test_a_picture_needs_no_torch(tmp_path: Path) -> None:
    code = (
        "import sys; from netspec.cli import run; run(['draw', 'resnet18', '-o', sys.argv[1]]); "
        "sys.exit('torch' in sys.modules or 'PIL' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "r.svg")], check=True)
    assert (tmp_path / "r.svg").read_text().startswith("<svg")


def test_the_widths_are_those_of_the_fonts() -> None:
    """Nothing is narrower than in DejaVu Sans, which stands in for Helvetica where there is none."""
    fonts = pytest.importorskip("matplotlib.ft2font")
    from matplotlib import get_data_path

    font = fonts.FT2Font(str(Path(get_data_path()) / "fonts/ttf/DejaVuSans.ttf"))
    font.set_size(100, 72)
    for code, width in enumerate(WIDTHS, 32):
        font.set_text(chr(code))
        assert font.load_char(code).linearHoriAdvance / 65536 * 10 <= width + 1, chr(code)
