"""A run that is opened to be used: its spec, its recipe, the facts of its data and its weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from netspec import api
from netspec.diagnostics import Code, NetspecError
from netspec.diagnostics.arguments import Device
from netspec.diagnostics.numbered import numbered
from netspec.driver.recipes import recipe_of
from netspec.driver.spec import Spec
from netspec.files.run_folder import METRICS, SPEC, absent_run_help, is_run
from netspec.functional.data.depth import Levels
from netspec.recipe.recipe import Recipe
from netspec.recipe.tasks import axes
from netspec.training.judging.classes import check_same_classes
from netspec.training.judging.evaluate import loaded
from netspec.training.judging.heads import Head, heads_of
from netspec.training.judging.image_inputs import ImageInputs
from netspec.training.keeping.metrics_file import read_metrics, told
from netspec.training.keeping.runs import run_files
from netspec.training.network import Network
from netspec.training.spec import network_of
from netspec.training.steps.device import take


@dataclass(frozen=True, slots=True)
class OpenedRun:
    """A run, read and checked; its network is not yet built.

    Attributes:
        folder: Its folder.
        weights: The place of the weights that its network gets.
        spec: Its spec.
        recipe: How it was trained.
        network: Its network.
        task: The key of what it learned.
        data: What its metrics tell of its data: `classes`, `shift`, `scale`, `brightest`, ...
        heads: The outputs that it is judged by, with the task of each.
    """

    folder: Path
    weights: str
    spec: Spec
    recipe: Recipe
    network: Network
    task: str
    data: Mapping[str, Any]
    heads: list[Head]

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of its classes; empty where it learned none."""
        return tuple(self.data["classes"])

    def images(self, levels: Levels | None = None) -> ImageInputs:
        """The way from images to inputs, as the run's own were made, once its metrics are found to be its network's.

        Args:
            levels: The values of a pixel that become 0 and 1, in place of what the recipe says.

        Raises:
            NetspecError: NS0804: the network takes no images. NS0902: the metrics are of another network.
        """
        taken = self.network.input_shape
        wrong = next((head for head in self.heads if not head.fits(taken)), None)
        if wrong or {len(self.data["shift"]), len(self.data["scale"])} - {1, taken[0]}:
            head = wrong or self.heads[0]
            told = f"of {head.task} with {numbered(len(head.classes), 'class')}"
            message = f"{self.folder / METRICS} tells of another network: {told}"
            raise NetspecError.of(Code.FILE_UNREADABLE, message, found=f"outputs of {axes(head.shape)} in its {SPEC}")
        if self.network.detection is not None:
            return replace(ImageInputs.whole(self.recipe.data, self.network.detection.kind), levels=levels)
        figures = (self.data[key] for key in ("shift", "scale", "brightest"))
        return replace(ImageInputs.of(taken, self.recipe.data, *figures), levels=levels)

    def module(self, device: Device) -> tuple[torch.device, nn.Module]:
        """A device, and on it the network with its weights, in evaluation mode.

        Raises:
            NetspecError: NS0604, NS0902: the weights do not fit, or cannot be read. NS0805: there is no such device.
        """
        process = take(device)
        return process.device, loaded(self.network, self.weights, process).eval()


def open_run(run: Path, weights: str | None = None, max_entries: int | None = None) -> OpenedRun:
    """Open a run.

    Args:
        run: The run's folder.
        weights: Weights in place of its final ones.
        max_entries: As `netspec.load` takes it.

    Raises:
        NetspecError: NS0902: that is no run's folder, or its files cannot be read. NS0804: the weights are of a run of
            other classes.
    """
    spec_file, found = spec_and_weights(run, weights)
    metrics = read_metrics(run)
    data = told(metrics, run)
    spec = api.load(spec_file, max_entries=max_entries)
    recipe = recipe_of(spec)
    network = network_of(spec, recipe)
    check_same_classes(run, found)
    heads = heads_of(recipe, network, metrics, run)
    return OpenedRun(run, found, spec, recipe, network, metrics["task"], data, heads)


def spec_and_weights(run: Path, weights: str | None = None) -> tuple[str, str]:
    """The spec of a run, and its final weights or others.

    Raises:
        NetspecError: NS0902: that is no run's folder. NS0925: one of the two is a link. NS0906: a plugin of the run's
            is not loaded.
    """
    if not is_run(run):
        message = f"{run} is no run's folder: it has no {SPEC}"
        raise NetspecError.of(Code.FILE_UNREADABLE, message, help=absent_run_help(run))
    spec, found = run_files(str(run), weights)
    assert found is not None  # a run's folder has weights
    return spec, found


def pixel_figures(run: Path, channels: int) -> tuple[tuple[float, ...], tuple[float, ...], float]:
    """What a run took off each channel of its images, what it divided them by after that, and their brightest value.

    Args:
        run: The run's folder.
        channels: Those of the images that are to be changed alike.

    Raises:
        NetspecError: NS0902: its metrics do not tell. NS0804: its images had other channels.
    """
    data = told(read_metrics(run), run)
    shift, scale = (tuple(data[key]) for key in ("shift", "scale"))
    if {len(shift), len(scale)} - {1, channels}:
        message = f"the run's images have {len(shift)} channels, the network takes {channels}"
        raise NetspecError.of(Code.DATA_MISMATCH, message)
    return shift, scale, float(data["brightest"])
