"""Pieces of images."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from netspec.recipe.augment.base import Fractions, Geometric, Ratios, Size

if TYPE_CHECKING:
    from torch import Tensor

_TRIES = 10
"""Boxes that are tried before the largest one in the middle is taken, as torchvision has it."""


class Crop(Geometric):
    """A piece of the size given, from anywhere in the image once it is padded."""

    key: ClassVar[str] = "crop"
    also: ClassVar[tuple[str, ...]] = ("random_crop",)
    main: ClassVar[str | None] = "size"

    size: Size
    padding: int = Field(0, ge=0)
    padding_mode: Literal["constant", "reflect", "edge"] = "constant"

    @property
    def numbers(self) -> int:
        return 2

    def shape(self, image: tuple[int, ...]) -> tuple[int, ...]:
        channels, *axes = image
        for name, there, wanted in zip(("high", "wide"), axes, self.size, strict=True):
            if there + 2 * self.padding < wanted:
                raise ValueError(f"crop wants {wanted} pixels, the padded images are {there + 2 * self.padding} {name}")
            if self.padding_mode == "reflect" and self.padding >= there:
                raise ValueError(f"crop cannot reflect {self.padding} pixels of images that are {there} {name}")
        return channels, *self.size

    def move(self, images: Tensor, draws: Tensor, fill: int, nearest: bool) -> Tensor:
        import torch

        height, width = (axis + 2 * self.padding for axis in images.shape[2:])
        room = torch.tensor([height - self.size[0] + 1, width - self.size[1] + 1])
        top, left = (draws * room).long().to(images.device, non_blocking=True).unbind(1)
        # All pieces of the padded images as a view, of which each image's own is copied.
        pieces = _padded(images, self.padding, self.padding_mode, fill)
        pieces = pieces.unfold(2, self.size[0], 1).unfold(3, self.size[1], 1)
        return pieces[torch.arange(len(images), device=images.device), :, top, left]


def _padded(images: Tensor, padding: int, mode: str, fill: int) -> Tensor:
    """Images [B, C, H, W] with a frame: of the fill, of the pixels at the edge, or mirrored at it."""
    import torch
    from torch.nn import functional as F

    if not padding or mode == "constant":
        return F.pad(images, (padding,) * 4, value=fill) if padding else images
    for axis in (2, 3):  # by indices, since torch's own pads no bytes
        size = images.shape[axis]
        places = torch.arange(-padding, size + padding, device=images.device)
        if mode == "reflect":
            places = size - 1 - (size - 1 - places.abs()).abs()
        images = images.index_select(axis, places.clamp(0, size - 1))
    return images


class RandomResizedCrop(Geometric):
    """A piece of random size and shape, resized to the size given (GoogLeNet's training, arXiv:1409.4842).

    Its area is a share of the image's in `scale`, its width over its height in `ratio`. Images that are read one by one
    from files are cropped there, in their own resolution.
    """

    key: ClassVar[str] = "random_resized_crop"
    main: ClassVar[str | None] = "size"

    size: Size
    scale: Fractions = (0.08, 1.0)
    ratio: Ratios = (0.75, 4 / 3)

    @property
    def numbers(self) -> int:
        return 2 * _TRIES + 2

    def shape(self, image: tuple[int, ...]) -> tuple[int, ...]:
        return image[0], *self.size

    def boxes(self, draws: Tensor, height: int, width: int) -> Tensor:
        """Top, left, height and width of the pieces, in pixels of images of a size: [B, 4], whole numbers."""
        import torch

        areas, ratios, places = draws[:, :_TRIES], draws[:, _TRIES:-2], draws[:, -2:].double()
        area = height * width * (self.scale[0] + (self.scale[1] - self.scale[0]) * areas.double())
        low, high = torch.tensor(self.ratio, dtype=torch.float64).log()
        ratio = (low + (high - low) * ratios.double()).exp()
        wide, high_ = (area * ratio).sqrt().round(), (area / ratio).sqrt().round()
        fits = (wide > 0) & (wide <= width) & (high_ > 0) & (high_ <= height)
        first = fits.to(torch.int8).argmax(1, keepdim=True)
        any_fits = fits.any(1, keepdim=True)
        # The largest box in the middle whose shape is allowed.
        middle_h = float(min(height, max(1, round(width / self.ratio[0])))) if width < self.ratio[0] * height else None
        middle_w = float(min(width, max(1, round(height * self.ratio[1])))) if width > self.ratio[1] * height else None
        h = torch.where(any_fits, high_.gather(1, first), torch.tensor(float(height) if middle_h is None else middle_h))
        w = torch.where(any_fits, wide.gather(1, first), torch.tensor(float(width) if middle_w is None else middle_w))
        room = torch.cat([height - h, width - w], 1)
        corner = torch.where(any_fits, (places * (room + 1)).floor(), (room / 2).floor())
        return torch.cat([corner, h, w], 1).long()

    def move(self, images: Tensor, draws: Tensor, fill: int, nearest: bool) -> Tensor:
        from netspec.recipe.augment._resample import resized_boxes

        boxes = self.boxes(draws, *images.shape[2:]).to(images.device, non_blocking=True)
        return resized_boxes(images, boxes, self.size, nearest)
