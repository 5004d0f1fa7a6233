"""Runs that somebody has tampered with: one change to one file of a run, drawn from a seed."""

import copy
import io
import json
import os
import random
import struct
import zipfile
from dataclasses import dataclass

import torch

STRANGE = "x\x1b[31m\u202ey\u200b|\n<b>"
"""Text that would colour a terminal, turn it round, hide, or mean something in a table."""

ODD = [
    None, True, -1, 0, 1, 2**31, 2**63, 10**400, -(10**30), 0.5, -0.0, 1e308, "", "3", STRANGE, "a\0b", "/", "..",
    [], [[]], [0] * 3, [None], {}, {"": None}, {STRANGE: 1}, [1e308, -1e308],
]  # fmt: skip
"""Values that stand where others should."""


class Runs:
    """Its pickle would make a file."""

    def __init__(self, canary):
        self.canary = canary

    def __reduce__(self):
        return os.mkdir, (str(self.canary),)


@dataclass(frozen=True)
class Change:
    """What was done to a run, and what to do with it then."""

    what: str
    command: str


def tamper(folder, draws, canary):
    """Change one file of a run's folder; what was changed, and the command that reads it."""
    target = draws.choice(["metrics.json"] * 3 + ["spec.yaml"] * 2 + ["state.pt"] * 4 + ["weights"] * 3 + ["kind"] * 2)
    if target == "metrics.json":
        what = _json(folder / target, draws)
        return Change(f"metrics.json: {what}", draws.choice(["runs", "runs --format json", "predict", "runs --sort"]))
    if target == "spec.yaml":
        what = _yaml(folder / target, draws)
        return Change(f"spec.yaml: {what}", draws.choice(["resume", "eval", "predict", "export", "runs"]))
    (step,) = (folder / "checkpoint").iterdir()
    if target == "state.pt":
        return Change(f"state.pt: {_state(step / target, draws, canary)}", "resume")
    if target == "weights":
        own = draws.random() < 0.4
        file = step / "weights.safetensors" if own else folder / draws.choice(["last.safetensors", "other.pt"])
        if file.suffix == ".pt":
            torch.save(torch.nn.Linear(64, 10).state_dict(), file)
            what = _state(file, draws, canary)
            return Change(f"weights.pt: {what}", draws.choice(["eval --weights", "predict --weights"]))
        what = _safetensors(file, draws)
        return Change(f"{file.name}: {what}", "resume" if own else draws.choice(["eval", "predict", "export"]))
    names = ["metrics.json", "spec.yaml", "last.safetensors", "checkpoint", f"checkpoint/{step.name}"]
    names += [f"checkpoint/{step.name}/{name}" for name in ("state.pt", "weights.safetensors")]
    name = draws.choice(names)
    commands = ["resume", "runs", "eval", "predict"]
    return Change(f"{name}: {_kind(folder / name, draws)}", "resume" if "/" in name else draws.choice(commands))


def _json(file, draws):
    if draws.random() < 0.3:
        return _bytes(file, draws)
    data = json.loads(file.read_text())
    what = _tree(data, draws)
    text = json.dumps(data, ensure_ascii=draws.random() < 0.5)
    if draws.random() < 0.2:
        text, what = text.replace('"state":', '"state": "done", "state":', 1), f"{what}, a key twice"
    file.write_text(text, errors="surrogatepass")
    return what


def _yaml(file, draws):
    if draws.random() < 0.3:
        return _bytes(file, draws)
    lines = file.read_text().splitlines()
    at = draws.randrange(len(lines))
    how = draws.choice(["gone", "twice", "odd", "name", "extends"])
    if how == "gone":
        del lines[at]
    elif how == "twice":
        lines.insert(at, lines[at])
    elif how == "odd":
        key = lines[at].partition(":")[0]
        lines[at] = f"{key}: {json.dumps(draws.choice(ODD[:8] + ODD[9:]), ensure_ascii=True)}"
    elif how == "name":
        lines = [f"name: {json.dumps(STRANGE)}" if line.startswith("name:") else line for line in lines]
    else:
        lines.insert(1, f"extends: {draws.choice(['spec.yaml', '/dev/zero', 'loop', 'n' * 300, '..'])}")
    file.write_text("\n".join(lines) + "\n")
    return f"line {at + 1} {how}"


def _state(file, draws, canary):
    how = draws.random()
    if how < 0.25:
        return _bytes(file, draws)
    if how < 0.32:
        torch.save({"x": Runs(canary)}, file)
        return "code"
    if how < 0.42:
        return _repacked(file, draws)
    data = torch.load(file, weights_only=True)
    what = _tree(data, draws, tensors=True)
    torch.save(data, file)
    return what


