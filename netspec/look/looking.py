"""Looking at a network: the methods that fit it, their figures, and the files that these become."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from netspec.diagnostics import Code, Diagnostic, NetspecError
from netspec.diagnostics.arguments import Device, typed
from netspec.diagnostics.nearmiss import unknown
from netspec.driver.spec import Spec
from netspec.files.destination import make_folder, refused
from netspec.files.writing import write_atomic, write_within
from netspec.look.drawing import draw
from netspec.look.figures import Figure
from netspec.look.method import Options
from netspec.look.methods import method_named, methods
from netspec.look.opened import Opened, Seen
from netspec.look.opening import open_network
from netspec.training.judging.image_inputs import image_files

ALL = "all"
"""The name of all methods that fit."""
PAGES = (".html", ".htm")
MOST_IMAGES = 256
"""The most images that are looked at together."""
MOST_FIGURES = 64
"""The most figures of a method."""
_OF_DATA = (Code.DATA_NOT_FOUND, Code.DATA_BROKEN, Code.DATA_MISMATCH)
"""Codes of errors for which a method that nobody asked for is left out."""
_EACH = 8
"""The most images of which each gets figures of its own."""


@dataclass(frozen=True, slots=True, repr=False)
class Looked:
    """What was seen in a network.

    Attributes:
        name: The network's name.
        weights: The origin of its weights, in words.
        files: The files of the images.
        figures: The figures, each behind the name of its method, in the order of the methods.
        notes: What was left out, in sentences.
    """

    name: str
    weights: str
    files: tuple[Path, ...]
    figures: tuple[tuple[str, Figure], ...]
    notes: tuple[str, ...] = ()

    def save(self, out: str | Path, *, theme: str = "light") -> list[Path]:
        """Draw the figures: into a folder, as a page if `out` ends in ``.html``, or the only one as ``.png``.

        Args:
            out: The place; a folder is made where there is none.
            theme: ``light`` or ``dark``; a page has both.

        Returns:
            The files, in the order of the figures; the page alone, of a page.

        Raises:
            NetspecError: NS0903: it cannot be written, or it is to be one picture and there are several. NS0925: a
                link stands in the folder.
        """
        path = Path(out)
        if path.suffix.lower() in PAGES:
            from netspec.look.page import page

            write_atomic(path, page(self))
            return [path]
        if path.suffix.lower() == ".png":
            if len(self.figures) != 1:
                help = "name a folder, or a page, .html; or ask for less with --show and --layer"
                raise refused(path, f"there are {len(self.figures)} pictures", help)
            write_atomic(path, draw(self.figures[0][1], theme))
            return [path]
        make_folder(path)
        files = []
        for name in self.file_names():
            if any(_is_same(path / name, image) for image in self.files):
                raise refused(path / name, "it is one of the images", "name another folder")
        for name, (_, figure) in zip(self.file_names(), self.figures, strict=True):
            write_within(path, name, draw(figure, theme))
            files.append(path / name)
        return files

    def file_names(self) -> list[str]:
        """The names of the figures' files in a folder; where two are called alike, the later one is numbered."""
        names: dict[str, None] = {}
        for _, figure in self.figures:
            name, number = f"{figure.name}.png", 1
            while name in names:
                number += 1
                name = f"{figure.name}-{number}.png"
            names[name] = None
        return list(names)

    def __repr__(self) -> str:
        return f"<netspec look at {self.name}: {', '.join(self.file_names())}>"

    def _repr_html_(self) -> str:
        """What notebooks show: the pictures."""
        from netspec.look.page import body_of

        return body_of(self)


