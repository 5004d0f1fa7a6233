"""Small faults of data, each told once, with the way out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

Run = Callable[..., tuple[int, str, str]]

SPEC = """\
netspec: 1
name: small
input: [2]
layers: [{linear: 2}]
train: {data: {table: t.csv, target: kind, batch_size: 2}, loss: cross_entropy, optimizer: {sgd: 0.1}, steps: 1}
"""
ROWS = "a,b,kind\n" + "1,2,x\n3,4,y\n" * 4
LIST = "train.data={list: t.csv, label_column: kind, channels: 1, batch_size: 2}"
ARRAYS = "train.data={arrays: a.npz, batch_size: 2}"
TEXT = "train.data={text: t.csv, length: 2}"
CSV = ("--set", "train.data.batch_size=2")


@pytest.mark.parametrize(
    ("text", "given", "said", "help"),
    [
        (b"", CSV, "t.csv: it is empty", "begins with the names of its columns"),
        (b"\n \n\n", CSV, "t.csv: column 1 has no name", "replace the file"),
        (b"\n\n", CSV, "t.csv: it is empty", "begins with the names of its columns"),
        (b"a,b,kind\n", CSV, "t.csv: it has no rows", "a row below the names"),
        (ROWS.encode("utf-16"), CSV, "it is in UTF-16, and tables are read in UTF-8", "iconv -f UTF-16 -t UTF-8"),
        (ROWS.encode("utf-16-be"), CSV, "it is in UTF-16, and tables", "iconv -f UTF-16 -t UTF-8"),
        (ROWS.encode("utf-32"), CSV, "it is in UTF-32, and tables", "iconv -f UTF-32 -t UTF-8"),
        (b"\n\n", ("--set", LIST), "t.csv: it is empty", "begins with the names of its columns"),
        (ROWS.encode("utf-16"), ("--set", LIST), "it is in UTF-16, and lists are read in UTF-8", "iconv"),
        (ROWS.encode("utf-16"), ("--set", TEXT), "it is in UTF-16, and texts are read in UTF-8", "iconv"),
        (ROWS.encode(), ("--set", ARRAYS), "a.npz: it is empty: it holds no array", "numpy.savez(PATH, x_train=...)"),
        (ROWS.encode(), ("--set", "train.data.validation=0.01"), "holds no example out", "a number of examples"),
        (ROWS.encode(), ("--set", "train.data.validation=5"), "holds out all but one of 6", "at most `validation: 4`"),
        (ROWS.encode(), ("--set", "train.data.validation=6"), "holds out all of 6 examples", "two at least"),
        (b"a,b,kind\n" + b"1,2,x\n" * 9, CSV, "table has 1 class, the network gives [2]", "a second class"),
        (ROWS.encode(), ("--batch-size", "7"), "a batch of 7 is larger than the 6 rows", "`batch_size: 6`"),
    ],
)  # fmt: skip
def test_it_is_told_once_with_the_way_out(
    text: bytes, given: tuple[str, ...], said: str, help: str, netspec: Run
) -> None:
    Path("small.yaml").write_text(SPEC)
    Path("t.csv").write_bytes(text)
    np.savez("a.npz")
    code, _, err = netspec("train", "small.yaml", "--device", "cpu", *given)
    told = " ".join(err.split())
    assert code, err
    assert (said in told, help in told, told.count("error[")) == (True, True, 1), err
    assert not Path("runs").exists()


def test_a_first_blank_line_is_passed_over(netspec: Run) -> None:
    Path("small.yaml").write_text(SPEC)
    Path("t.csv").write_text("\n" + ROWS)
    assert netspec("train", "small.yaml", "--device", "cpu")[0] == 0


def test_classes_that_look_like_one_are_told(netspec: Run) -> None:
    Path("small.yaml").write_text(SPEC.replace("linear: 2", "linear: 4"))
    Path("t.csv").write_text("a,b,kind\n" + "1,2,x\n3,4,x \n5,6,X\n7,8,y\n" * 4)
    code, out, err = netspec("train", "small.yaml", "--device", "cpu")
    assert code == 0, err
    alike = "differ by the case of letters or by spaces alone: 'X' and 'x' and 'x '; give them one name"
    assert (out + err).count(alike) == 1