def _repacked(file, draws):
    """The parts of a zip compressed, or with a pickle that costs more than its bytes."""
    bomb = draws.random() < 0.5
    pickle = b"\x80\x02}" + b")" + b"q\x01h\x01\x86" * 60 + b"K\x01s."
    with zipfile.ZipFile(file) as old:
        parts = {part.filename: old.read(part) for part in old.infolist()}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED if bomb else zipfile.ZIP_DEFLATED) as new:
        for name, content in parts.items():
            new.writestr(name, pickle if bomb and name.endswith(".pkl") else content)
    return "a bomb" if bomb else "compressed"


def _tree(data, draws, *, tensors=False):
    """Change one value, somewhere in dicts and lists; where it stood, and what stands there."""
    place, path = data, []
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = draws.choice(keys)
        path.append(str(key))
        if not (isinstance(place[key], dict | list) and place[key]) or draws.random() < 0.15:
            break
        place = place[key]
    how = draws.random()
    if how < 0.2:
        del place[key]
        return f"{'.'.join(path)} gone"
    if how < 0.3 and isinstance(place, dict):
        place[STRANGE] = place.pop(key)
        return f"{'.'.join(path)} renamed"
    values = [*ODD, float("nan"), float("inf")]
    if tensors:
        dense = [torch.zeros(()), torch.zeros(3), torch.full((64, 10), torch.nan), torch.tensor([2**60])]
        odd = [torch.zeros(1).expand(2**40), torch.sparse_coo_tensor([[1]], [1.0], (9,)), torch.zeros(2, device="meta")]
        values += [*dense, *odd] * 3
    value = draws.choice(values)
    place[key] = copy.copy(value)
    return f"{'.'.join(path)} = {str(value)[:40]!r}"


def _safetensors(file, draws):
    how = draws.random()
    if how < 0.3:
        return _bytes(file, draws)
    data = file.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    if how < 0.4:
        length = draws.choice([2**60, 2**64 - 1, 0, length - 1, length + 1])
        file.write_bytes(struct.pack("<Q", length) + data[8:])
        return f"a header of {length}"
    header = json.loads(data[8 : 8 + length])
    name = draws.choice([name for name in header if name != "__metadata__"])
    what = draws.choice(["name", "dtype", "shape", "offsets", "gone", "odd"])
    if what == "name":
        header[draws.choice([STRANGE, "", "x" * 5000, "a.b.c"])] = header.pop(name)
    elif what == "dtype":
        header[name]["dtype"] = draws.choice(["F16", "I32", "F8_E8M0", "F4", "C64", "BOOL", "X", 3])
    elif what == "shape":
        header[name]["shape"] = draws.choice([[2**60, 2**60], [-1], [], [640], [10, 64, 1], "x"])
    elif what == "offsets":
        header[name]["data_offsets"] = draws.choice([[0, 2**60], [8, 4], [-4, 0], []])
    elif what == "gone":
        del header[name]
    else:
        header[name] = draws.choice(ODD)
    text = json.dumps(header).encode()
    file.write_bytes(struct.pack("<Q", len(text)) + text + data[8 + length :])
    return f"{name}'s {what}"


def _bytes(file, draws):
    """Change a file as if it held no text and no numbers."""
    data = file.read_bytes()
    how = draws.choice(["empty", "cut", "garbage", "flipped", "nested", "utf-16", "longer", "nul"])
    if how == "empty":
        data = b""
    elif how == "cut":
        data = data[: draws.randrange(len(data))]
    elif how == "garbage":
        data = random.Random(draws.random()).randbytes(500)
    elif how == "flipped":
        at = draws.randrange(len(data))
        data = data[:at] + bytes([data[at] ^ (1 << draws.randrange(8))]) + data[at + 1 :]
    elif how == "nested":
        data = b"[" * 100_000
    elif how == "utf-16":
        data = "{}".encode("utf-16") + data
    elif how == "longer":
        data += b"\0" * 100
    else:
        data = data[: len(data) // 2] + b"\0" + data[len(data) // 2 :]
    file.write_bytes(data)
    return how


def _kind(path, draws):
    """Put something else in the place of a file or a folder."""
    how = draws.choice(["folder", "pipe", "loop", "link", "file", "gone"])
    aside = path.with_name("aside")
    path.rename(aside)
    if how == "folder":
        path.mkdir()
    elif how == "pipe":
        os.mkfifo(path)
    elif how == "loop":
        path.symlink_to(path.name)
    elif how == "link":
        path.symlink_to(aside)
    elif how == "file":
        path.write_text("x")
    return how


def encoded_image():
    """An image of 8 by 8 pixels, as PNG."""
    from PIL import Image

    file = io.BytesIO()
    Image.new("L", (8, 8), 100).save(file, "PNG")
    return file.getvalue()
