"""A compiled module goes into Lightning and Hugging Face's Trainer as it is, where they are installed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from sklearn.datasets import load_digits
from torch import Tensor, nn

import netspec

SPEC = netspec.loads(
    "netspec: 1\nname: tiny\ninput: [1, 8, 8]\nlayers: [{conv: 4, kernel: 3}, relu, flatten, {linear: 10}]\n"
)


@pytest.fixture(scope="module")
def digits() -> tuple[Tensor, Tensor]:
    found = load_digits()
    return torch.tensor(found.images[:256], dtype=torch.float32)[:, None] / 16, torch.tensor(found.target[:256])


@pytest.fixture
def network() -> nn.Module:
    torch.manual_seed(0)
    return netspec.compile(SPEC, device="cpu")


def loss_of(network: nn.Module, digits: tuple[Tensor, Tensor]) -> float:
    with torch.no_grad():
        return nn.functional.cross_entropy(network(digits[0]), digits[1]).item()


def test_lightning_trains_it(network: nn.Module, digits: tuple[Tensor, Tensor], tmp_path: Path) -> None:
    lightning = pytest.importorskip("lightning", reason="lightning is not installed")

    class Lit(lightning.LightningModule):  # type: ignore[misc, name-defined]
        def __init__(self, network: nn.Module) -> None:
            super().__init__()
            self.network = network

        def training_step(self, batch: list[Tensor], index: int) -> Tensor:
            images, labels = batch
            return nn.functional.cross_entropy(self.network(images), labels)

        def configure_optimizers(self) -> torch.optim.Optimizer:
            return torch.optim.AdamW(self.parameters(), lr=1e-2)

    before = loss_of(network, digits)
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(*digits), batch_size=32)
    quiet: dict[str, Any] = {"logger": False, "enable_progress_bar": False, "enable_model_summary": False}
    trainer = lightning.Trainer(max_epochs=3, accelerator="cpu", default_root_dir=tmp_path, **quiet)
    trainer.fit(Lit(network), loader)
    after = loss_of(network, digits)
    assert after < before / 2
    fresh = netspec.compile(SPEC, device="cpu")
    again = Lit.load_from_checkpoint(trainer.checkpoint_callback.best_model_path, network=fresh)
    assert loss_of(again.network, digits) == after


def test_hugging_face_s_trainer_trains_it(network: nn.Module, digits: tuple[Tensor, Tensor], tmp_path: Path) -> None:
    transformers = pytest.importorskip("transformers", reason="transformers is not installed")
    pytest.importorskip("accelerate", reason="accelerate is not installed")
    before = loss_of(network, digits)

    def loss(outputs: Tensor, labels: Tensor, num_items_in_batch: int | None = None) -> Tensor:
        return nn.functional.cross_entropy(outputs, labels)

    arguments = transformers.TrainingArguments(
        tmp_path, num_train_epochs=3, per_device_train_batch_size=32, learning_rate=1e-2, use_cpu=True, report_to=[],
        label_names=["labels"], disable_tqdm=True, save_strategy="no",
    )  # fmt: skip
    examples = [{"x": image, "labels": label} for image, label in zip(*digits, strict=True)]
    trainer = transformers.Trainer(network, arguments, train_dataset=examples, compute_loss_func=loss)
    trainer.train()
    after = loss_of(network, digits)
    assert after < 0.7 * before
    trainer.save_model(str(tmp_path / "saved"))
    fresh = netspec.compile(SPEC, device="cpu", weights=tmp_path / "saved" / "model.safetensors")
    assert loss_of(fresh, digits) == after
