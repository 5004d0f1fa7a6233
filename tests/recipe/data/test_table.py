"""Tables: their columns as inputs and targets, and those that are refused."""

import csv
import os

import numpy as np
import pytest
import torch

from netspec.diagnostics import Code, NetspecError
from netspec.functional.fields import Slot
from netspec.functional.packing import unpacked
from netspec.recipe.data.learned import Learned
from netspec.training.feeding.samples import prepare
from tests.recipe.data.sets import dataset

CPU = torch.device("cpu")

ROWS = [("age", "port", "class", "fare", "alive")] + [
    (20 + 3 * i, "CQS"[i % 3], i % 2 + 1, 1.5 * i, ("yes", "no")[i % 4 == 0]) for i in range(20)
]


def table(path, rows=ROWS, sign=","):
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, delimiter=sign).writerows(rows)
    return path


def samples_of(path, slots=(), **options):
    return prepare(dataset({"table": str(path), "target": "alive", "test": 4, **options}), CPU, slots=slots)


def told(written, *words, code=Code.DATA_BROKEN):
    with pytest.raises(NetspecError) as raised:
        prepare(dataset(written), CPU)
    (found, *_) = raised.value.diagnostics
    text = f"{found.message} {found.help}"
    assert found.code is code
    for word in words:
        assert word in text, text
    return found


def test_numbers_are_standardised_on_what_is_learned_from_alone_and_categories_stay_0_and_1(tmp_path):
    samples = samples_of(table(tmp_path / "t.csv"), without="class", validation=4)
    inputs = samples.train.images
    assert samples.classes == ("no", "yes")
    assert samples.vocabulary == {"alive": ("no", "yes"), "port": ("C", "Q", "S")}
    assert inputs.shape == (12, 5)
    assert torch.allclose(inputs[:, [0, 4]].mean(0), torch.zeros(2), atol=1e-6)
    assert torch.allclose(inputs[:, [0, 4]].std(0, correction=0), torch.ones(2), atol=1e-6)
    assert set(inputs[:, 1:4].unique().tolist()) == {0, 1}
    assert (inputs[:, 1:4].sum(1) == 1).all()
    assert abs(float(samples.validation.images[:, 0].mean())) > 1e-3


def test_columns_go_to_inputs_by_name_and_categories_are_whole_numbers_where_the_network_takes_such(tmp_path):
    slots = (Slot("where", (2,), whole=True, below=3), Slot("numbers", (2,)))
    options = {"inputs": {"numbers": ["fare", "age"], "where": ["port", "class"]}, "encode": "integers"}
    samples = samples_of(table(tmp_path / "t.csv"), slots, categories="class", **options)
    where, numbers = unpacked(samples.train.images, samples.fields, slots)
    assert where.dtype == torch.int64
    assert {tuple(row) for row in where.tolist()} <= {(port, kind) for port in range(3) for kind in range(2)}
    assert torch.allclose(numbers.mean(0), torch.zeros(2), atol=1e-6)
    assert samples.vocabulary["class"] == ("1", "2")


