"""Training in a notebook: a bar and curves in one output, drawn anew; a run that shows its pictures."""

from __future__ import annotations

import base64
import sys
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest

import netspec
from netspec.files.run_folder import CURVES
from netspec.training.keeping.metrics_file import Epoch
from netspec.training.showing import in_notebook
from netspec.training.showing.in_notebook import Notebook, curves_html, kernel_display

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)


def epoch(number: int, loss: float, accuracy: float = 0.5) -> Epoch:
    figures = {"loss": loss, "accuracy": accuracy}
    return Epoch(number, number * 10, figures, 0.1, 1.0, 100.0, {"loss": loss + 0.1, "accuracy": accuracy / 2})


class Cell:
    """A notebook's cell: its outputs as they are now."""

    def __init__(self) -> None:
        self.outputs: list[str] = []
        self.updates = 0

    def display(self, shown, *, display_id: bool):
        assert display_id
        at = len(self.outputs)
        self.outputs.append(shown._repr_html_())

        def update(other) -> None:
            self.updates += 1
            self.outputs[at] = other._repr_html_()

        return SimpleNamespace(update=update)


def test_one_output_has_the_bar_and_then_the_curves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(in_notebook, "_EVERY", 0.0)
    cell = Cell()
    shown = Notebook(cell.display)
    shown.note("<b>odd</b>")
    with shown.loading("torch"):
        assert "loading torch" in cell.outputs[0]
    with shown:
        shown.begin(1, 2, 10, "windows")
        shown.step(4, {"loss": 1.5, "accuracy": 0.25}, 1234.0, 61.0)
        assert '<progress value="4" max="10">' in cell.outputs[0]
        assert "epoch 1/2" in cell.outputs[0]
        assert "0:01:01 left  loss 1.5000  accuracy 25.00%  1,234 windows/s" in cell.outputs[0]
        shown.end(epoch(1, 1.5), 2)
        shown.begin(2, 2, 10, "windows")
        shown.end(epoch(2, 1.0), 2)
    shown.result("test accuracy 98.00%\nweights are in a<b")
    (last,) = cell.outputs
    assert "progress" not in last
    assert "&lt;b&gt;odd&lt;/b&gt;" in last
    assert last.count("<polyline") == 4
    assert last.endswith("<div>test accuracy 98.00%</div><div>weights are in a&lt;b</div>")
    assert "validation: loss 1.1000" in last


def test_steps_are_shown_a_few_times_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(in_notebook, "_EVERY", 1e6)
    cell = Cell()
    shown = Notebook(cell.display)
    with shown:
        shown.begin(1, 1, 1000, "images")
        before = cell.updates
        for done in range(1000):
            shown.step(done, {"loss": 1.0}, 1.0, 1.0)
    assert cell.updates == before + 1  # its end


def test_the_curves_are_svg_within_their_panels() -> None:
    html = curves_html([epoch(at, 1.0 / at, 1 - 0.5 / at) for at in range(1, 2001)] + [epoch(2001, float("nan"))])
    svg = ElementTree.fromstring(html[: html.index("</svg>") + 6])
    width, height = float(svg.get("width")), float(svg.get("height"))
    lines = [each for each in svg if each.tag == "polyline"]
    assert len(lines) == 4
    for line in lines:
        points = [tuple(map(float, pair.split(","))) for pair in line.get("points").split()]
        assert 100 < len(points) <= 400
        assert all(0 <= x <= width and 0 <= y <= height for x, y in points)
    assert "nan" not in lines[0].get("points")
    assert curves_html([]) == ""


def test_a_figure_that_never_was_a_number_has_an_empty_panel() -> None:
    html = curves_html([Epoch(1, 1, {"loss": float("nan")}, 0.1, 1.0, 1.0)])
    assert "<polyline" not in html
    assert ">loss<" in html


def test_a_kernel_is_told_from_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: None))
    assert kernel_display() is None
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: SimpleNamespace()))
    assert kernel_display() is None  # a terminal's IPython has no kernel
    monkeypatch.delitem(sys.modules, "IPython")
    assert kernel_display() is None


METRICS = {"state": "done", "epochs": [{"epoch": 1, "loss": 0.5}], "recipe": {}, "test_loss": 0.25}


def test_a_run_shows_the_pictures_in_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(netspec.Run, "_told", lambda self: "told")
    (tmp_path / CURVES).write_bytes(PNG)
    page = netspec.Run(tmp_path, METRICS)._repr_html_()
    assert base64.b64encode(PNG).decode() in page
    assert "figures by epoch" in page
    assert "confusion" not in page


def test_what_is_no_picture_and_what_is_a_link_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(netspec.Run, "_told", lambda self: "told")
    (tmp_path / "secret.png").write_bytes(PNG)
    run = tmp_path / "run"
    run.mkdir()
    (run / CURVES).write_text("<svg onload=alert(1)>")
    (run / "confusion.png").symlink_to(tmp_path / "secret.png")
    page = netspec.Run(run, METRICS)._repr_html_()
    assert "<img" not in page
    assert "0.5000" in page
