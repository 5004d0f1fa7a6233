"""Whether batches of a recipe's size are ones that a network can learn from. Imports no torch."""

from __future__ import annotations

from netspec.diagnostics import Code, Diagnostic, NetspecError
from netspec.diagnostics.numbered import numbered
from netspec.frontend.problems import Places
from netspec.frontend.schema import SECTION
from netspec.graph import Graph, Node
from netspec.recipe.recipe import Recipe

_BATCH_SIZE = (SECTION, "data", "batch_size")


def check_known_batches(recipe: Recipe, graph: Graph, places: Places) -> None:
    """As `check_batches`, before data are read that are known to have so many examples, for one process.

    Where a share is held out of each class, only reading tells how many are left: then a batch may have as many as
    there are in all.
    """
    examples, held = recipe.data.known_examples, recipe.data.validation
    if examples is None or examples - held < 2:  # whoever holds them out tells of the latter
        return
    if isinstance(held, int):
        check_batches(recipe, lone_norms(graph), (examples - held, held), 1, places)
    else:
        check_batches(recipe, () if held else lone_norms(graph), (examples, 0), 1, places)


def lone_norms(graph: Graph) -> tuple[str, ...]:
    """The paths of normalisations over the batch that see one number of each example and channel."""
    return tuple(dict.fromkeys(node.path for node in graph.nodes.values() if _is_lone(node)))


def _is_lone(node: Node) -> bool:
    """Whether it normalises over the batch, and each example has but one number of each channel."""
    centring = node.layer.centring(node.input_shapes) if node.inputs else None
    if centring is None or not centring.over_batch:
        return False
    return all(node.input_shapes[0][axis] == 1 for axis in centring.axes)


def check_batches(
    recipe: Recipe, lone: tuple[str, ...], given: tuple[int, int], processes: int, places: Places
) -> None:
    """Make sure that there are images for a batch, and in it more than one for a normalisation over the batch.

    The variance of one number is 0, and torch refuses it. Norms whose statistics are frozen in every phase take it.

    Args:
        recipe: The recipe.
        lone: What `lone_norms` tells of its network.
        given: The examples to train on, and those for validation.
        processes: Those that share a batch.
        places: The places of the spec's values.

    Raises:
        NetspecError: NS0804: a batch is larger than the images to train on. NS0815: a process has a batch of one
            example that a norm cannot take.
    """
    batch, (images, held) = recipe.data.batch_size, given
    if batch > images:
        counted = numbered(images, recipe.data.counted.removesuffix("s"))
        message = f"a batch of {batch:,} is larger than the {counted} to train on"
        found = f"beside them {held:,} for validation" if held else None
        place, help = places.span(_BATCH_SIZE), f"write `batch_size: {images}` at `data`, or less"
        raise NetspecError.of(Code.DATA_MISMATCH, message, span=place, found=found, help=help)
    norm = lone_norm(lone, recipe)
    if norm is None or (recipe.sync_batch_norm and processes > 1):
        return
    last = recipe.data.learned(images) % batch
    each = f" for each of {processes} processes" if processes > 1 else ""
    if batch // processes <= 1:
        found, help = f"batches of {batch:,}{each}", f"`batch_size: {2 * processes}` or more"
    elif last and last // processes <= 1:
        found = f"{images:,} images in batches of {batch:,} leave a last one of {last:,}{each}"
        other = next(
            (size for size in range(batch - 1, 2 * processes - 1, -1) if _whole(images, size, processes)), None
        )
        help = f"`drop_last: true` at `data`{f', or `batch_size: {other}`' if other else ''}"
    else:
        return
    message = f"`{norm}` normalises each feature over the batch, and a batch would have one example"
    place = places.span(_BATCH_SIZE)
    raise NetspecError([Diagnostic(Code.LONE_EXAMPLE, message, place, found=found, help=f"write {help}")])


def lone_norm(lone: tuple[str, ...], recipe: Recipe) -> str | None:
    """The path of a normalisation that learns and cannot from one example; None where there is none."""
    frozen = [phase.frozen for phase in recipe.phases]
    return next((path for path in lone if not frozen or not all(each(path) for each in frozen)), None)


def _whole(images: int, batch: int, processes: int) -> bool:
    """Whether batches of a size leave no last one that gives a process one example."""
    return images % batch == 0 or images % batch // processes > 1
