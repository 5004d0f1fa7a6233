"""Names of strangers in pictures, tables and files: shown as they are or escaped, and no run is lost for them."""

import ast
import csv
import io
import json
import os
import warnings
from functools import wraps
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import netspec
from netspec.cli import run
from netspec.diagnostics.styled import printable, shortened
from netspec.training.keeping import run_log
from netspec.training.showing.pictures import of_run
from netspec.training.showing.pictures.confusion import confusion
from netspec.training.showing.pictures.curves import curves
from netspec.training.showing.pictures.precision_recall import precision_recall
from tests.recipe.data.sets import encoded, picture, write

NAMES = {
    "a price": ("$10_to_$20", "$10_to_$20"),
    "one dollar": ("cost$", "cost$"),
    "an open formula": (r"$\frac{1}{", r"$\frac{1}{"),
    "a formula": (r"$\alpha$", r"$\alpha$"),
    "TeX": (r"\input{/etc/passwd}", r"\input{/etc/passwd}"),
    "two lines": ("ant\nbee", r"ant\nbee"),
    "an escape": ("\x1b[31mred", r"\x1b[31mred"),
    "nothing": ("", ""),
    "no UTF-8": (os.fsdecode(b"caf\xe9"), r"caf\xe9"),
    "half a character": ("\ud800", r"\ud800"),
    "right to left": ("\u05d0\u05d1\u05d2", "\u05d0\u05d1\u05d2"),
    "turned round": ("\u202egnp.exe", r"\u202egnp.exe"),
    "no glyph": ("\U0001f41b \u72d7", "\U0001f41b \u72d7"),
    "a null": ("a\0b", r"a\x00b"),
    "long": ("x" * 100_000, None),
    "many marks": ("e" + "\u0301" * 5_000, None),
}


@pytest.fixture(scope="module", autouse=True)
def charts():
    """They are drawn."""


@pytest.mark.parametrize("case", NAMES)
def test_a_name_is_shown_as_it_is_or_escaped(case):
    name, wanted = NAMES[case]
    assert printable(name).isprintable()
    assert wanted is None or printable(name) == wanted
    assert len(shortened(name, 28)) <= 28
    printable(name).encode()


def texts(figure):
    from matplotlib.text import Text

    return figure.findobj(Text)


@pytest.fixture
def drawn(monkeypatch):
    """The texts of the figures that are written."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    found = []
    write_figure = FigureCanvasAgg.print_png

    @wraps(write_figure)  # its module's name has matplotlib leave out the options that it does not take
    def kept(self, *args, **options):
        write_figure(self, *args, **options)
        found.extend(texts(self.figure))

    monkeypatch.setattr(FigureCanvasAgg, "print_png", kept)
    return found


EPOCHS = [{"epoch": e, "loss": 3000.0 / 10**e, "learning_rate": 1e-5 * e, "accuracy": 0.5} for e in range(1, 5)]


@pytest.mark.parametrize("case", NAMES)
def test_no_text_is_taken_for_a_formula(case, drawn):
    name, _ = NAMES[case]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        png = confusion([[3, 1], [0, 2]], [name, "other"], title=name)
        curves(EPOCHS, title=name, loss_unit="$nats$")
    assert Image.open(io.BytesIO(png)).size[0] < 2_000
    assert len(drawn) > 20
    assert not any(text.get_parse_math() or text.get_usetex() for text in drawn)
    shown = [text.get_text() for text in drawn]
    assert any(shortened(name, 28) in text for text in shown)
    assert not any("mathdefault" in text for text in shown)


@pytest.mark.parametrize("name", ["$10_to_$20", r"\input{/etc/passwd}", "_hidden", "", "x" * 100_000])
def test_a_class_of_any_name_has_its_line(name, drawn):
    precision_recall({name: [1.0, 0.5], "other": [1.0, 0.0]}, 0.6, title=name)
    shown = [text.get_text().strip() for text in drawn]
    assert f"{shortened(name, 24)} 75.00%".strip() in shown
    assert "all 2 classes 62.50%" in shown
    assert not any(text.get_parse_math() or text.get_usetex() for text in drawn if text.get_text())


def test_settings_of_the_user_make_no_formulas(drawn):
    import matplotlib

    with matplotlib.rc_context({"text.usetex": True, "axes.formatter.use_mathtext": True}):
        confusion([[1, 0], [0, 1]], ["$a_$", "b"])
        curves(EPOCHS)
    assert not any(text.get_parse_math() or text.get_usetex() for text in drawn)


def test_figures_are_made_in_one_place():
    makers = ("figure.Figure", "pyplot", "plt")
    for file in Path(netspec.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("matplotlib"):
                named = [f"{node.module}.{alias.name}" for alias in node.names]
                assert file.name == "style.py" or not any(made in name for made in makers for name in named) or (
                    "TYPE_CHECKING" in file.read_text()
                )  # fmt: skip


SPEC = """\
netspec: 1
name: toy
input: [3, 12, 10]
layers: [flatten, {linear: 3}]
train:
  data: {folder: pictures, batch_size: 6}
  loss: cross_entropy
  optimizer: {sgd: 0.1}
  epochs: 2
