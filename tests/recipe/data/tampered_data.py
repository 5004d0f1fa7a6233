"""Data sets that somebody tampered with: small ones of every kind, changed by chance in one place each."""

import gzip
import io
import json
import os
import pickle
import socket
import struct
import zipfile
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
from PIL import Image

from tests.images import hostile_images as hostile
from tests.recipe.data.sets import arrays, encoded, folder, masked, parquet, picture, write


def mnist(root: Path) -> None:
    for part, count in (("train", 6), ("t10k", 4)):
        pixels = struct.pack(">I3I", 0x803, count, 28, 28) + bytes(784 * count)
        write(root / f"{part}-images-idx3-ubyte.gz", gzip.compress(pixels))
        write(root / f"{part}-labels-idx1-ubyte", struct.pack(">2I", 0x801, count) + bytes(range(count)))


def cifar(root: Path) -> None:
    for name in ("test_batch", *(f"data_batch_{number}" for number in range(1, 6))):
        content = {"data": np.zeros((4, 3072), np.uint8), "labels": [0, 1, 2, 9], "filenames": ["a"] * 4}
        write(root / name, pickle.dumps(content, protocol=2 if name[-1] in "13" else 4))
    write(root / "batches.meta", pickle.dumps({"label_names": list("abcdefghij")}))


def parquets(root: Path) -> None:
    parquet(root / "train.parquet", [0, 1, 2, 1, 0, 2], names=["ant", "bee", "cow"])
    parquet(root / "test.parquet", [2, 0, 1], names=["ant", "bee", "cow"])


def npy(root: Path) -> None:
    arrays(root / "all.npz")
    with np.load(root / "all.npz") as found:
        for name in found.files:
            np.save(root / f"{name}.npy", found[name])
    (root / "all.npz").unlink()


BASES = {
    "folder": lambda root: folder(root, each=3),
    "unsplit": lambda root: folder(root, parts=("",), each=6, kind="JPEG"),
    "segmentation": lambda root: masked(root, each=3),
    "parquet": parquets,
    "npz": lambda root: arrays(root / "a.npz"),
    "npy": npy,
    "mnist": mnist,
    "cifar10": cifar,
}
RECIPES = {
    "unsplit": lambda root: {"folder": str(root)},
    "segmentation": lambda root: {"segmentation": str(root), "classes": 2},
    "npz": lambda root: {"arrays": str(root / "a.npz")},
    "npy": lambda root: {"arrays": str(root)},
}


@dataclass(frozen=True)
class Tampered:
    """A data set as a recipe writes it, and what was done to it."""

    written: dict
    done: str


def flipped(draw: Random, file: Path) -> None:
    content = bytearray(file.read_bytes())
    for _ in range(draw.choice((1, 8, 64))):
        content[draw.randrange(len(content))] = draw.randrange(256)
    file.write_bytes(content)


def beginning(draw: Random, file: Path) -> None:
    content = bytearray(file.read_bytes())
    for at in range(min(len(content), 64)):
        if draw.random() < 0.15:
            content[at] = draw.choice((0, 1, 0x7F, 0x80, 0xFF))
    file.write_bytes(content)


def ending(draw: Random, file: Path) -> None:
    content = bytearray(file.read_bytes())
    for at in range(max(0, len(content) - 96), len(content)):
        if draw.random() < 0.15:
            content[at] = draw.choice((0, 1, 0x7F, 0x80, 0xFF))
    file.write_bytes(content)


