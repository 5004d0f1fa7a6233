"""Labels that weigh differently: a step of several batches is that of one, the loss of a round that of all labels."""

import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import load_file

from netspec import api
from netspec.training.spec import train_spec

SPEC = """\
netspec: 1
name: tiny
input: [1, 8, 8]
layers: [{flatten: , name: all}, {linear: 10, name: digit}, {linear: 1, name: ink, from: all}]
outputs: {digit: digit, ink: ink}
train:
  data: {arrays: digits.npz, outputs: [digit, ink], batch_size: SIZE}
  loss:
    digit: {cross_entropy: , weight: [9, 1, 0.1, 1, 1, 1, 0, 1, 1, 1], ignore_index: 3}
    ink: {mse: , loss_weight: 0.1}
  optimizer: {sgd: 0.05}
  schedule: constant
  epochs: 1
  log: []
"""
ALONE = (
    SPEC.replace(", {linear: 1, name: ink, from: all}", "")
    .replace("outputs: {digit: digit, ink: ink}\n", "")
    .replace("outputs: [digit, ink], ", "")
    .replace("    digit: {", "    {")
    .replace("    ink: {mse: , loss_weight: 0.1}\n", "")
)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    np = pytest.importorskip("numpy")
    load_digits = pytest.importorskip("sklearn.datasets").load_digits
    images, digit = load_digits(return_X_y=True)
    images = images[:500].reshape(-1, 8, 8).astype("float32") / 16
    folder, digit = tmp_path_factory.mktemp("labels"), digit[:500]
    ink = images.mean((1, 2))[:, None]
    np.savez(
        folder / "several.npz",
        x_train=images,
        digit_train=digit,
        ink_train=ink,
        x_test=images,
        digit_test=digit,
        ink_test=ink,
    )
    np.savez(folder / "alone.npz", x_train=images, y_train=digit, x_test=images, y_test=digit)
    return folder


@pytest.mark.parametrize("name", ["alone", "several"])
def test_a_step_of_several_batches_is_that_of_one(place, name, tmp_path):
    text = {"alone": ALONE, "several": SPEC}[name].replace("digits.npz", str(place / f"{name}.npz"))
    made = {}
    for size, more in ((128, ""), (32, "  accumulate: 4\n")):
        spec = api.loads(text.replace("SIZE", str(size)) + more)
        made[size] = train_spec(spec, device="cpu", out=tmp_path / str(size)).metrics
    for figure in ("loss", "test_loss"):
        one, other = ({**made[size], **made[size]["epochs"][-1]}[figure] for size in (128, 32))
        assert one == pytest.approx(other, rel=1e-5)
    one, other = (load_file(tmp_path / str(size) / "last.safetensors") for size in (128, 32))
    torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-6)


def test_the_loss_of_a_round_is_torch_s_of_all_labels_at_once(place, tmp_path):
    np = pytest.importorskip("numpy")
    text = ALONE.replace("digits.npz", str(place / "alone.npz")).replace("SIZE", "33")
    spec = api.loads(text)
    found = train_spec(spec, device="cpu", out=tmp_path / "run").metrics["test_loss"]
    module = api.compile(spec)
    module.load_state_dict(load_file(tmp_path / "run" / "last.safetensors"))
    data = np.load(place / "alone.npz")
    pixels = torch.from_numpy(data["x_train"])[:, None]
    with torch.no_grad():
        outputs = module((pixels - pixels.mean()) / pixels.std(correction=0))
    weights = torch.tensor([9, 1, 0.1, 1, 1, 1, 0, 1, 1, 1])
    wanted = F.cross_entropy(outputs, torch.from_numpy(data["y_test"]), weights, ignore_index=3)
    assert found == pytest.approx(wanted.item(), rel=1e-4)