"""
CLASSES = ("$10_to_$20", os.fsdecode(b"caf\xe9"), "two\nlines")
SHOWN = ["$10_to_$20", r"caf\xe9", r"two\nlines"]


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for part in ("train", "test"):
        for index, name in enumerate(CLASSES):
            for number in range(4):
                write(tmp_path / "pictures" / part / name / f"{number}.png", encoded(picture(10 * index + number)))
    (tmp_path / "toy.yaml").write_text(SPEC)
    return tmp_path


TRAIN = ["train", "toy.yaml", "--device", "cpu", "--out", "run"]


def test_a_run_whose_classes_are_named_so(home, capsys):
    assert run(TRAIN) == 0
    metrics = json.loads((home / "run/metrics.json").read_text())
    assert metrics["data"]["classes"] == SHOWN
    assert "undrawn" not in metrics
    assert {"curves.png", "confusion.png"} <= {path.name for path in (home / "run").iterdir()}
    table = list(csv.reader((home / "run/confusion.csv").open()))
    assert table[0] == ["class", *SHOWN]
    assert sum(int(number) for row in table[1:] for number in row[1:]) == 12
    assert run(["data", "toy.yaml", "--sheet", "sheet.png"]) == 0
    assert run(["eval", "run", "--device", "cpu"]) == 0
    assert run(["predict", "run", "pictures", "--device", "cpu", "--top", "3"]) == 0
    printed = capsys.readouterr()
    assert all(name in printed.out for name in SHOWN)
    assert "Traceback" not in printed.err


def test_a_run_is_not_lost_for_its_pictures(home, capsys, monkeypatch):
    def fails(*args, **options):
        raise ValueError("no such font\n\x1b[2J")

    with monkeypatch.context() as patched:
        patched.setattr(of_run, "confusion", fails)
        assert run(TRAIN) == 0
    printed = capsys.readouterr()
    assert r"note: confusion.png could not be drawn (ValueError: no such font\n\x1b[2J); `netspec" in printed.out
    assert "`netspec runs run --draw` tries again" in printed.out
    metrics = json.loads((home / "run/metrics.json").read_text())
    assert (metrics["state"], list(metrics["undrawn"])) == ("done", ["confusion.png"])
    assert (home / "run/last.safetensors").is_file()
    assert (home / "run/curves.png").is_file()
    assert not (home / "run/confusion.png").exists()
    with monkeypatch.context() as patched:
        patched.setattr(of_run, "confusion", fails)
        assert run(["runs", "run", "--draw"]) == 1
    printed = capsys.readouterr()
    assert "run: drew curves.png" in printed.out
    assert r"run: confusion.png could not be drawn: ValueError: no such font\n" in printed.err
    assert run(["runs", ".", "--draw", "--format", "json"]) == 1  # pictures/ is no run
    records = {each["run"]: each for each in json.loads(capsys.readouterr().out)}
    assert records["run"]["drawn"] == ["curves.png", "confusion.png"]
    assert "undrawn" not in json.loads((home / "run/metrics.json").read_text())


def test_what_is_drawn_again_is_what_was_drawn(home, capsys):
    assert run(TRAIN) == 0
    names = ("curves.png", "confusion.png")
    before = {name: np.array(Image.open(home / "run" / name)) for name in names}
    for name in names:
        (home / "run" / name).unlink()
    assert run(["runs", "run", "--draw"]) == 0
    assert "run: drew curves.png confusion.png" in capsys.readouterr().out
    for name in names:
        assert np.array_equal(np.array(Image.open(home / "run" / name)), before[name])


@pytest.mark.parametrize(
    "text", ["", "class,a\n", "class,a,b\na,1,2\nb,3\n", "class,a\na,-1\n", "class,a\na,x\n", "\0", "a" * 200_000, '"']
)
def test_counts_that_somebody_changed(tmp_path, text, capsys):
    (tmp_path / "run").mkdir()
    (tmp_path / "run/metrics.json").write_text('{"state": "done", "epochs": [], "data": {"classes": ["a"]}}')
    (tmp_path / "run/confusion.csv").write_text(text)
    assert run(["runs", str(tmp_path / "run"), "--draw"]) == 1
    told = capsys.readouterr().err
    assert "confusion.csv" in told
    assert "Traceback" not in told


def test_a_disk_that_refuses_a_picture_loses_no_run(tmp_path, monkeypatch):
    from netspec.diagnostics import Code, NetspecError
    from tests.training.test_visuals import told

    written = run_log.write_within

    def refuse(folder, name, content):
        if name.endswith(".png"):
            raise NetspecError.of(Code.FILE_UNWRITABLE, f"{name} cannot be written: no space left")
        written(folder, name, content)

    monkeypatch.setattr(run_log, "write_within", refuse)
    notes = []
    kept = run_log.Journal(tmp_path, note=notes.append)
    kept.draw(*told("done", 2), {}, [])
    assert notes == [
        "curves.png could not be drawn (curves.png cannot be written: no space left); "
        f"`netspec runs {tmp_path} --draw` tries again"
    ]
    assert json.loads((tmp_path / "metrics.json").read_text())["undrawn"] == {
        "curves.png": "curves.png cannot be written: no space left"
    }


def test_what_was_judged_is_told_whatever_becomes_of_its_picture(home, capsys, monkeypatch):
    from netspec.training.showing.pictures import confusion as module

    assert run(TRAIN) == 0
    write(home / "pictures/test/lost.png", encoded(picture()))
    capsys.readouterr()

    def fails(*args, **options):
        raise ValueError("no such font")

    monkeypatch.setattr(module, "confusion", fails)
    assert run(["eval", "run", "--device", "cpu", "--confusion", "c.png"]) == 1
    printed = capsys.readouterr()
    assert "test accuracy" in printed.out
    assert "c.png could not be drawn: ValueError: no such font" in printed.err
    told = " ".join(printed.out.split())
    assert "note: 1 image in pictures/test beside the folders of classes are left out: lost.png" in told
