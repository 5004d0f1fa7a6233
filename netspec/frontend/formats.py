"""Files of other formats, recognised by their contents: a Keras model, a weights file or a script given as a spec."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from netspec.diagnostics import Code, NetspecError, Span
from netspec.objects.immutable import immutable

if TYPE_CHECKING:
    from pydantic import BaseModel

    from netspec.frontend.source import Source

HEAD = 4096
"""The number of bytes or characters that decide the format."""

_WEIGHTS = "write its network as a spec; `--weights FILE` of a command loads the tensors into it"
_ENTRIES = "write its layers as entries of a spec; `netspec layers` lists them, `netspec show lenet` shows one"
_CODE = "a spec is data; `netspec verify SPEC --against FILE.py:function` compares a network in Python with one"
_RECIPE = "give it beside a spec: `netspec train SPEC --recipe FILE`"
_SPEC = "`netspec train` reads the section `train` of a spec with it; a recipe is that section alone"


@immutable
class Format:
    """A format: a description of its files, and advice on what to do with one."""

    what: str
    help: str


_PICKLE = re.compile(rb"\x80[\x02-\x05][\x00-\xff]")
_ONNX = re.compile(rb"\x08[\x01-\x1f](?:\x12[\x00-\x7f]|\x1a[\x00-\x7f]|\x3a)")

_ZIP = re.compile(rb"PK\x03\x04")


def _members(head: bytes) -> set[str]:
    """The last parts of the names of a zip archive's first members; empty for other files."""
    if not _ZIP.match(head):
        return set()
    found = set()
    for each in _ZIP.finditer(head):
        length = int.from_bytes(head[each.start() + 26 : each.start() + 28], "little")
        name = head[each.start() + 30 : each.start() + 30 + length]
        found.add(name.decode(errors="replace").rpartition("/")[2])
    return found


_BYTES: tuple[tuple[Callable[[bytes], Any], Format], ...] = (
    (lambda head: _members(head) & {"data.pkl"}, Format("a PyTorch file (.pt, .pth)", _WEIGHTS)),
    (lambda head: _members(head) & {"archive_format"}, Format("a program of torch.export (.pt2)", _ENTRIES)),
    (
        lambda head: _members(head) & {"metadata.json", "config.json", "model.weights.h5"},
        Format("a Keras model (.keras)", _ENTRIES),
    ),
    (_ZIP.match, Format("a zip archive, as PyTorch and NumPy write", _WEIGHTS)),
    (lambda head: head[:8] == b"\x89HDF\r\n\x1a\n", Format("an HDF5 file, as Keras writes (.h5)", _ENTRIES)),
    (lambda head: b"torch" in head and _PICKLE.match(head), Format("a PyTorch file (.pt, .pth)", _WEIGHTS)),
    (_PICKLE.match, Format("a pickle of Python or PyTorch (.pkl, .pt)", _WEIGHTS)),
    (lambda head: head[8:9] == b"{" and head[4:8] == b"\0\0\0\0", Format("a safetensors file", _WEIGHTS)),
    (lambda head: head[:4] == b"GGUF", Format("a GGUF file", _WEIGHTS)),
    (lambda head: head[4:8] == b"TFL3", Format("a TensorFlow Lite model", _ENTRIES)),
    (lambda head: head[:6] == b"\x93NUMPY", Format("a NumPy array", _WEIGHTS)),
    (_ONNX.match, Format("an ONNX model", _ENTRIES)),
)
"""Formats recognised by a file's bytes; the first match counts."""

