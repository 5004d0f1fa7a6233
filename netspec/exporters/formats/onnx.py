"""ONNX: traced by torch, checked by onnx, run by onnxruntime."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import onnx
import onnxruntime
import onnxscript  # noqa: F401 - torch's exporter needs it
import torch
from torch import Tensor, nn

from netspec.diagnostics import Code, NetspecError
from netspec.exporters.comparison import Run, made
from netspec.exporters.detections import OUTPUTS, OneImage, image_of, images
from netspec.exporters.failures import refusal
from netspec.exporters.formats import Format
from netspec.exporters.formats.pt2 import trace
from netspec.exporters.result import Made
from netspec.exporters.silenced import silent
from netspec.exporters.subject import TRACED, Subject, dynamic_axes
from netspec.graph import Graph
from netspec.version import __version__

LARGEST = 2**31 - 2**20
"""The most bytes of weights in a single ONNX file: protobuf ends at 2 GiB, and the graph takes its part."""

Translate = Callable[[Subject, int | None], Any]
"""Translates a network to an ``onnx.ModelProto`` for an opset."""


def make(subject: Subject, file: Path, opset: int | None) -> Made:
    """Write the network by the first of torch's exporters whose file gives torch's outputs.

    Raises:
        NetspecError: NS0909: ONNX cannot express it. NS0910: its outputs differ.
    """
    check_size(subject.network)
    _check_scaling(subject)
    failures = []
    for exporter in EXPORTERS if subject.graph.detection is None else ["tracing"]:
        try:
            return _make(subject, file, exporter, opset)
        except NetspecError as error:
            failures.append(error)
            file.unlink(missing_ok=True)
    raise failures[0]


def _make(subject: Subject, file: Path, exporter: str, opset: int | None) -> Made:
    try:
        model = EXPORTERS[exporter](subject, opset)
        sign(model, subject.graph, subject.spec.digest)
        onnx.save(model, file)
        found = opset_of(model)
        if opset not in (None, found):
            message = f"torch cannot write `{subject.spec.name}` in opset {opset}: it writes {found}"
            raise NetspecError.of(Code.EXPORT_FAILED, message)
        return made(subject, read(file, [port.name for port in subject.ports], subject.outputs), found, exporter)
    except (NetspecError, OSError):
        raise
    except Exception as error:  # torch, onnx and onnxruntime can raise any exception
        path = failing_module(str(error), file)
        raise refusal(error, FORMAT.title, subject, path, "`--format pt2` has torch's own operators") from error


FORMAT = Format("ONNX", make)


def check_size(network: nn.Module) -> None:
    """Refuse a network whose weights do not fit in a single ONNX file.

    Raises:
        NetspecError: NS0909.
    """
    size = sum(tensor.numel() * tensor.element_size() for tensor in network.state_dict().values())
    if size > LARGEST:
        raise NetspecError.of(
            Code.EXPORT_FAILED,
            f"the weights are {size:,} bytes, and a file of ONNX holds {LARGEST:,}",
            help="`--format pt2` or `--format safetensors` takes weights of any size",
        )


def _check_scaling(subject: Subject) -> None:
    """Refuse a detector that scales images by a factor.

    The factor and the scaled size are computed in other precisions in a traced graph, so that images of many sizes come
    out a pixel smaller or larger there, and other boxes are found in them.

    Raises:
        NetspecError: NS0909.
    """
    detection = subject.graph.detection
    if detection is not None and detection.kind.divisor is not None:
        raise NetspecError.of(
            Code.EXPORT_FAILED,
            f"`{subject.graph.name}` cannot be exported to {FORMAT.title}: "
            "its scaling of images rounds otherwise there, at many sizes by a pixel",
            help="a detector of one size, `ssd`, can; `--format safetensors` takes the weights of every kind",
        )


def by_dynamo(subject: Subject, opset: int | None) -> Any:
    """The network by torch's current exporter, from torch.export's graph."""
    program = torch.onnx.export(
        trace(subject),
        (),
        dynamo=True,
        verbose=False,
        input_names=list(subject.graph.inputs),
        output_names=list(subject.graph.outputs),
        opset_version=opset,
    )
    assert program is not None
    return program.model_proto


def by_tracing(subject: Subject, opset: int | None) -> Any:
    """The network by torch's older exporter, which supports some layers that the current one does not."""
    if subject.graph.detection is not None:
        return _detector_by_tracing(subject, opset)
    axes = {
        each.name: {0: "batch", **_axis_names(each.name, dynamic_axes(each))} for each in subject.graph.inputs.values()
    }
    written: Any = io.BytesIO()  # the older exporter takes a stream too, despite its type annotations
    with silent():
        torch.onnx.export(
            subject.network,
            subject.samples(TRACED),
            written,
            dynamo=False,
            input_names=list(subject.graph.inputs),
            output_names=list(subject.graph.outputs),
            dynamic_axes={**axes, **{name: {0: "batch"} for name in subject.graph.outputs}},
            opset_version=opset,
        )
    return onnx.load_from_string(written.getvalue())


