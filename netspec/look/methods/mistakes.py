"""A run's worst mistakes, and how sure it was of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import isfinite

from netspec.look.attributed import percent
from netspec.look.figures import Figure, Panel, Panels
from netspec.look.method import Method, Options
from netspec.look.mistakes import Mistakes, Said, find_mistakes
from netspec.look.opened import Opened, Seen
from netspec.recipe.tasks.classification import Classification

_SHOWN = 12


def _look(opened: Opened, images: Sequence[Seen], options: Options) -> Iterator[Figure]:
    """One figure of the surest mistakes; without a mistake, of what the network was least sure of."""
    made = find_mistakes(opened, _SHOWN)
    few, all_of = f"{made.judged:,}", made.judged == made.there
    where = (
        f"in {few} {made.part} images" if all_of else f"in {few} of {made.there:,} {made.part} images, evenly spread"
    )
    what = "its probability" if made.shares else "the lead of its score"
    worst = f"The {len(made.worst)} surest of {made.count:,} mistakes" if made.count > 1 else "The only mistake"
    yield Panels(
        name="mistakes",
        title=worst if made.count else f"No mistake; the {len(made.worst)} answers that were least sure",
        subtitle=f"{where}: the class, what was said, and {what}",
        panels=[Panel(_caption(opened, made, each), opened.picture(each.inputs)) for each in made.worst],
        columns=4 if len(made.worst) > 3 else None,
        facts={
            "mistakes": made.count,
            "judged": made.judged,
            "there": made.there,
            "shown": [
                {
                    "class": opened.class_name(each.true),
                    "said": opened.class_name(each.said),
                    "sure": each.sure if isfinite(each.sure) else None,
                }
                for each in made.worst
            ],
        },
    )


def _caption(opened: Opened, made: Mistakes, each: Said) -> str:
    sure = percent(each.sure) if made.shares else f"by {each.sure:.3g}"
    return f"{opened.class_name(each.true)}: said {opened.class_name(each.said)}, {sure}"


def _fits(opened: Opened, images: Sequence[Seen]) -> str:
    told = opened.loss is not None and opened.loss.takes_classes() and opened.task in (None, Classification.key)
    return "" if told else "needs images that have a class each"


METHOD = Method("the surest mistakes of a run among its test images", _look, target=True, data=True, fits=_fits)
