"""Trained weights from files and from collections, and to files: tensors by name, and never code."""

from __future__ import annotations

import stat
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from netspec.diagnostics import Code, NetspecError, unknown
from netspec.files.run_folder import BEST, LAST, final_weights, run_names
from netspec.files.writing import within, write_atomic
from netspec.frontend.weights import HUBS
from netspec.interop.reference import collection, package
from netspec.interop.torch_files import first_line, read_torch_file, unreadable
from netspec.objects.immutable import immutable

PICKLES = (".pt", ".pth", ".bin", ".ckpt")
"""Suffixes of torch's own files, from which only tensors are read."""

_SOURCES = "a file, the folder of a run, torchvision:NAME or timm:NAME"

_REPEATED = 2**26
"""The most bytes of a tensor that repeats fewer stored numbers."""

_HOLDERS = ("state_dict", "model_state_dict", "model")
"""Keys under which training scripts keep the weights."""

_WRAPPERS = ("module.", "_orig_mod.")
"""Prefixes of DistributedDataParallel and torch.compile before every name."""


@immutable
class WeightFile:
    """Tensors by their author's names.

    Attributes:
        source: The source of the weights, as the user named it.
        tensors: The tensors, in the order of the file.
        notes: Steps taken to read them, a sentence each.
    """

    source: str
    tensors: Mapping[str, Tensor]
    notes: tuple[str, ...] = ()


def read_weights(source: str | Path) -> WeightFile:
    """Read weights.

    Args:
        source: A file of safetensors or of torch, the folder of a training run, ``torchvision:NAME``,
            ``torchvision:NAME/WEIGHTS`` or ``timm:NAME``, which are fetched where they are not in the cache.

    Raises:
        NetspecError: NS0902: the file holds no weights, or more than tensors. NS0907: they cannot be fetched.
            NS0908: a collection has no such network. NS0904: a package is missing.
    """
    found = _read(source)
    odd = next(((name, why) for name, tensor in found.tensors.items() if (why := _unusable(tensor))), None)
    if odd is not None:
        raise unreadable(Path(source), f"its tensor `{odd[0]}` {odd[1]}", "dense tensors with their numbers")
    return found


def read_safetensors(file: Path) -> WeightFile:
    """The weights of a file of safetensors with any name."""
    return WeightFile(str(file), package("safetensors.torch").load(file.read_bytes()))


def save_weights(network: nn.Module, file: Path) -> None:
    """Write the whole state_dict of a network, atomically.

    Raises:
        NetspecError: NS0903: the disk refuses. An older file of that name is untouched.
    """
    write_atomic(file, weight_bytes(network.state_dict()))


def weight_bytes(tensors: Mapping[str, Tensor]) -> bytes:
    """A file of safetensors; tied weights are in it under each of their names, so that it loads strictly anywhere."""
    # Copies: safetensors takes neither shared memory nor other layouts than the contiguous one.
    state = {
        name: tensor.detach().cpu().clone(memory_format=torch.contiguous_format) for name, tensor in tensors.items()
    }
    content: bytes = package("safetensors.torch").save(state, metadata={"format": "pt"})
    return content


def _read(source: str | Path) -> WeightFile:
    if not str(source):
        raise NetspecError.of(Code.FILE_UNREADABLE, "the source of the weights is empty text", expected=_SOURCES)
    hub, colon, name = str(source).partition(":")
    if colon and hub in HUBS and not isinstance(source, Path):
        return WeightFile(source, (_torchvision if hub == "torchvision" else _timm)(name))
    path = Path(source)
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        fact = unknown(hub, HUBS if colon else run_names())
        raise NetspecError.of(
            Code.FILE_UNREADABLE, f"there are no weights {source}", expected=_SOURCES, fact=fact
        ) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        raise unreadable(path, reason or str(error), _SOURCES) from None
    if stat.S_ISDIR(mode):
        return _run(path)
    if not stat.S_ISREG(mode):
        raise unreadable(path, "it is a pipe, a socket or a device", _SOURCES)
    if path.suffix == ".safetensors":
        return WeightFile(str(source), _safetensors(path))
    if path.suffix in PICKLES:
        return _unwrapped(str(source), read_torch_file(path))
    raise unreadable(
        path, f"`{path.suffix}` is the suffix of no file of weights", f".safetensors, {', '.join(PICKLES)}"
    )


