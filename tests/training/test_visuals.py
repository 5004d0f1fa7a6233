"""A run's pictures and events: what is on them, and that they are whole."""

import io
import itertools
import math
from contextlib import closing, contextmanager
from itertools import pairwise

import numpy as np
import pytest
import torch
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from netspec.diagnostics import Code, NetspecError
from netspec.recipe.loggers import event_files as events_module
from netspec.recipe.loggers.event_files import Events
from netspec.training.keeping import run_log
from netspec.training.keeping.metrics_file import Epoch
from netspec.training.keeping.run_log import Journal
from netspec.training.showing.pictures import style
from netspec.training.showing.pictures.confusion import confusion
from netspec.training.showing.pictures.curves import curves


@pytest.fixture(scope="module", autouse=True)
def charts():
    """They are drawn."""


def epochs(count=6, **more):
    return [
        {
            "epoch": e, "step": 40 * e, "loss": 2.0 / e, "accuracy": 1 - 0.5 / e, "learning_rate": 0.01 / e,
            "seconds": 1.0, "images_per_second": 100.0, "validation_loss": 2.2 / e, "validation_accuracy": 1 - 0.6 / e,
            "validation_top5_error": 0.1 / e, **more,
        }
        for e in range(1, count + 1)
    ]  # fmt: skip


@pytest.fixture
def drawn(monkeypatch):
    """The matplotlib figures that are made."""
    found = []
    make = style.figure

    @contextmanager
    def kept(*size):
        with make(*size) as figure:
            found.append(figure)
            yield figure

    for module in ("curves", "confusion"):
        monkeypatch.setattr(f"netspec.training.showing.pictures.{module}.figure", kept)
    return found


def pixels(png):
    image = Image.open(io.BytesIO(png))
    image.load()
    assert image.format == "PNG"
    return image


def panels(figure):
    return {axes.get_ylabel(): axes for axes in figure.axes if axes.get_visible()}


def test_curves(drawn):
    pixels(curves(epochs(), title="net-1", loss_unit="nats", best=4))
    (figure,) = drawn
    found = panels(figure)
    assert set(found) == {"loss (nats)", "accuracy (%)", "top-5 error (%)", "learning rate"}
    lines = {line.get_label(): line.get_ydata() for line in found["accuracy (%)"].get_lines()}
    assert list(lines["training"]) == pytest.approx([100 * (1 - 0.5 / e) for e in range(1, 7)])
    assert list(lines["validation"]) == pytest.approx([100 * (1 - 0.6 / e) for e in range(1, 7)])
    assert list(lines["best epoch, 4"]) == [0, 1]
    assert list(found["learning rate"].get_lines()[0].get_ydata()) == pytest.approx([0.01 / e for e in range(1, 7)])
    assert {axes.get_xlabel() for axes in found.values()} == {"epoch", ""}
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["training", "validation", "best epoch, 4"]
    assert figure.get_suptitle() == "net-1"


def test_curves_of_one_epoch_and_of_figures_without_values(drawn):
    pixels(curves(epochs(1)))
    pixels(curves([{"epoch": 1, "loss": 0.5, "psnr": None, "learning_rate": 0.1}]))
    assert list(panels(drawn[1])) == ["loss", "learning rate"]
    pixels(curves([{"epoch": 1, "loss": math.nan, "learning_rate": 0.1}]))


def test_a_loss_over_decades_is_drawn_on_a_logarithmic_axis(drawn):
    rows = [{"epoch": e, "loss": 10.0**-e, "learning_rate": 0.1} for e in range(1, 5)]
    curves(rows)
    curves(epochs())
    assert [panels(each)[label].get_yscale() for each, label in zip(drawn, ("loss", "loss"), strict=True)] == [
        "log",
        "linear",
    ]


def test_rates_of_every_step(drawn):
    curves(epochs(2), rates=[(step / 10, step / 100) for step in range(20)])
    assert len(panels(drawn[0])["learning rate"].get_lines()[0].get_xdata()) == 20


def test_confusion(drawn):
    pixels(confusion([[8, 2, 0], [1, 4, 0], [0, 0, 0]], ["cat", "dog", "owl"], title="pets-1"))
    (figure,) = drawn
    axes = figure.axes[0]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("predicted class", "true class")
    assert [label.get_text() for label in axes.get_yticklabels()] == ["cat", "dog", "owl"]
    assert {(text.get_position(), text.get_text()) for text in axes.texts} == {
        ((0, 0), "8"), ((1, 0), "2"), ((0, 1), "1"), ((1, 1), "4"),
    }  # fmt: skip
    np.testing.assert_allclose(axes.images[0].get_array(), [[0.8, 0.2, 0], [0.2, 0.8, 0], [0, 0, 0]])
    assert figure.get_suptitle() == "pets-1\n80.00% of 15 on the diagonal"