def test_parquet_gives_what_csv_gives_and_a_folder_has_parts(tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    from pyarrow import csv as reader

    whole = samples_of(table(tmp_path / "t.csv"))
    parquet.write_table(reader.read_csv(tmp_path / "t.csv"), tmp_path / "t.parquet")
    assert torch.equal(samples_of(tmp_path / "t.parquet").train.images, whole.train.images)
    (tmp_path / "parts").mkdir()
    table(tmp_path / "parts" / "train.csv", ROWS[:15])
    table(tmp_path / "parts" / "test.tsv", ROWS[:1] + ROWS[15:], "\t")
    parts = prepare(dataset({"table": str(tmp_path / "parts"), "target": "alive"}), CPU)
    assert (len(parts.train), len(parts.test)) == (14, 6)


def test_what_targets_mean(tmp_path):
    path = str(table(tmp_path / "t.csv"))

    def targets(**options):
        samples = prepare(dataset({"table": path, "test": 4, **options}), CPU)
        return samples.train.targets, samples.classes

    values, classes = targets(target="fare")
    assert (values.shape, values.dtype, classes) == ((16, 1), torch.float32, ())
    assert targets(target=["fare", "age"])[0].shape == (16, 2)
    labels, classes = targets(target="class", targets="classes")
    assert (set(labels.tolist()), classes) == ({0, 1}, ("1", "2"))
    told({"table": path, "target": "age"}, "`age` holds whole numbers from 20 to 77", "targets: classes")
    told({"table": path, "target": ["fare", "port"]}, "`port` is one of several", "classes are one column")
    told({"table": path, "target": "port", "targets": "values"}, "holds texts")


def test_a_run_s_categories_are_taken_for_other_tables(tmp_path):
    learned = dataset({"table": str(table(tmp_path / "t.csv")), "target": "alive"})
    rows = [ROWS[0], (30, "S", 1, 2.0, "yes"), (40, "S", 2, 3.0, "yes")]
    other = dataset({"table": str(table(tmp_path / "u.csv", rows)), "target": "alive"})
    known = Learned(vocabulary=learned.load().vocabulary)
    found = other.like(known).own_parts()
    assert found.train.images[0].tolist() == [30, 0, 0, 1, 1, 2]
    assert found.train.targets.tolist() == [1, 1]
    table(tmp_path / "u.csv", [*rows, (50, "X", 1, 2.0, "yes")])
    with pytest.raises(NetspecError, match="`port` has 'X' in row 3, which is not learned"):
        other.like(known).own_parts()


def changed(row, column, value):
    rows = [list(each) for each in ROWS]
    rows[row][column] = value
    return rows


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (changed(5, 0, ""), ["values are missing: `age` in row 5", "without"]),
        (changed(5, 3, "nan"), ["values are missing: `fare` in row 5"]),
        (changed(5, 3, "inf"), ["row 5 of `fare` is inf"]),
        (changed(5, 3, "1e39"), ["row 5 of `fare` is 1e+39"]),
        (changed(5, 0, "old"), ["`age` holds numbers, and 'old' in row 5", "categories: [age]"]),
        (changed(0, 1, "age"), ["it has 2 columns `age`"]),
        (changed(0, 1, " "), ["column 2 has no name"]),
        ([*ROWS[:6], ROWS[6][:3], *ROWS[7:]], ["row 6 has 3 fields, its first row 5"]),
        ([*ROWS[:6], (*ROWS[6], 1)], ["row 6 has 6 fields"]),
        ([ROWS[0]], ["it has no rows"]),
        ([], ["it is empty"]),
        ([["a" * 140_000, *ROWS[0]]], ["its first row cannot be read as CSV (field larger"]),
        ([[f"c{i}" for i in range(20_000)]], ["it has 20,000 columns; up to 16,384"]),
        ([ROWS[0], *changed(5, 1, "x" * 5_000_000)[5:6]], ["`port` has a text of 5,000,000 signs"]),
        ([("\0", *ROWS[0][1:]), *ROWS[1:]], ["no column `age`"]),
        ([[";".join(map(str, row))] for row in ROWS], ["no column `alive`", "delimiter: ';'"]),
        (changed(5, 0, "2020-01-01")[:1] + [(f"2020-01-0{i}", *ROWS[i][1:]) for i in range(1, 6)], ["holds date32"]),
    ],
)
def test_broken_tables(tmp_path, rows, words):
    path = table(tmp_path / "t.csv", rows)
    told({"table": str(path), "target": "alive", "inputs": "age"} if "\0" in str(rows and rows[0][0])
         else {"table": str(path), "target": "alive"}, "t.csv", *words)  # fmt: skip