def cut(draw: Random, file: Path) -> None:
    content = file.read_bytes()
    file.write_bytes(content[: draw.choice((0, 1, 7, len(content) // 2, max(0, len(content) - 3)))])


def grown(draw: Random, file: Path) -> None:
    file.write_bytes(file.read_bytes() + draw.choice((bytes(4096), b"\xff\xd8\xff\xda" * 100, os.urandom(0) + b"moov")))


def sparse(draw: Random, file: Path) -> None:
    with file.open("r+b") as opened:
        opened.truncate(draw.choice((1 << 31, 1 << 40)))


def pipe(draw: Random, file: Path) -> None:
    file.unlink()
    os.mkfifo(file)


def plug(draw: Random, file: Path) -> None:
    """A socket; a longer path than sockets may have leaves a pipe."""
    file.unlink()
    here = Path.cwd()
    os.chdir(file.parent)
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(file.name)
    finally:
        os.chdir(here)


def loop(draw: Random, file: Path) -> None:
    file.unlink()
    file.symlink_to(draw.choice((file.name, "..", ".", file.parent.name, "nowhere")))


def device(draw: Random, file: Path) -> None:
    file.unlink()
    file.symlink_to(draw.choice(("/dev/zero", "/dev/tty", "/proc/self/mem", "/")))


def deep(draw: Random, file: Path) -> None:
    file.unlink()
    file.mkdir()
    (file / "again").symlink_to("..")


def other(draw: Random, file: Path) -> None:
    makers = (hostile.text_bomb, hostile.exif_bomb, hostile.scan_bomb, hostile.tile_bomb, hostile.webp_canvas)
    contents = [hostile.POSTSCRIPT, b"", b"\0" * 300, b"\x1f\x8b", b"PK\3\4", b"PAR1PAR1", b"\x80\4."]
    file.write_bytes(draw.choice(contents) if draw.random() < 0.5 else draw.choice(makers)())


def black(draw: Random, file: Path) -> None:
    file.write_bytes(hostile.png(draw.choice((9_000, 12_000, 1)), draw.choice((9_000, 12_000))))


def odd_mode(draw: Random, file: Path) -> None:
    image = draw.choice((
        Image.fromarray(np.full((12, 10), 40_000, np.uint16)),
        picture(mode="CMYK"), picture(mode="P"), picture(mode="RGBA"), picture(mode="1"), picture(mode="LAB"),
    ))  # fmt: skip
    file.write_bytes(encoded(image, "TIFF"))


def odd_name(draw: Random, file: Path) -> None:
    name = draw.choice((b"\xff\xfe.png", b"a\nb.png", b"\x1b[31m.png", b"x" * 250, "🐛".encode(), b" ", b"$x_$.PNG"))
    file.rename(file.parent / os.fsdecode(name))


def gone(draw: Random, file: Path) -> None:
    file.unlink()


def swapped(draw: Random, file: Path) -> None:
    files = sorted(each for each in file.parent.iterdir() if each.is_file())
    file.write_bytes(draw.choice(files).read_bytes())


GENERAL = (
    flipped,
    flipped,
    beginning,
    ending,
    cut,
    grown,
    sparse,
    pipe,
    plug,
    loop,
    device,
    deep,
    other,
    gone,
    swapped,
)


def wrong_labels(draw: Random, count: int) -> object:
    return draw.choice((
        [2**62] * count, [-1] * count, [float("nan")] * count, [1e300, 0.5] * (count // 2), [None] * count,
        [[1, 2]] * count, [{"a": 1}] * count, ["a\nb", "c"] * (count // 2), [True, False] * (count // 2),
        [b"x"] * count, [0.0, 1.0] * (count // 2), [2**63 - 1] * count, [""] * count,
    ))  # fmt: skip


def parquet_otherwise(draw: Random, root: Path) -> None:
    images = draw.choice((None, [b""] * 6, [None] * 6, [hostile.POSTSCRIPT] * 6, [encoded(picture(), "BMP")] * 6))
    names = draw.choice((None, ["a"], ["a"] * 3, [1, 2, 3], [["a"]] * 3, "abc", {"0": "a"}))
    parquet(root / draw.choice(("train.parquet", "test.parquet")), wrong_labels(draw, 6), images, names=names)


def parquet_of_other_types(draw: Random, root: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = draw.choice((
        {"label": [0, 1]}, {"image": ["a", "b"], "label": [0, 1]}, {"image": [b"a", b"b"], "label": [[0], [1]]},
        {"image": [{"bytes": [b"a"]}, {"bytes": [b"b"]}], "label": [0, 1]}, {}, {"image": pa.nulls(2), "label": [0, 1]},
        {"image": pa.array([b"a", b"a"]).dictionary_encode(), "label": pa.array(["x", "y"]).dictionary_encode()},
        {"image": [b"a", b"b"], "label": pa.array([0, 1], pa.timestamp("s"))},
        {"image": [b"a", b"b"], "label": pa.array([b"\xff", b"\xfe"]).cast(pa.binary())},
        {"image": pa.array([], pa.binary()), "label": pa.array([], pa.int64())},
    ))  # fmt: skip
    pq.write_table(pa.table(columns), root / "train.parquet")


def parquet_of_many_rows(draw: Random, root: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = draw.choice((2_000_000, 1 << 24 | 1))
    column = pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, np.int32)), [bytes(1000)])
    table = pa.table({"image": column, "label": pa.array(np.zeros(rows, np.int8))})
    pq.write_table(table, root / "train.parquet", compression="zstd")


def npz_otherwise(draw: Random, root: Path) -> None:
    changed = draw.choice((
        {"y_train": np.array([2**62] * 20)}, {"y_train": np.array([2**64 - 1] * 20, np.uint64)},
        {"y_train": np.array(3)}, {"x_train": np.array(3)}, {"y_train": np.zeros((20, 0))},
        {"x_train": np.zeros((20, 2), "datetime64[s]")}, {"x_train": np.zeros(20, [("a", "u1")])},
        {"x_train": np.zeros((0, 3, 3))}, {"y_train": np.array(["a"] * 20)}, {"y_train": np.full(20, -(2**63))},
        {"x_train": np.full((20, 6, 5, 3), 1e300)}, {"y_train": np.full(20, np.inf)},
        {"x_train": np.zeros((20, 2), complex)}, {"y_test": np.array([0.5] * 8)}, {"y_train": np.zeros((20, 3, 3)) - 1},
    ))  # fmt: skip
    arrays(root / "a.npz", **changed)


def npz_bomb(draw: Random, root: Path) -> None:
    header = io.BytesIO()
    shape = draw.choice(((700_000, 1000), (2**50, 3), (-1, 2), (10, 2**62)))
    np.lib.format.write_array_header_1_0(header, {"descr": "|u1", "fortran_order": False, "shape": shape})
    with (
        zipfile.ZipFile(root / "a.npz", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("x_train.npy", "w", force_zip64=True) as file,
    ):
        file.write(header.getvalue())
        for _ in range(700 if shape[0] == 700_000 else 1):
            file.write(bytes(1_000_000))


def npy_otherwise(draw: Random, root: Path) -> None:
    headers = [
        f"{{'descr': '{kind}', 'fortran_order': {order}, 'shape': {shape}, }}"
        for kind, order, shape in (
            ("|u1", False, (99999999999, 3)),
            ("|O", False, (20,)),
            ("<U99999999", False, (20,)),
            ("|u1", True, (-5, 3)),
            ("|V0", False, ()),
        )
    ]
    text = draw.choice((*headers, "{", "[" * 5000))
    head = b"\x93NUMPY" + bytes((draw.choice((1, 1, 3, 9)), 0))
    (root / "x_train.npy").write_bytes(head + struct.pack("<H", len(text)) + text.encode() + bytes(100))


def idx_bomb(draw: Random, root: Path) -> None:
    count = draw.choice((2**32 - 1, 700_000, 0))
    head = gzip.compress(struct.pack(">I3I", 0x803, count, 28, draw.choice((28, 2**31))))
    (root / "train-images-idx3-ubyte.gz").write_bytes(head + gzip.compress(bytes(10_000_000)) * 600)


class Runs:
    """What a pickle may ask for."""

    def __init__(self, *asked: object) -> None:
        self.asked = asked

    def __reduce__(self) -> tuple:
        return self.asked[0], self.asked[1:]


def cifar_otherwise(draw: Random, root: Path) -> None:
    memo = b"\x80\4" + b"K\1" + b"r" + struct.pack("<I", 2**31 - 1) + b"."
    room = b"\x80\5\x96" + struct.pack("<Q", 2**40) + b"x."
    pixels = np.zeros((4, 3072), np.uint8)
    tables = (
        {"data": Runs(os.getcwd), "labels": []},
        {"data": Runs(np.dtype, "O"), "labels": [0]},
        {"data": pixels.astype(object), "labels": [0] * 4},
        {"data": pixels, "labels": ["0", None, 1.0, []]},
        {"data": pixels, "labels": [2**62] * 4},
        {"data": np.zeros((2, 2)), "labels": [1, 2]},
        {b"\xff": 1},
        {(("a",),): 1, 3: 4},
        Runs(print, "it ran"),
        [1],
    )
    contents = [*map(pickle.dumps, tables), memo, room, b"cos\nsystem\n(S'echo it ran'\ntR.", b"(" * 100_000]
    (root / draw.choice(("data_batch_1", "test_batch", "batches.meta"))).write_bytes(draw.choice(contents))


def split_otherwise(draw: Random, root: Path) -> None:
    part = root / "train"
    old = next(iter(sorted(part.iterdir())))
    change = draw.randrange(8)
    if change == 0:
        part.rename(root / draw.choice(("Training", "TRAIN", "bus", "test", "dev")))
    elif change == 1:
        old.rename(part / draw.choice(("Blue", "$x_$", "a\nb", "train", ".hidden", "__MACOSX", "x" * 250)))
    elif change == 2:
        old.rename(part / os.fsdecode(b"caf\xe9"))
    elif change == 3:
        (root / "again").symlink_to(".")
    elif change == 4:
        (part / "loop").symlink_to("..")
    elif change == 5:
        old.chmod(0)
    elif change == 6:
        (part / "out").symlink_to("/usr/share")
    else:
        below = old
        for _ in range(40):
            below /= "d" * 60
            below.mkdir()
        (below / "a.png").write_bytes(encoded(picture()))


SPECIAL = {
    "folder": (black, odd_mode, odd_name, split_otherwise, split_otherwise),
    "unsplit": (black, odd_mode, odd_name),
    "segmentation": (black, odd_mode, odd_name),
    "parquet": (
        parquet_otherwise,
        parquet_otherwise,
        parquet_of_other_types,
        parquet_of_other_types,
        parquet_of_many_rows,
    ),
    "npz": (npz_otherwise, npz_otherwise, npz_otherwise, npz_bomb),
    "npy": (npy_otherwise, npy_otherwise),
    "mnist": (idx_bomb,),
    "cifar10": (cifar_otherwise, cifar_otherwise, cifar_otherwise),
}
WHOLE = (split_otherwise, parquet_otherwise, parquet_of_other_types, parquet_of_many_rows, npz_otherwise, npz_bomb,
         npy_otherwise, idx_bomb, cifar_otherwise)  # fmt: skip
"""What changes a data set, and not a file of it."""


def tampered(seed: int, root: Path) -> Tampered:
    """The data set of a seed, below a folder of its own."""
    draw = Random(seed)
    names = sorted(BASES)
    name = names[seed % len(names)]
    BASES[name](root)
    change = draw.choice(GENERAL if draw.random() < 0.5 else SPECIAL[name])
    done = change.__name__
    if change in WHOLE:
        change(draw, root)
    else:
        file = draw.choice(sorted(each for each in root.rglob("*") if each.is_file()))
        done = f"{done} {file.relative_to(root)}"
        change(draw, file)
    written = RECIPES.get(name, lambda root: {name: str(root)})(root)
    if name in ("folder", "unsplit", "segmentation", "parquet"):
        written |= {"workers": 0, "in_memory": draw.random() < 0.7}
        if draw.random() < 0.5 and name != "segmentation":
            written["resize"] = 8
    return Tampered(written, json.dumps([seed, name, done]))
