"""A network as papers draw it: a table of its stages, and beside it each distinct block once.

Calls of a block that are alike but for numbers are drawn as one, their numbers told by the block's arguments. Of a
block with many arguments, as GoogLeNet's inceptions have, a table below its drawing tells those of each call.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import sqrt

from netspec.analysis import Analysis
from netspec.picture import captions
from netspec.picture.block_forms import Form, Forms
from netspec.picture.block_scene import block_scenes
from netspec.picture.drawing import Direction, Drawing, Rect, Table
from netspec.picture.folding import Folding
from netspec.picture.layout import MARGIN, layout
from netspec.picture.scene import Chain, Scene
from netspec.picture.stages import Stage, Stages, outside_blocks, told
from netspec.picture.tables import Column, table
from netspec.report.numbers import compact

APART = 24.0
"""The space between the table, the blocks, and their own tables."""


def blocks(analysis: Analysis, direction: Direction = "down", show: Sequence[str] = ("kernel", "shapes")) -> Drawing:
    """The drawing of a network's stages and blocks.

    Args:
        analysis: The network, analysed.
        direction: Where the data inside blocks flow to.
        show: The lines of each box: names of `captions.ROWS`.
    """
    folding = Folding(analysis.graph)
    parts = list(outside_blocks(analysis.graph.root, folding))
    forms = Forms(analysis.graph, folding, [part for part in parts if not isinstance(part, str)])
    stages = Stages(analysis, forms, parts)
    drawn = zip(forms.all, block_scenes(analysis, forms, show), strict=True)
    panels = [_panel(layout(shown, direction), form, stages) for form, shown in drawn]
    main = _stage_table(analysis, stages)
    places = _packed(main.rect, [(panel.width, panel.height) for panel in panels])
    placed = list(zip(panels, places, strict=True))
    moved = [_moved(panel, x, y) for panel, (x, y) in placed]
    scenes = [panel.scene for panel in panels]
    whole = Scene(
        name=analysis.graph.name,
        level=0,
        root=Chain(tuple([part for scene in scenes for part in scene.root.parts])),
        complete=True,
        boxes=tuple([box for scene in scenes for box in scene.boxes]),
        edges=tuple([edge for scene in scenes for edge in scene.edges]),
    )
    return Drawing(
        scene=whole,
        direction=direction,
        width=max([main.rect.width + 2 * MARGIN, *(x + each.width for each, (x, _) in placed)]),
        height=max([main.rect.height + 2 * MARGIN, *(y + each.height for each, (_, y) in placed)]),
        boxes=tuple([rect for panel in moved for rect in panel.boxes]),
        frames=tuple([frame for panel in moved for frame in panel.frames]),
        lines=tuple([line for panel in moved for line in panel.lines]),
        tables=(main.moved(MARGIN, MARGIN), *(each for panel in moved for each in panel.tables)),
    )


def _stage_table(analysis: Analysis, stages: Stages) -> Table:
    """The table of stages, below the inputs, with the network's sums as its foot."""
    inputs = [(name, captions.size(each.shape)) for name, each in analysis.graph.inputs.items()]
    rows = [(name, "", "", "", "", shape, "") for name, shape in inputs] + [
        (
            row.name,
            f"{row.what} (training)" if row.aside else row.what,
            row.arguments,
            f"×{row.times}" if row.times > 1 else "",
            row.taken,
            row.shape,
            compact(row.params),
        )
        for row in stages.all
    ]
    heads = {
        "stage": False,
        "block": False,
        "arguments": False,
        "": True,
        "takes": False,
        "output": True,
        "params": True,
    }
    columns = [Column(head, [row[at] for row in rows], ends) for at, (head, ends) in enumerate(heads.items())]
    data = [(("path", f"input:{name}"),) for name, _ in inputs] + [_data(row) for row in stages.all]
    faint = [False] * len(inputs) + [row.aside for row in stages.all]
    outputs = ", ".join([captions.size(value.shape) for value in analysis.graph.outputs.values()])
    foot = ("total", "", "", "", "", outputs, compact(analysis.weights.total.params))
    return table(columns, data, faint, foot)


def _data(row: Stage) -> tuple[tuple[str, str], ...]:
    """What a stage stands for."""
    params = "unknown" if row.params is None else str(row.params)
    line = (("line", str(row.line)),) if row.line is not None else ()
    return ("path", row.name), ("params", params), ("times", str(row.times)), ("layers", str(len(row.keys))), *line


def _panel(drawing: Drawing, form: Form, stages: Stages) -> Drawing:
    """A block's drawing; below the first of a block's forms the table of its calls, where it has one."""
    rows = [row for row in stages.all if row.calls and stages.forms.label(row.calls[0]) == form.label]
    if form.letter not in ("", "a") or not stages.tabled(form.label):
        return drawing
    names = stages.telling(form.label)
    columns = [Column("stage", [row.name for row in rows])]
    columns += [Column(name, [told(row.calls, name) for row in rows], numbers=True) for name in names]
    made = table(columns, [(("path", row.name),) for row in rows]).moved(MARGIN, drawing.height - MARGIN + APART / 2)
    width = max(drawing.width, made.rect.width + 2 * MARGIN)
    return replace(drawing, width=width, height=made.rect.y + made.rect.height + MARGIN, tables=(made,))


def _packed(first: Rect, sizes: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Places in columns beside a table, from the top; columns are about as high as the table."""
    area = sum(width * height for width, height in sizes)
    high = max([first.height, sqrt(area), *(height for _, height in sizes)])
    x, y, wide = first.width + APART, 0.0, 0.0
    places = []
    for width, height in sizes:
        if y and y + height > high:
            x, y, wide = x + wide, 0.0, 0.0
        places.append((x, y))
        y += height
        wide = max(wide, width)
    return places


def _moved(drawing: Drawing, x: float, y: float) -> Drawing:
    def placed(rect: Rect) -> Rect:
        return replace(rect, x=rect.x + x, y=rect.y + y)

    return replace(
        drawing,
        boxes=tuple(map(placed, drawing.boxes)),
        frames=tuple(
            [(f, placed(rect), tuple([(t, a + x, b + y) for t, a, b in labels])) for f, rect, labels in drawing.frames]
        ),
        lines=tuple([tuple([(a + x, b + y) for a, b in line]) for line in drawing.lines]),
        tables=tuple([each.moved(x, y) for each in drawing.tables]),
    )
