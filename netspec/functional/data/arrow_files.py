"""Arrow files as Hugging Face's `save_to_disk` writes them: mapped, and not read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from netspec.functional.data.image_files import kind_of
from netspec.functional.data.parts import PARTS, files_by_part, part_of
from netspec.functional.examples import UnfitData

SPLITS, STATE = "dataset_dict.json", "state.json"
"""The files that tell of a data set's splits, and of the files of one."""

MOST_TOLD = 1 << 24
"""Bytes of such a file."""


def tables_of(place: Path) -> list[list[Path]]:
    """The files to learn from, to validate by and to test by; a lone one tests.

    They are Arrow where `save_to_disk` wrote the folder, or else Parquet.

    Raises:
        FileNotFoundError: There is none to train on.
        UnfitData: A file that tells of them is broken, or names what is no file here.
    """
    if not place.is_dir():
        return [[place], [], []]
    if (place / SPLITS).exists():
        return arrow_by_part(place)
    if (place / STATE).exists():
        return [arrow_files(place), [], []]
    return files_by_part(place, sorted(place.rglob("*.parquet")))


def arrow_by_part(place: Path) -> list[list[Path]]:
    """The Arrow files of a folder with a folder for each split."""
    splits = told_in(place / SPLITS).get("splits")
    parts: list[list[Path]] = [[] for _ in PARTS]
    for name in names_in(place / SPLITS, splits):
        names = part_of(name)
        if names is None:
            continue
        if parts[PARTS.index(names)]:
            what = f"{place} has two splits of the same part, {name} among them"
            raise UnfitData(what, "name the folder of one split")
        parts[PARTS.index(names)] = arrow_files(place / name)
    train, validation, test = parts
    if not train:
        raise FileNotFoundError(f"{place} has no split to train on")
    return [train, validation, test] if test else [train, [], validation]


def arrow_files(folder: Path) -> list[Path]:
    """The Arrow files of one split, in their order."""
    told = told_in(folder / STATE).get("_data_files")
    named = told if isinstance(told, list) else []
    names = [each.get("filename") if isinstance(each, dict) else None for each in named]
    found = [folder / name for name in names_in(folder / STATE, names)]
    for file in found:
        if file.is_symlink():
            raise UnfitData(f"{file}: it is a link", "put the file itself there")
    return found


def names_in(file: Path, names: Any) -> list[str]:
    """Names of entries beside a file; nothing of them leads elsewhere."""
    if not isinstance(names, list) or not names:
        raise UnfitData(f"{file}: it names nothing", "save the data set again")
    for name in names:
        plain = isinstance(name, str) and name not in ("", ".", "..")
        if not plain or any(sign in name for sign in "/\\\0"):
            what = f"{file}: it names {str(name)[:60]!r}, which is no name beside it"
            raise UnfitData(what, "save the data set again")
    return names


def told_in(file: Path) -> dict[str, Any]:
    """The table that a file of JSON holds."""
    help = "save the data set again"
    try:
        state = file.stat()
        if file.is_symlink() or kind_of(state) or state.st_size > MOST_TOLD:
            raise UnfitData(f"{file}: it is no small file", help)
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        if isinstance(error, UnfitData):
            raise
        raise UnfitData(f"{file}: it cannot be read as JSON", help) from None
    if not isinstance(found, dict):
        raise UnfitData(f"{file}: it holds no table of names", help)
    return found


def mapped_batches(file: Path) -> list[Any]:
    """The record batches of an Arrow file, whose columns stay on the disk.

    Raises:
        UnfitData: It is compressed, or its columns point outside of it.
        pyarrow.ArrowInvalid: It is no Arrow file.
    """
    import pyarrow as pa  # type: ignore[import-untyped]

    if reason := kind_of(file.stat()):
        raise UnfitData(f"{file}: {reason}", "name a file of Arrow")
    for message in pa.ipc.MessageReader.open_stream(pa.memory_map(str(file))):
        if is_compressed(bytes(message.metadata)):
            what = f"{file}: it is compressed, and cannot be mapped"
            raise UnfitData(what, "save it without, as `save_to_disk` does")
    batches = list(pa.ipc.open_stream(pa.memory_map(str(file))))
    for batch in batches:
        batch.validate(full=True)
    return batches


def is_compressed(message: bytes) -> bool:
    """Whether a message of Arrow is a record batch with compressed buffers.

    Format: Message.fbs of Arrow; a table of FlatBuffers begins with the distance to the
    list of its fields, `compression` is the fourth of a batch.
    """

    def number(at: int, size: int = 4) -> int:
        return int.from_bytes(message[at : at + size], "little")

    def field(table: int, index: int) -> int:
        fields = table - int.from_bytes(
            message[table : table + 4], "little", signed=True
        )
        within = 4 + 2 * index < number(fields, 2)
        return number(fields + 4 + 2 * index, 2) if within else 0

    table = number(0)
    kind, header = field(table, 1), field(table, 2)
    if not kind or not header or message[table + kind] != 3:  # RecordBatch
        return False
    batch = table + header
    return field(batch + number(batch), 3) != 0