def _run(folder: Path) -> WeightFile:
    if not within(folder, LAST).is_file():
        raise unreadable(folder, f"the folder holds no {LAST}", "the folder of a run, or a file of weights")
    final = final_weights(folder)
    notes = (f"the run's final weights, {final.name}; those of its best epoch are in {BEST}",)
    return WeightFile(str(folder), _safetensors(final), notes)


def _safetensors(path: Path) -> Mapping[str, Tensor]:
    load_file = package("safetensors.torch").load_file
    try:
        tensors: Mapping[str, Tensor] = load_file(path)
    except Exception as error:  # errors of safetensors, of the disk, and of torch where it lacks the type of number
        raise unreadable(path, first_line(error), "a whole .safetensors file") from None
    return tensors


def _unwrapped(source: str, found: Any) -> WeightFile:
    """The state_dict in a file's content, with its names freed of a wrapper's prefix."""
    notes = []
    holder = next((key for key in _HOLDERS if isinstance(found, Mapping) and isinstance(found.get(key), Mapping)), None)
    if holder is not None and not _is_state(found):
        others = ", ".join(f"`{key}`" for key in found if key != holder)
        notes.append(
            f"the weights are the file's entry `{holder}`"
            + (f"; its others are left alone: {others}" if others else "")
        )
        found = found[holder]
    if not _is_state(found):
        raise unreadable(Path(source), _strange(found), f"tensors by name, or a dict with them as {_either(_HOLDERS)}")
    for prefix in _WRAPPERS:
        if found and all(name.startswith(prefix) for name in found):
            found = {name.removeprefix(prefix): tensor for name, tensor in found.items()}
            notes.append(f"the prefix `{prefix}` was taken off every name")
    return WeightFile(source, dict(found), tuple(notes))


def _unusable(tensor: Tensor) -> str | None:
    """The reason why a tensor's numbers cannot be copied directly; None where they can."""
    if tensor.is_meta:
        return "is on the meta device, without numbers"
    if tensor.layout != torch.strided or tensor.is_nested:
        return "is sparse or nested"
    if tensor.is_quantized:
        return "is quantized"
    if tensor.numel() * tensor.element_size() > max(tensor.untyped_storage().nbytes(), _REPEATED):
        return "repeats its numbers: it has more of them than the file holds"
    return None


def _is_state(found: Any) -> bool:
    return (
        isinstance(found, Mapping)
        and bool(found)
        and all(isinstance(key, str) and isinstance(value, Tensor) for key, value in found.items())
    )


def _strange(found: Any) -> str:
    """A description of a file's content that is not tensors by name."""
    if isinstance(found, Mapping):
        if not found:
            return "it holds nothing"
        nameless = next((key for key in found if not isinstance(key, str)), None)
        if nameless is not None:
            return f"its key {nameless!r} is no name but of type {type(nameless).__name__}"
        odd = next(key for key, value in found.items() if not isinstance(value, Tensor))
        return f"its entry `{odd}` is no tensor but of type {type(found[odd]).__name__}"
    return f"it holds an object of type {type(found).__name__}"


def _either(names: tuple[str, ...]) -> str:
    return f"{', '.join(f'`{name}`' for name in names[:-1])} or `{names[-1]}`"


def _torchvision(name: str) -> Mapping[str, Tensor]:
    network, _, kind = name.partition("/")
    kinds = collection("torchvision", network).get_model_weights(network).__members__
    if (kind or "DEFAULT") not in kinds:
        raise NetspecError.of(
            Code.REFERENCE_FAILED,
            f"torchvision has no weights `{kind or 'DEFAULT'}` of `{network}`",
            fact=unknown(kind, kinds, listed=kinds),
        )
    chosen = kinds[kind or "DEFAULT"]
    shown = sys.stderr.isatty()
    return _fetched(
        lambda: chosen.get_state_dict(progress=shown, check_hash=True, weights_only=True), f"torchvision:{name}"
    )


def _timm(name: str) -> Mapping[str, Tensor]:
    create = collection("timm", name.partition(".")[0]).create_model
    return _fetched(lambda: create(name, pretrained=True).state_dict(), f"timm:{name}")


def _fetched(fetch: Callable[[], Mapping[str, Tensor]], source: str) -> Mapping[str, Tensor]:
    try:
        return fetch()
    except Exception as error:  # errors of the network, of the cache and of the package
        raise NetspecError.of(
            Code.WEIGHTS_UNAVAILABLE,
            f"the weights {source} cannot be fetched: {type(error).__name__}: {first_line(error)}",
            help="fetch them where there is a connection, and give the file instead",
        ) from error