def _detector_by_tracing(subject: Subject, opset: int | None) -> Any:
    """A detector of one image of any size, for which torchvision's operators have translations."""
    name = image_of(subject.graph).name
    written: Any = io.BytesIO()
    with silent():
        torch.onnx.export(
            OneImage(subject.network),
            next(images(subject.seed)),
            written,
            dynamo=False,
            input_names=[name],
            output_names=list(OUTPUTS),
            dynamic_axes={name: {1: "height", 2: "width"}, **{each: {0: "found"} for each in OUTPUTS}},
            opset_version=opset,
        )
    return onnx.load_from_string(written.getvalue())


EXPORTERS: dict[str, Translate] = {"dynamo": by_dynamo, "tracing": by_tracing}
"""torch's exporters in the order in which they are tried."""


def sign(model: Any, graph: Graph, digest: str) -> None:
    """Write the network's name, text and digest into a model, and the names of its free axes."""
    model.producer_name, model.producer_version = "netspec", __version__
    model.doc_string = graph.doc
    model.graph.name = graph.name
    onnx.helper.set_model_props(model, {"netspec.name": graph.name, "netspec.digest": digest})
    _name_axes(model, graph)


def opset_of(model: Any) -> int:
    """The version of ONNX's own operators that a model uses."""
    return int(next(each.version for each in model.opset_import if each.domain in ("", "ai.onnx")))


def read(file: Path, names: Sequence[str], outputs: Sequence[str]) -> Run:
    """A well-formed file, by onnx's check, to run it by onnxruntime with inputs of these names."""
    onnx.checker.check_model(str(file), full_check=True)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])

    def run(inputs: tuple[Tensor, ...]) -> Sequence[Tensor]:
        fed = {name: tensor.numpy() for name, tensor in zip(names, inputs, strict=True)}
        used = {each.name for each in session.get_inputs()}
        results = session.run(list(outputs), {name: array for name, array in fed.items() if name in used})
        return tuple(torch.from_numpy(each) for each in results)

    return run


def failing_module(message: str, file: Path) -> str | None:
    """The path of the module of the node in a message, None where it is unknown."""
    try:
        nodes = onnx.load(file, load_external_data=False).graph.node
    except Exception:  # there is no file, or half of one
        return None
    for node in nodes:
        if node.name and re.search(rf"(?<![\w/]){re.escape(node.name)}(?![\w/])", message):
            return _module_of(node)
    return None


def _module_of(node: Any) -> str | None:
    scopes = next((each.value for each in node.metadata_props if each.key == "pkg.torch.onnx.name_scopes"), "")
    named = re.findall(r"'([^']*)'", scopes)
    if len(named) > 1:
        return named[-2] or None  # the last is the operation's own
    return ".".join(node.name.strip("/").split("/")[:-1]) or None


def _axis_names(name: str, axes: Sequence[int]) -> dict[int, str]:
    """Names of free axes by their position in a batch."""
    return {axis + 1: f"{name}_axis{axis}" for axis in axes}


def _name_axes(model: Any, graph: Graph) -> None:
    names: dict[str, str] = {}
    for each in model.graph.input:
        free = {0: "batch", **_axis_names(each.name, dynamic_axes(graph.inputs[each.name]))}
        for axis, dimension in enumerate(each.type.tensor_type.shape.dim):
            if dimension.dim_param and axis in free:
                names.setdefault(dimension.dim_param, free[axis])
    for dimension in _dimensions(model):
        if dimension.dim_param:
            dimension.dim_param = re.sub(r"[A-Za-z_]\w*", lambda word: names.get(word[0], word[0]), dimension.dim_param)


def _dimensions(model: Any) -> Iterator[Any]:
    for each in (*model.graph.input, *model.graph.output, *model.graph.value_info):
        yield from each.type.tensor_type.shape.dim
