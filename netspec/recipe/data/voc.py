"""Pascal VOC's annotations: an XML for each image (http://host.robots.ox.ac.uk/pascal/VOC/voc2012/htmldoc)."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal
from xml.etree.ElementTree import Element

from netspec.files.reading import read_bounded
from netspec.files.xml_file import read_xml
from netspec.functional.data.parts import PARTS
from netspec.recipe.data.gathering import Findings, Gathering, number_of
from netspec.recipe.data.paired import PairedFiles

_EDGES = ("xmin", "ymin", "xmax", "ymax")


class Voc(PairedFiles):
    """Images with an XML each as Pascal VOC has it: `object` with a `name` and a `bndbox` each.

    The main argument is a folder, as it is or below ``$NETSPEC_DATA``, such as `VOCdevkit/VOC2007`: `Annotations/1.xml`
    is of `JPEGImages/1.jpg`. Lists in `ImageSets/Main` say the parts, and otherwise folders that are called so. A box
    is that of its first and last pixels, both counted from 1, as VOC counts them.

    Attributes:
        first_pixel: 0 for tools that count from 0, and whose last pixel is the one beyond.
        difficult: Whether objects that are marked as difficult are taken too.
    """

    key: ClassVar[str] = "voc"
    also: ClassVar[tuple[str, ...]] = ("pascal_voc", "voc_detection")
    absent: ClassVar[str] = "there is no folder"
    expected: ClassVar[str] = "a folder with JPEGImages/1.jpg and Annotations/1.xml, say"
    ending: ClassVar[str] = ".xml"

    first_pixel: Literal[0, 1] = 1
    difficult: bool = False

    def part_files(self, place: Path, findings: Findings) -> dict[str, tuple[str, ...]] | None:
        sets = place / "ImageSets" / "Main"
        found: dict[str, tuple[str, ...]] = {}
        for part in PARTS:
            file = sets / f"{part[0]}.txt"
            if not file.is_file() or file.is_symlink():
                continue
            text = read_bounded(findings.reading(file)).decode(errors="replace")
            for number, line in enumerate(text.splitlines(), 1):
                if not (name := line.split()[0] if line.split() else ""):
                    continue
                if found.setdefault(name, part) is not part:
                    findings.note(f"{file}, line {number:,}: {name[:200]!r}", f"it is in the part {found[name][0]} too")
                if not (place / "Annotations" / f"{name}.xml").is_file():
                    findings.note(f"{file}, line {number:,}: {name[:200]!r}", "there is no such file in Annotations")
        return found or None

    def read_marks(self, file: Path, size: tuple[int, int], into: Gathering) -> None:
        root = read_xml(file)
        if root.tag != "annotation":
            into.findings.note(str(file), f"its root is <{root.tag[:80]}>, not <annotation>")
            return
        told = tuple(number_of(_text(root.find(f"size/{name}"))) or 0 for name in ("height", "width"))
        if all(told) and told != size:
            said = f"{told[0]:g}x{told[1]:g}"
            into.findings.note(str(file), f"it says {said} (height x width), and its image is {size[0]}x{size[1]}")
            return
        hard = 0
        for number, entry in enumerate(root.findall("object")):
            if not self.difficult and _text(entry.find("difficult")) == "1":
                hard += 1
                continue
            self._add(f"{file}: object {number:,}", entry, into)
        into.findings.count("objects that are marked as difficult are left out; `difficult: true` takes them", hard)

    def _add(self, where: str, entry: Element, into: Gathering) -> None:
        name, box = _text(entry.find("name")), entry.find("bndbox")
        if not name:
            into.findings.note(where, "it has no name")
        elif box is None:
            into.findings.note_box(where, "it has no bndbox")
        else:
            edges: list[object] = [_text(box.find(edge)) for edge in _EDGES]
            if None in edges:
                into.findings.note_box(where, f"its bndbox has no {_EDGES[edges.index(None)]}")
                return
            first = [number_of(edge) for edge in edges[:2]]
            if any(edge is not None and edge < self.first_pixel for edge in first):
                what = f"{_EDGES[0]} is {edges[0]}, {_EDGES[1]} is {edges[1]}: pixels count from {self.first_pixel}"
                into.findings.note_box(where, what, "write `first_pixel: 0` at `data`, if the tool counts from 0")
                return
            starts = [edge if at is None else at - self.first_pixel for edge, at in zip(edges, first, strict=False)]
            into.add(where, [*starts, *edges[2:]], name)


def _text(element: Element | None) -> str | None:
    """The text of an element; None where there is none."""
    return (element.text or "").strip() or None if element is not None else None