@pytest.mark.parametrize(("count", "named", "numbered"), [(2, True, True), (100, True, False), (200, False, False)])
def test_confusion_of_any_number_of_classes(drawn, count, named, numbered):
    names = [f"a rather long name of a class {index}" for index in range(count)]
    png = confusion(np.eye(count, dtype=int).tolist(), names)
    axes = drawn[0].axes[0]
    assert bool(axes.texts) == numbered
    assert any("rather long" in label.get_text() for label in axes.get_yticklabels()) == named
    assert max(pixels(png).size) < 3500
    if named and not numbered:  # the rows' names do not run into each other
        drawn[0].canvas.draw()
        boxes = [label.get_window_extent() for label in axes.get_yticklabels()]
        heights = [above.y0 - below.y1 for above, below in pairwise(boxes)]
        assert min(heights) > -1


def test_confusion_of_nothing():
    pixels(confusion([[0, 0], [0, 0]], ["cat", "dog"]))


def scalars(folder):
    found = EventAccumulator(str(folder), size_guidance={"scalars": 0})
    found.Reload()
    return {tag: [(event.step, event.value) for event in found.Scalars(tag)] for tag in found.Tags()["scalars"]}, found


def test_events(tmp_path):
    with closing(Events(tmp_path / "events")) as events:
        for row in epochs(2):
            events.epoch(row["step"], row)
        events.picture(80, "confusion", confusion([[1, 0], [0, 1]], ["cat", "dog"]))
    found, all_events = scalars(tmp_path / "events")
    assert found["accuracy/training"] == [(40, 0.5), (80, 0.75)]
    assert found["loss/validation"] == [(40, pytest.approx(2.2)), (80, pytest.approx(1.1))]
    assert found["run/learning_rate"][1] == (80, pytest.approx(0.005))
    assert "epoch/training" not in found
    assert all_events.Tags()["images"] == ["confusion"]


@pytest.mark.parametrize("number", [0, 9, 99_999])
def test_events_of_a_run_that_is_taken_up_again(tmp_path, monkeypatch, number):
    """What a killed process wrote after its last checkpoint is hidden by what follows, in the same second too."""
    monkeypatch.setattr(events_module, "_NUMBER", itertools.count(number))
    with closing(Events(tmp_path)) as events:
        for step in (1, 2, 3):
            events.epoch(step, {"loss": 1.0})
    with closing(Events(tmp_path, resumed=2)) as events:
        events.epoch(2, {"loss": 2.0})
    assert scalars(tmp_path)[0]["loss/training"] == [(1, 1.0), (2, 2.0)]


def test_without_tensorboard_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.setattr(events_module, "find_spec", lambda name: None)
    with closing(Events(tmp_path / "events")) as events:
        events.epoch(1, {"loss": 1.0})
        events.picture(1, "confusion", b"")
    assert not (tmp_path / "events").exists()


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(NetspecError) as caught:
        Events(tmp_path / "file" / "events").epoch(1, {"loss": 1.0})
    assert caught.value.diagnostics[0].code is Code.FILE_UNWRITABLE


def told(state, count):
    """What a run writes after so many epochs."""
    rows = [
        Epoch(
            e, 40 * e, {"loss": 2.0 / e, "accuracy": 1 - 0.5 / e}, 0.01, 1.0, 100.0, {"loss": 2.2 / e, "accuracy": 0.5}
        )
        for e in range(1, count + 1)
    ]
    metrics = {
        "state": state,
        "best": {"epoch": count},
        "steps": 40 * count,
        "recipe": {"loss": {"cross_entropy": None}},
        "data": {"classes": ["cat", "dog"]},
    }
    return metrics, rows


def test_pictures_are_drawn_while_a_run_goes_on_but_not_all_the_time(tmp_path, drawn, monkeypatch):
    shown = Journal(tmp_path)
    shown.draw(*told("running", 1), {}, [])
    assert not (tmp_path / "curves.png").exists()
    monkeypatch.setattr(run_log, "_DRAW_EVERY", 0.0)
    shown.draw(*told("running", 2), {}, [])
    first = (tmp_path / "curves.png").read_bytes()
    monkeypatch.setattr(run_log, "_DRAW_EVERY", 1e9)
    shown.draw(*told("running", 3), {}, [])
    assert (tmp_path / "curves.png").read_bytes() == first
    shown.draw(*told("done", 3), {"": torch.tensor([[2, 1], [0, 1]])}, [])
    assert (tmp_path / "curves.png").read_bytes() != first
    pixels((tmp_path / "confusion.png").read_bytes())
    assert "loss (nats)" in panels(drawn[-2])
    assert drawn[-1].get_suptitle().startswith(tmp_path.name)


def test_without_matplotlib_there_are_no_pictures(tmp_path, monkeypatch):
    monkeypatch.setattr(run_log, "find_spec", lambda name: None)
    shown = Journal(tmp_path)
    shown.draw(*told("done", 1), {"": torch.eye(2, dtype=torch.int64)}, [])
    shown.close()
    assert [path.name for path in tmp_path.iterdir() if path.suffix != ".csv"] == []
