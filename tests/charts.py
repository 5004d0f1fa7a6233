"""Charts of runs are laid out in tests, and left blank: to draw them takes several times as long as small trainings do.

A module that looks at them has a fixture `charts` of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import pytest


@pytest.fixture(scope="module", autouse=True)
def charts() -> Iterator[None]:
    if find_spec("matplotlib") is None:
        yield
        return
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from PIL import Image

    def saved(drawn: Any, stream: Any, **_: Any) -> None:
        Image.new("L", tuple(round(each * drawn.dpi) for each in drawn.get_size_inches()), 255).save(stream, "PNG")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Figure, "savefig", saved)
        patched.setattr(FigureCanvasAgg, "print_png", lambda canvas, stream, **_: saved(canvas.figure, stream))
        yield
