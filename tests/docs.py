"""The pages of the documentation as fenced blocks, each with the remark that stands before it.

A remark is a comment of HTML, which readers do not see, with a mapping in YAML: ``<!-- file: scale.py -->`` gives the
block's file name, ``<!-- refused: NS0302 -->`` the code with which its spec is refused, and
``<!-- in: {input: [8]} -->`` the keys of a spec that a fragment needs around it.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]

_BLOCK = re.compile(
    r"(?:^<!-- (?P<remark>[^\n]+?) -->\n\n?)?^```(?P<language>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)
_DEFAULT_FRAME = {"netspec": 1, "name": "fragment", "input": [64, 32, 32], "layers": ["identity"]}


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its text, the line it starts on, and its remark."""

    language: str
    text: str
    line: int
    remark: dict[str, Any]

    @property
    def is_whole(self) -> bool:
        """Whether a block of YAML is a spec of its own."""
        return self.text.startswith(("netspec: 1\n", "extends: "))

    @property
    def file(self) -> str | None:
        """The file that the block is: a whole spec's own name, or what the remark says."""
        if self.language == "yaml" and self.is_whole:
            return re.search(r"^name: (\w+)$", self.text, re.MULTILINE)[1] + ".yaml"  # type: ignore[index]
        return self.remark.get("file")

    def spec(self) -> str:
        """The block as a whole spec: a fragment in a small frame."""
        if self.is_whole:
            return self.text
        body = f"layers:\n{self.text}" if self.text.lstrip("# ").startswith("- ") or _is_list(self.text) else self.text
        written = yaml.safe_load(body)
        frame = {**_DEFAULT_FRAME, **self.remark.get("in", {})}
        if "inputs" in frame or "inputs" in written:
            del frame["input"]
        if "sequence" in written:
            frame.pop("layers")
        return yaml.safe_dump({key: value for key, value in frame.items() if key not in written}) + body


def blocks(page: Path) -> Iterator[Block]:
    """The page's blocks, from top to bottom."""
    text = page.read_text(encoding="utf-8")
    for match in _BLOCK.finditer(text):
        remark = yaml.safe_load(match["remark"]) if match["remark"] else {}
        yield Block(match["language"], match["text"], text.count("\n", 0, match.start("text")) + 1, remark)


def _is_list(text: str) -> bool:
    return isinstance(yaml.safe_load(text), list)


def command_table() -> str:
    """The commands, each with the line that its file begins with."""
    from netspec.cli import cli

    rows = (f"| `netspec {name}` | {line} |" for name, line in cli.help_lines().items())
    return "\n".join(["| Command | |", "| --- | --- |", *rows]) + "\n"


def format_table() -> str:
    """The formats of results, each with the line that its file begins with."""
    from netspec.report.writers import formats, writer

    rows = []
    for name in formats():
        module = sys.modules[writer(name).write.__module__]
        rows.append(f"| `{name}` | {(module.__doc__ or '').partition(chr(10))[0]} |")
    return "\n".join(["| Format | |", "| --- | --- |", *rows]) + "\n"