def test_what_is_no_table(tmp_path):
    told({"table": str(tmp_path / "none.csv"), "target": "a"}, "there is no table", code=Code.DATA_NOT_FOUND)
    told({"table": str(tmp_path), "target": "a"}, "holds no .csv", code=Code.DATA_NOT_FOUND)
    os.mkfifo(tmp_path / "p.csv")
    told({"table": str(tmp_path / "p.csv"), "target": "a"}, "it is a pipe and no file")
    told({"table": str(tmp_path), "target": "a"}, "it is a pipe and no file")
    (tmp_path / "q.parquet").write_bytes(b"PAR1 and no more")
    told({"table": str(tmp_path / "q.parquet"), "target": "a"}, "it cannot be read as Parquet")
    (tmp_path / "l.csv").write_bytes(b"a,b\n\xff\xfe,1\n")
    told({"table": str(tmp_path / "l.csv"), "target": "a"}, "it is no UTF-8", "save it as UTF-8")


def test_a_quote_that_is_never_closed_takes_no_rows_with_it(tmp_path):
    def asked(text, *words):
        (tmp_path / "t.csv").write_text(text, newline="")
        asked = {"table": str(tmp_path / "t.csv"), "target": "kind"}
        return told(asked, *words) if words else dataset(asked).own_parts()

    rows = "".join(f"{number},{'ab'[number % 2]}\n" for number in range(6))
    asked(f'size,kind\n1,"a\nb"\n2,"a\n{rows}', "line 4 opens a quote that is never closed", "close it")
    asked(f"size,kind\n1,a\0\n{rows}", "byte 13 of it is 0")
    # Quotes within a field, and doubled ones, are signs like others.
    assert asked(f'size,kind\n1,a 5" disk\n2,"say ""so"""\n{rows}').classes == ("a", 'a 5" disk', "b", 'say "so"')


def test_numbers_with_commas_are_no_categories(tmp_path):
    def asked(values, target="kind", **more):
        rows = [["size", "kind"], *([value, "ab"[row % 2]] for row, value in enumerate(values))]
        path = table(tmp_path / "t.csv", rows)
        return {"table": str(path), "target": target, **more}

    for values in (["6,5", "7,25"], ["1,200", "12,000,000"], ["1.200,5", "-3,5"]):
        told(
            asked(values), f"the column `size` holds '{values[0]}' in row 1: numbers have a point", "[size]` at `data`"
        )
        told(asked(values, "size"), "numbers have a point", "`targets: classes` at `data`")
        assert dataset(asked(values, "size", targets="classes")).own_parts().classes == tuple(sorted(values))
        assert dataset(asked(values, categories=["size"])).own_parts().train.images.shape == (2, 2)
    assert dataset(asked(["6,5 m", "a,b"])).own_parts().train.images.shape == (2, 2)  # texts


def test_a_parquet_of_few_bytes_cannot_become_much(tmp_path):
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    column = pa.array(np.zeros(1 << 25, np.float64))
    parquet.write_table(pa.table({"a": column, "b": column}), tmp_path / "big.parquet")
    told({"table": str(tmp_path / "big.parquet"), "target": "a"}, "it promises 33,554,432 rows")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"target": "a", "inputs": ["a", "b"]}, "`a` is an input, and a target, too"),
        ({"target": "a", "inputs": "b", "without": "b"}, "`b` is an input, and left out, too"),
        ({"target": "a", "resize": 8}, "`resize` is of images"),
        ({"target": "a", "delimiter": ";;"}, "one sign"),
        ({"target": []}, "`target` needs a column"),
        ({"target": {"one": 3}}, "a column by its name"),
    ],
)
def test_options_that_do_not_go_together(options, words):
    with pytest.raises(NetspecError) as raised:
        dataset({"table": "t.csv", **options})
    assert words in str(raised.value.diagnostics)


def test_columns_that_are_not_there(tmp_path):
    path = str(table(tmp_path / "t.csv"))
    for option in ("target", "inputs", "without", "categories"):
        found = told({"table": path, "target": "alive", option: "aeg"}, "it has no column `aeg`")
        assert found.path == ("train", "data", option)
        assert (found.help or "").startswith("did you mean `age`? it has `age`, `port`")
    told({"table": path, "target": ["age", "fare", "class"], "without": ["port", "alive"]}, "no column for the input")
