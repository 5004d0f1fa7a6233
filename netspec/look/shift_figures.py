"""The figures and the report of an image that was changed step by step, for one network or for two."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netspec.look.drawing import draw
from netspec.look.figures import Chart, Charts, Curve, Figure, Panel, Panels
from netspec.report import document as doc
from netspec.report.sheet import Sheet
from netspec.report.writers import written

if TYPE_CHECKING:
    from netspec.look.shifting import Moved


def figures(made: Sequence[Moved]) -> list[Figure]:
    """The curve over the steps, and the network's own pictures of the first, the middle and the last."""
    done, words, one = made[0].words
    many = len(made) > 1
    charts = []
    if any(each.scores for each in made):
        named = [each for each in made if each.scores]
        curves = [Curve(_name(each, made), each.scores) for each in named]
        unit = (
            f"probability of {named[0].class_name}" if len({each.class_name for each in named}) == 1 else "probability"
        )
        charts.append(Chart(curves, unit, limits=(-0.02, 1.02)))
    apart = [value for each in made for found in each.maps.values() for value in found if not math.isnan(value)]
    most = max(apart, default=0.0)
    for each in made:
        if each.maps:
            curves = [Curve(f"{layer} (stride {each.strides[layer]})", found) for layer, found in each.maps.items()]
            shown = f"maps of {_name(each, made)}" if many else "difference of maps"
            alone = len(each.maps) == 1 and not many
            unit = f"maps of {next(iter(each.maps))}" if alone else shown  # a curve alone has no key
            charts.append(Chart(curves, unit, limits=(-0.03 * (most or 1.0), 1.03 * (most or 1.0))))
    told = [f"{_name(each, made)} {_change(each)} for a {one}" for each in made if each.scores]
    places = [str(step) for step in range(made[0].steps + 1)]
    lines = [f"mean change of the probability: {'; '.join(told)}"] if told else []
    if any(each.maps for each in made):
        lines.append("maps: the difference from the moved map, as a share of its mean; none where a border is seen")
    curve = Charts(
        name="shift",
        title=f"{' and '.join(_name(each, made) for each in made)}: {made[0].image} {done}",
        subtitle="\n".join(lines),
        places=places,
        axis=words,
        charts=charts,
        facts={_name(each, made): each.per_step for each in made},
    )
    panels = [Panel(f"{step} {words}", image) for step, image in made[0].pictures]
    title = f"{made[0].image} {done}, as {made[0].name} takes it"
    return [curve, Panels(name="shift-images", title=title, panels=panels, columns=len(panels))]


def page(made: Sequence[Moved]) -> str:
    """Curve, pictures and numbers as one page that stands alone, in the reader's light or dark colours."""
    told = report(made, ())
    return written(doc.Document(told.title, lambda: parts(made), told.data, told.sheet), "html")


def parts(made: Sequence[Moved]) -> Iterator[doc.Part]:
    """Curve, pictures and numbers."""
    for each in figures(made):
        yield doc.Picture(each.title, draw(each, "light"), draw(each, "dark"))
    yield from report(made, ()).parts()


def _name(each: Moved, made: Sequence[Moved]) -> str:
    """The network's name, with its place where two are called alike."""
    alike = [other for other in made if other.name == each.name]
    return each.name if len(alike) == 1 else f"{each.name} {1 + [id(other) for other in alike].index(id(each))}"


def _change(each: Moved) -> str:
    return "-" if each.per_step is None else f"{each.per_step:.4f}"


def report(made: Sequence[Moved], files: Sequence[Path]) -> doc.Document:
    """The numbers of each step, the mean changes, and the files."""
    done, words, one = made[0].words
    titles = [words]
    columns: list[Sequence[float]] = []
    for each in made:
        head = f"{_name(each, made)} " if len(made) > 1 else ""
        if each.scores:
            titles.append(f"{head}P({each.class_name})")
            columns.append(each.scores)
        for layer, values in each.maps.items():
            titles.append(f"{head}{layer}")
            columns.append(values)

    def parts() -> Iterator[doc.Part]:
        yield doc.Caption(_name(made[0], made), "Model", f"  {made[0].image} {done}")
        rows = [[str(step), *(_shown(column[step]) for column in columns)] for step in range(made[0].steps + 1)]
        yield doc.Table([doc.Column(title, numeric=True) for title in titles], list(map(doc.Row, rows)))
        facts = []
        for each in made:
            facts.append((f"Weights of {_name(each, made)}", each.weights))
            if each.scores:
                facts.append((f"Mean change for a {one}, {_name(each, made)}", _change(each)))
        facts += [("File", str(file)) for file in files]
        yield doc.Totals(doc.columns(("Shift", "")), list(map(doc.Row, facts)))
        if any(each.maps for each in made):
            yield doc.Notes(
                [
                    "Below a layer's name: how far its map of the moved image is from its moved map, where no border "
                    "is seen, as a share of the map's mean; between multiples of its stride that is interpolated."
                ]
            )

    return doc.Document(
        made[0].name,
        parts,
        lambda: _record(made, files),
        lambda: Sheet(
            titles, [[step, *(_plain(column[step]) for column in columns)] for step in range(made[0].steps + 1)]
        ),
    )


def _shown(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.4f}" if value else "0"


def _plain(value: float) -> float | None:
    return None if math.isnan(value) else value


def _record(made: Sequence[Moved], files: Sequence[Path]) -> dict[str, Any]:
    return {
        "image": made[0].image,
        "way": made[0].way,
        "steps": made[0].steps,
        "networks": [
            {
                "name": each.name,
                "weights": each.weights,
                "class": each.class_name or None,
                "probability": list(each.scores) or None,
                "mean_change": each.per_step,
                "maps": [
                    {
                        "layer": layer,
                        "stride": each.strides[layer],
                        "difference": list(map(_plain, values)),
                        "largest": each.largest(layer),
                    }
                    for layer, values in each.maps.items()
                ],
            }
            for each in made
        ],
        "files": [str(file) for file in files],
    }