_TEXTS: tuple[tuple[re.Pattern[str], Format], ...] = (
    (re.compile(r"^\s*layers?\s*:?\s*\{\s*$", re.M), Format("a Caffe network (.prototxt)", _ENTRIES)),
    (re.compile(r"^\[(net|network|convolutional)\]\s*$", re.M), Format("a Darknet network (.cfg)", _ENTRIES)),
    (re.compile(r"^(from [\w.]+ )?import \w|^(class|def) \w+.*:\s*(#.*)?$", re.M), Format("Python source", _CODE)),
    (re.compile(r"^\w+\(\s*\n\s+\(\w+\): \w+\(", re.M), Format("a printed torch module", _ENTRIES)),
    (re.compile(r"^\[[\w.\"-]+\]\s*(#.*)?$\s*^[\w\"-]+\s*=", re.M), Format("a TOML file", _ENTRIES)),
    (re.compile(r"\A(\s*#.*\n|\s*\n)*[\w\"-]+\s*=\s*[\[\"'\d{tf]"), Format("a TOML file", _ENTRIES)),
    (re.compile(r"\A\s*<(\?xml|!DOCTYPE|html|svg)", re.I), Format("a page or document of XML", _ENTRIES)),
)
"""Formats recognised by a text that is no YAML mapping."""

_OWN = re.compile(r"^[\s{\"']*netspec[\"']?\s*:", re.M)


def _has(*keys: str) -> Callable[[Mapping[str, Any]], bool]:
    return lambda data: all(key in data for key in keys)


def _is_recipe(data: Mapping[str, Any], recipe: type[BaseModel]) -> bool:
    """Whether a mapping has two keys of a recipe, at least, one of which a recipe needs."""
    found = recipe.model_fields.keys() & data.keys()
    needed = any(recipe.model_fields[key].is_required() for key in found)
    return needed and len(found) >= 2 and not {"layers", "sequence", "input", "inputs"} & data.keys()


_DATA: tuple[tuple[Callable[[Mapping[str, Any]], bool], Format], ...] = (
    (_has("class_name", "config"), Format("a Keras model in JSON", _ENTRIES)),
    (_has("nbformat", "cells"), Format("a Jupyter notebook", _CODE)),
    (_has("backbone", "head"), Format("an Ultralytics model", _ENTRIES)),
    (_has("architectures"), Format("a Hugging Face model's config.json", _ENTRIES)),
    (_has("model_type"), Format("a Hugging Face model's config.json", _ENTRIES)),
    (_has("transformers_version"), Format("a Hugging Face model's config.json", _ENTRIES)),
    (_has("architecture", "num_classes"), Format("a timm model's config.json", _ENTRIES)),
)
"""Formats recognised by the keys of a mapping."""


def refuse_bytes(data: bytes, name: str) -> None:
    """Refuse a file that is not text.

    Raises:
        NetspecError: NS0110: its first bytes show another format.
    """
    head = data[:HEAD]
    _refuse(next((format_ for shows, format_ in _BYTES if shows(head)), None), name)


def refuse_text(text: str, name: str) -> None:
    """Refuse a text that YAML cannot read, or that is no mapping.

    Raises:
        NetspecError: NS0110: it is of another format.
    """
    head = text[:HEAD]
    if _OWN.search(head) is None:
        _refuse(next((format_ for shows, format_ in _TEXTS if shows.search(head)), None), name, text)


def refuse_data(read: Source, recipe: type[BaseModel]) -> None:
    """Refuse a mapping without `netspec` and `extends` that is no spec.

    Args:
        read: The text with the mapping.
        recipe: The form of a training recipe.

    Raises:
        NetspecError: NS0110: its keys show another format.
    """
    found = Format("a training recipe", _RECIPE) if _is_recipe(read.data, recipe) else None
    _refuse(next((format_ for shows, format_ in _DATA if shows(read.data)), found), read.name, read.text)


def refuse_spec(read: Source) -> None:
    """Refuse a spec in place of a recipe.

    Raises:
        NetspecError: NS0110: the mapping is a spec.
    """
    if {"layers", "sequence", "extends"} & read.data.keys():
        found = Format("a spec, and a recipe is due here", _SPEC)
        _refuse(found, read.name, read.text, "data, loss, optimizer, ... at the top")


def _refuse(
    found: Format | None,
    name: str,
    text: str | None = None,
    expected: str = "a spec in YAML, which begins with `netspec: 1`",
) -> None:
    if found is not None:
        span = Span(name, 1, 1, 1, 2, text)
        message = f"this is {found.what}"
        raise NetspecError.of(Code.FOREIGN_FILE, message, span=span, expected=expected, help=found.help)
