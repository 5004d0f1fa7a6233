"""Losses that compare two outputs of a network: the one that they are written for, and the one that they name."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from netspec.recipe.losses.base import PairLoss


class Kl(PairLoss):
    """The divergence of the normal distributions that a network tells from the standard one, in nats: a VAE's prior.

    It stands at the means, [latent], and names the output with the logarithms of the variances. Of an example it is
    `(exp(l) + m² - 1 - l) / 2`, summed over the latent numbers (arXiv:1312.6114).
    """

    key: ClassVar[str] = "kl"
    for_pairs: ClassVar[str] = "netspec.functional.pair_losses.normal_divergence"
    also: ClassVar[tuple[str, ...]] = ("kld", "kl_div", "kl_divergence", "kullback_leibler")
    unit: ClassVar[str] = "nats"


class Contrastive(PairLoss):
    """The cross-entropy of an example's own partner among those of the whole batch, both ways, in nats.

    Scores are cosines of the two outputs, [features], over the `temperature` (CLIP, arXiv:2103.00020), or the outputs'
    products where it is null, for a network that learns their scale. Its size depends on that of the batch: networks
    are judged in batches as large as in training.
    """

    key: ClassVar[str] = "contrastive"
    for_pairs: ClassVar[str] = "netspec.functional.pair_losses.contrastive"
    also: ClassVar[tuple[str, ...]] = ("clip", "info_nce")
    unit: ClassVar[str] = "nats"
    across_batch: ClassVar[bool] = True

    temperature: float | None = Field(0.07, gt=0)


class NtXent(PairLoss):
    """The cross-entropy of a view's partner among all other views of the batch, of both outputs, in nats.

    Scores are cosines over the `temperature` (SimCLR, arXiv:2002.05709).
    """

    key: ClassVar[str] = "nt_xent"
    for_pairs: ClassVar[str] = "netspec.functional.pair_losses.nt_xent"
    also: ClassVar[tuple[str, ...]] = ("simclr", "ntxent")
    unit: ClassVar[str] = "nats"
    across_batch: ClassVar[bool] = True

    temperature: float = Field(0.5, gt=0)


class ContrastivePair(PairLoss):
    """Half the squared distance of two outputs that belong together, target 1; of others, 0, they are pushed apart.

    These have half the square of what their distance lacks of the `margin` (Hadsell, Chopra and LeCun 2006,
    "Dimensionality reduction by learning an invariant mapping").
    """

    key: ClassVar[str] = "contrastive_pair"
    for_pairs: ClassVar[str] = "netspec.functional.pair_losses.contrastive_pair"
    also: ClassVar[tuple[str, ...]] = ("siamese", "pair")
    takes_targets: ClassVar[bool] = True

    margin: float = Field(1.0, gt=0)
