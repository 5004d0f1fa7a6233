"""A network held against the inputs and targets of data, read or known before. Imports no torch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from netspec.diagnostics import Code, Diagnostic, NetspecError
from netspec.frontend.problems import Places, Report
from netspec.frontend.problems import Problem as Refusal
from netspec.frontend.schema import SECTION
from netspec.graph import Graph
from netspec.recipe.augmented import augment_problems
from netspec.recipe.batch_sizes import check_known_batches
from netspec.recipe.data import DataSet
from netspec.recipe.data.encoded import Encoded
from netspec.recipe.fitting_detector import detector_misfits, is_of_boxes
from netspec.recipe.losses import PairLoss
from netspec.recipe.monitored import check_monitors
from netspec.recipe.objective import MAIN, Objective, objective_of
from netspec.recipe.objectives import Misfit, at_output, of_output
from netspec.recipe.output_losses import Losses
from netspec.recipe.placing import span_of
from netspec.recipe.recipe import Recipe
from netspec.recipe.tasks import Problem, TaskFacts, axes

_READ_IN = {1: "in gray", 3: "in colours"}
"""What files of images are read in, by their channels."""


def check_data(recipe: Recipe, graph: Graph, places: Places, remedy: str | None = None) -> None:
    """Make sure that a network fits what its data surely are: their images, their classes, the form of an example.

    Args:
        recipe: A recipe that `check_options` let pass.
        graph: Its network.
        places: The places of the spec's values.
        remedy: The change that makes the network give an answer for each image; None where it does.

    Raises:
        NetspecError: NS0804, a diagnostic for everything that does not fit; NS0801: augmentations or metrics that
            cannot be for such data.
    """
    check_known_batches(recipe, graph, places)
    if is_of_boxes(recipe, graph):
        refuse(of_data(recipe.data, detector_misfits(recipe, graph)), (), places)
        return
    check_inputs(recipe, graph, places)
    data = recipe.data
    if data.known_image is None or data.packs or data.named_inputs:
        return
    (taken,) = graph.inputs.values()
    shape = tuple(taken.shape)
    unfit, options = of_images(shape, data, data.known_image), []
    aim = _aim(recipe, graph, shape, remedy)
    if aim is not None:
        unfit, options = [*unfit, *of_data(data, aim.misfits())], aim.refused()
    for name, each in _aims_of_outputs(recipe, graph, shape).items():
        unfit += of_output(name, each.misfits())
        options += [replace(one, location=at_output(one.location, name)) for one in each.refused() if one.key]
    refuse(unfit, options, places)
    _check_augment(recipe, data.known_image, places)
    if aim is not None:
        aim.check(places)
        check_monitors(recipe, aim, bool(data.validation or data.brings_parts), places)


def _aim(recipe: Recipe, graph: Graph, shape: tuple[int, ...], remedy: str | None) -> Objective | None:
    """What the only loss is for, by the classes that the data surely have; None where they are yet to be read."""
    classes = recipe.data.known_classes
    if recipe.only_loss is None or classes is None:
        return None
    output = tuple((graph.outputs.get(MAIN) or next(iter(graph.outputs.values()))).shape)
    return objective_of(recipe, replace(_facts(recipe.data, shape, output, classes), remedy=remedy))


def _facts(data: DataSet, shape: tuple[int, ...], output: tuple[int, ...], classes: int) -> TaskFacts:
    """What is known of an output and the classes that it is to tell."""
    return TaskFacts(shape, output, classes, data=data.key, names=data.known_names, input_range=data.input_range)


def _aims_of_outputs(recipe: Recipe, graph: Graph, shape: tuple[int, ...]) -> Mapping[str, Objective]:
    """The same for each of several outputs that are compared with the one target of the data."""
    data = recipe.data
    if not isinstance(recipe.loss, Losses) or data.named_outputs or data.known_classes is None:
        return {}
    found: dict[str, Objective] = {}
    for name, (loss, task) in recipe.for_outputs().items():
        if not isinstance(loss, PairLoss):
            output = tuple(graph.outputs[name].shape)
            found[name] = objective_of(recipe, _facts(data, shape, output, data.known_classes), loss, task)
    return found


def check_inputs(recipe: Recipe, graph: Graph, places: Places) -> None:
    """Make sure that a network takes the examples that a kind of data gives, and that one output answers.

    Raises:
        NetspecError: NS0804: it takes several inputs, or whole numbers, and the data give one image; or it has other
            inputs than the recipe names; or several outputs have no main one. NS0801: something is asked for that is
            for images.
    """
    data, taken, outputs = recipe.data, graph.inputs, (*graph.outputs, *graph.side_outputs)
    unfit = of_data(data, _input_problems(data, list(taken)), "inputs" if data.named_inputs else None)
    if recipe.only_loss and len(outputs) > 1 and MAIN not in graph.outputs:
        what = f"the network has several outputs ({_listed(outputs)}); training needs to know which one answers"
        help = f"call that one `{MAIN}` under `outputs:`, or write a loss for each"
        unfit.append(((SECTION, "loss"), (what, help)))
    whole = next((each.dtype for each in taken.values() if not each.dtype.startswith("float")), None)
    if whole and not data.whole_numbers:
        unfit += of_data(data, [(f"the network takes {whole}; the images of {data.key} are float32", None)])
    options = []
    if data.packs or whole:
        what = f"is for images, and {data.key} gives other examples"
        asked = [key for key in ("augment", "first_layer", "test_time") if getattr(recipe, key)]
        options = [Refusal(Code.BAD_RECIPE, (SECTION, key), message=f"`{key}` {what}") for key in asked]
    refuse(unfit, options, places)


def _input_problems(data: DataSet, own: list[str]) -> Iterator[Problem]:
    """What is wrong where the recipe does not feed every input of the network, and no other."""
    named = data.named_inputs
    if not named and len(own) != 1:
        yield f"the network takes several inputs ({_listed(own)}); {data.key} gives one image", None
    lacking, strange = [name for name in own if name not in named], [name for name in named if name not in own]
    if named and (lacking or strange):
        wrong = f"has {_listed(strange)}" if strange else f"lacks {_listed(lacking)}"
        yield f"`inputs` of the data {wrong}, and the network takes {_listed(own)}", None


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _check_augment(recipe: Recipe, read: tuple[int, ...], places: Places) -> None:
    """Make sure that augmentations fit images, [C, H, W] as they are read, and each other."""
    report, shape = Report(places), recipe.data.shape
    for index, text, help in augment_problems(recipe.augment, read, shape, shape(read), mixable=True):
        report.add(Code.BAD_RECIPE, text, (SECTION, "augment", index), help=help)
    report.check()


def image_misfits(
    taken: tuple[int, ...], data: DataSet, read: tuple[int, ...], name: str | None = None
) -> list[Problem]:
    """The reasons why a network cannot take images of a data set.

    Args:
        taken: The shape of what the network takes.
        data: The data set.
        read: The shape of its images as they are read, [C, H, W].
        name: What gives the images, in place of the data set.
    """
    images, name = data.shape(read), name or data.key
    if images == taken:
        return []
    given = f"{name} gives" if images == read else f"{name}, resized and padded by the recipe, gives"
    return [(f"{given} images of {axes(images)}, the network takes {axes(taken)}", fitting_shape(read, taken, data))]


def of_images(taken: tuple[int, ...], data: DataSet, read: tuple[int, ...]) -> list[Misfit]:
    """The same, at the option that makes images of another size than they are read in, or else at the data."""
    sized = [name for name in ("resize", "crop", "pad") if any(getattr(data, name, None) or ())]
    return of_data(data, image_misfits(taken, data, read), sized[0] if data.shape(read) != read else None)


def of_data(data: DataSet, problems: Iterable[Problem], option: str | None = None) -> list[Misfit]:
    """Problems at an option of the data, or else where these are named."""
    return [((SECTION, "data", option or data.key), problem) for problem in problems]


def refuse(problems: Iterable[Misfit], options: Iterable[Refusal], places: Places) -> None:
    """Raise NS0804, a diagnostic for each problem, where there are any.

    Args:
        problems: The problems of network and data.
        options: Options of the recipe that do not fit.
        places: The places of the spec's values.
    """
    found = [
        Diagnostic(Code.DATA_MISMATCH, text, span_of(places, path), help=help, path=path)
        for path, (text, help) in problems
    ]
    report = Report(places)
    report.extend(options)
    if found := [*found, *report.told()]:
        raise NetspecError(found)


def fitting_shape(read: tuple[int, ...], wanted: tuple[int, ...], data: DataSet) -> str:
    """Advice on the changes by which images of the shape `read` have the shape `wanted`."""
    reads_files = isinstance(data, Encoded) and data.image is None
    other = f"write `input: {list(data.shape(read))}`"
    if len(wanted) == len(read) and wanted[0] != read[0] and reads_files and wanted[0] in _READ_IN:
        way, made = f"write `channels: {wanted[0]}` at `data`, which reads files {_READ_IN[wanted[0]]}", read[1:]
        if data.shape((wanted[0], *made)) == wanted:
            return f"{way}, or {other}"
        return f"{way}; and {fitting_shape((wanted[0], *made), wanted, data)}"
    if len(wanted) != len(read) or wanted[0] != read[0]:
        return f"{other}, or choose other data"
    size = data.resize or read[1:]
    missing = [there - here for there, here in zip(wanted[1:], size, strict=True)]
    inner = [there - 2 * pad for there, pad in zip(wanted[1:], data.pad, strict=True)]
    ways = []
    if all(pixels >= 0 and pixels % 2 == 0 for pixels in missing):
        ways.append(f"`pad: {_pixels([pixels // 2 for pixels in missing])}`")
    if all(pixels > 0 for pixels in inner):
        ways.append(f"`resize: {_pixels(inner)}`")
    ways = [f"write {' or '.join(ways)} at `data`"] if ways else []
    return ", or ".join([*ways, other])


def _pixels(pair: list[int]) -> str:
    """Two numbers as a recipe has them: a single one where they are equal."""
    return str(pair[0]) if pair[0] == pair[1] else str(pair)