@typed
def look_at(
    source: Spec | str | Path,
    images: str | Path | Sequence[str | Path] = (),
    *,
    show: str | Sequence[str] = (),
    layers: str | Sequence[str] = (),
    unit: int | None = None,
    target: str | int | None = None,
    weights: str | Path | None = None,
    seed: int = 0,
    device: Device = "cpu",
    data: str | Path | None = None,
    max_entries: int | None = None,
    **params: Any,
) -> Looked:
    """What a network sees, as figures: its kernels, its maps of images, and more.

        >>> netspec.look_at("runs/lenet-1", "digit.png", show="maps").save("maps")

    Args:
        source: The folder of a run; or a loaded spec, or an argument for `load`.
        images: Files of images, or folders of them.
        show: Names of methods, in the order of their figures; `all` for all that fit; if empty, those of them that
            take little time.
        layers: Paths of layers, for the methods that look at layers.
        unit: The number of a map, or of an output of a linear layer.
        target: The name or the number of a class; None takes the likeliest of each image.
        weights: Trained weights, as for `netspec.load_weights`.
        seed: The seed of random weights, and of what methods draw.
        device: The device to compute on.
        data: The folder or file of the run's data.
        max_entries: As `netspec.load` takes it.
        params: Params and keys to set, as in `load`.

    Raises:
        NetspecError: The spec, the run's files or an image is wrong. NS0804: the network takes no images, or a method
            does not fit it. NS0501: it has no such layer.
    """
    chosen = [show] if isinstance(show, str) else list(show)
    for name in chosen:
        if name not in (ALL, *methods()):
            fact = unknown(name, methods(), listed=methods())
            raise NetspecError.of(Code.DATA_MISMATCH, f"there is no method `{name}`", fact=fact)
    given = [Path(each) for each in ([images] if isinstance(images, str | Path) else images)]
    files = list(_files(given))
    folder = None if data is None else str(Path(data).resolve())
    opened = open_network(
        source, weights=weights, seed=seed, device=device, data=folder, max_entries=max_entries, **params
    )
    options = Options(
        layers=(layers,) if isinstance(layers, str) else tuple(layers),
        unit=unit,
        target=None if target is None else opened.class_number(str(target)),
        seed=seed,
    )
    options.nodes(opened)  # a layer that is not there is an error, whatever is shown
    told = (
        []
        if len(opened.graph.outputs) == 1 or opened.graph.detection is not None
        else [f"of {len(opened.graph.outputs)} outputs, `{opened.output}` is meant"]
    )
    found, notes = _figures(opened, [opened.see(file) for file in files], chosen, options)
    return Looked(opened.name, opened.weights, tuple(files), tuple(found), (*told, *notes))


def _figures(
    opened: Opened, images: Sequence[Seen], chosen: Sequence[str], options: Options
) -> tuple[list[tuple[str, Figure]], list[str]]:
    """The figures, each behind the name of its method, and what was left out."""
    found: list[tuple[str, Figure]] = []
    notes: list[str] = []
    idle: dict[str, list[str]] = {}
    if every := ALL in chosen:
        chosen = []
    for name in chosen:
        method_named(name).check(name, opened, images)
    for name in chosen or _fitting(opened, images, every=every):
        method = method_named(name)
        few = images[:_EACH] if method.image else images
        if len(few) < len(images):
            notes.append(f"`{name}` is of the first {len(few)} images of {len(images)}")
        asked = options.unread()
        try:
            made = iter(method.look(opened, few, asked))
            found += [(name, figure) for figure in islice(made, MOST_FIGURES)]
            if next(made, None) is not None:
                notes.append(f"`{name}` has more than {MOST_FIGURES} pictures: the others are left out")
        except NetspecError as error:
            if chosen or options.is_narrow or error.diagnostics[0].code not in _OF_DATA:
                raise
            notes.append(f"`{name}` is left out: {error.diagnostics[0].message}")
        else:
            for each in asked.passed_over:
                idle.setdefault(each, []).append(f"`{name}`")
    notes += [f"the {each} means nothing to {', '.join(names)}" for each, names in idle.items()]
    return found, notes


def _fitting(opened: Opened, images: Sequence[Seen], *, every: bool) -> Iterator[str]:
    """The methods that fit: every one, or those that do not take long, without data of weights that learned none."""
    for name in methods():
        method = method_named(name)
        quick = method.unasked and (not method.data or opened.run is not None)
        if (every or quick) and not method.refusal(opened, images):
            yield name


def _files(given: Sequence[Path]) -> Iterator[Path]:
    """The files of images.

    Raises:
        NetspecError: NS0902: a folder holds none, or there are too many.
    """
    for number, file in enumerate(image_files(given)):
        if isinstance(file, Diagnostic):
            raise NetspecError([file])
        if number == MOST_IMAGES:
            message = f"there are more than {MOST_IMAGES} images"
            raise NetspecError.of(Code.FILE_UNREADABLE, message, help="name fewer, or a smaller folder")
        yield file


def _is_same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:  # it is not there
        return False
