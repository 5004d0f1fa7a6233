"""What a data set is."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from netspec.train.parts import Part

if TYPE_CHECKING:
    from netspec.train.samples import RawData


class DataSet(Part):
    """Base of all data sets.

    Attributes:
        batch_size: Images per step; the last batch of an epoch may be smaller.
        validation: Share of the training images, of each class alike, that is held out of training and chooses the best
            checkpoint. The held-out images are the same whatever the seed. With 0 the training loss chooses.
    """

    family: ClassVar[str] = "data set"

    batch_size: int = Field(128, gt=0)
    validation: float = Field(0.0, ge=0, lt=1)

    def load(self) -> RawData:
        """Read the data set into memory.

        Raises:
            NetspecError: NS0802 where it is not there, NS0803 where it is broken.
        """
        raise NotImplementedError
