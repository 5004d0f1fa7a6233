"""Networks of the zoo that no library brings, against modules that are written by hand here."""

from __future__ import annotations

import math

import pytest

torch = pytest.importorskip("torch")

import torch.nn.functional as F  # noqa: E402
from torch import Tensor, nn  # noqa: E402

from netspec import api  # noqa: E402


def alike(name: str, theirs: nn.Module, **params: object) -> nn.Module:
    """The zoo's network with the weights of another, whose tensors come in the same order."""
    ours = api.compile(api.load(name, **params))
    state = theirs.state_dict()
    own = ours.state_dict()
    assert [tensor.shape for tensor in own.values()] == [tensor.shape for tensor in state.values()]
    ours.load_state_dict(dict(zip(own, state.values(), strict=True)))
    return ours


class Vae(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fc1 = nn.Linear(784, 400)
        self.fc21 = nn.Linear(400, 20)
        self.fc22 = nn.Linear(400, 20)
        self.fc3 = nn.Linear(20, 400)
        self.fc4 = nn.Linear(400, 784)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        h = F.relu(self.fc1(x.view(-1, 784)))
        mean, log_variance = self.fc21(h), self.fc22(h)
        code = mean
        if self.training:
            code = mean + torch.randn_like(mean) * torch.exp(0.5 * log_variance)
        return torch.sigmoid(self.fc4(F.relu(self.fc3(code)))).view(-1, 1, 28, 28), mean, log_variance


@pytest.mark.parametrize("training", [False, True])
def test_vae_is_pytorch_s_example(training: bool) -> None:
    theirs = Vae().train(training)
    ours = alike("vae", theirs).train(training)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    x = torch.rand(3, 1, 28, 28)
    torch.manual_seed(1)
    found = ours(x)
    torch.manual_seed(1)
    for one, other in zip(found.values(), theirs(x), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=0)
    found["image"].sum().backward()
    assert ours.fc22.weight.grad.any() == training


def test_a_generator_of_its_own_makes_a_vae_draw_the_same_again() -> None:
    ours = api.compile(api.load("vae")).train()
    x = torch.rand(2, 1, 28, 28)
    codes = []
    for seed in (3, 3, 4):
        ours.noise.generator = torch.Generator().manual_seed(seed)
        codes.append(ours(x)["image"])
    assert torch.equal(codes[0], codes[1])
    assert not torch.equal(codes[0], codes[2])


class LstmClassifier(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(50, 8)
        self.lstm = nn.LSTM(8, 6, bidirectional=True, batch_first=True)
        self.fc = nn.Linear(12, 3)

    def forward(self, words: Tensor, lengths: Tensor) -> Tensor:
        packed = nn.utils.rnn.pack_padded_sequence(
            self.embedding(words), lengths, batch_first=True, enforce_sorted=False
        )
        _, (hidden, _) = self.lstm(packed)
        return self.fc(torch.cat([hidden[0], hidden[1]], 1))  # type: ignore[no-any-return]


def test_lstm_classifier_reads_each_text_to_its_own_end() -> None:
    theirs = LstmClassifier().eval()
    ours = alike("lstm_classifier", theirs, vocabulary=50, dim=8, hidden=6, classes=3).eval()
    words, lengths = torch.randint(0, 50, (4, 11)), torch.tensor([3, 11, 1, 7])
    torch.testing.assert_close(ours(words, lengths), theirs(words, lengths), rtol=0, atol=0)


class WaveNetLayer(nn.Module):
    def __init__(self, width: int, skip: int, dilation: int) -> None:
        super().__init__()
        self.dilation = dilation
        self.filter = nn.Conv1d(width, width, 2, dilation=dilation)
        self.gate = nn.Conv1d(width, width, 2, dilation=dilation)
        self.skipped = nn.Conv1d(width, skip, 1)
        self.residual = nn.Conv1d(width, width, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        past = F.pad(x, (self.dilation, 0))
        gated = torch.tanh(self.filter(past)) * torch.sigmoid(self.gate(past))
        return x + self.residual(gated), self.skipped(gated)


class WaveNet(nn.Module):
    def __init__(self, width: int, skip: int, dilations: list[int]) -> None:
        super().__init__()
        self.embedding = nn.Embedding(256, width)
        self.layers = nn.ModuleList(WaveNetLayer(width, skip, dilation) for dilation in dilations)
        self.hidden = nn.Conv1d(skip, skip, 1)
        self.scores = nn.Conv1d(skip, 256, 1)

    def forward(self, samples: Tensor) -> Tensor:
        x = self.embedding(samples).transpose(1, 2)
        total: Tensor | None = None
        for layer in self.layers:
            x, skipped = layer(x)
            total = skipped if total is None else total + skipped
        assert total is not None
        return self.scores(F.relu(self.hidden(F.relu(total))))  # type: ignore[no-any-return]


def test_wavenet_sees_the_past_alone_at_any_length() -> None:
    theirs = WaveNet(8, 12, [1, 2, 4, 8] * 2).eval()
    ours = alike("wavenet", theirs, width=8, skip=12, dilations=[1, 2, 4, 8], stacks=2).eval()
    assert list(ours.state_dict()) == [*theirs.state_dict()]
    samples = torch.randint(0, 256, (2, 70))
    found = ours(samples)
    torch.testing.assert_close(found, theirs(samples), rtol=0, atol=0)
    later = samples.clone()
    later[:, 40:] = 0
    torch.testing.assert_close(ours(later)[:, :, :40], found[:, :, :40], rtol=0, atol=0)


class Siamese(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for given, made, kernel in ((1, 64, 10), (64, 128, 7), (128, 128, 4), (128, 256, 4)):
            layers += [nn.Conv2d(given, made, kernel), nn.ReLU(), nn.MaxPool2d(2)]
        self.encoder = nn.Sequential(*layers[:-1], nn.Flatten(), nn.Linear(9216, 16), nn.Sigmoid())
        self.same = nn.Linear(16, 1)

    def forward(self, left: Tensor, right: Tensor) -> Tensor:
        return torch.sigmoid(self.same((self.encoder(left) - self.encoder(right)).abs()))


def test_siamese_looks_at_both_with_the_same_weights() -> None:
    theirs = Siamese()
    ours = alike("siamese", theirs, features=16)
    left, right = torch.rand(2, 1, 105, 105), torch.rand(2, 1, 105, 105)
    torch.testing.assert_close(ours(left, right), theirs(left, right), rtol=0, atol=0)
    torch.testing.assert_close(ours(left, right), ours(right, left), rtol=0, atol=0)


def embedded(step: Tensor, width: int) -> Tensor:
    """Sines, then cosines, of the time at wavelengths from 2 pi to 10000 x 2 pi (Ho et al., 2020)."""
    rates = torch.exp(torch.arange(width // 2) * -(math.log(10000) / (width // 2 - 1)))
    angles = step.float() * rates
    return torch.cat([angles.sin(), angles.cos()], 1)


def norm(channels: int) -> nn.GroupNorm:
    return nn.GroupNorm(32, channels, eps=1e-6)


class ResnetBlock(nn.Module):
    def __init__(self, given: int, made: int, time: int) -> None:
        super().__init__()
        self.time_proj = nn.Linear(time, made)
        self.norm1, self.conv1 = norm(given), nn.Conv2d(given, made, 3, padding=1)
        self.norm2, self.conv2 = norm(made), nn.Conv2d(made, made, 3, padding=1)
        self.shortcut = nn.Conv2d(given, made, 1) if given != made else nn.Identity()

    def forward(self, x: Tensor, time: Tensor) -> Tensor:
        h = self.conv1(F.silu(self.norm1(x))) + self.time_proj(time)[:, :, None, None]
        return self.shortcut(x) + self.conv2(F.silu(self.norm2(h)))  # type: ignore[no-any-return]


class AttentionBlock(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = norm(channels)
        self.q, self.k, self.v, self.out = (nn.Linear(channels, channels) for _ in range(4))

    def forward(self, x: Tensor) -> Tensor:
        pixels = self.norm(x).flatten(2).transpose(1, 2)
        scores = self.q(pixels) @ self.k(pixels).transpose(1, 2) / math.sqrt(x.shape[1])
        seen = self.out(scores.softmax(-1) @ self.v(pixels))
        return x + seen.transpose(1, 2).reshape(x.shape)  # type: ignore[no-any-return]


class Unet(nn.Module):
    """The U-Net of Ho et al. for 32x32 images, with a stack of what the way down leaves."""

    def __init__(self, width: int) -> None:
        super().__init__()
        time = 4 * width
        self.time = nn.Sequential(nn.Linear(width, time), nn.SiLU(), nn.Linear(time, time), nn.SiLU())
        self.width = width
        self.first = nn.Conv2d(3, width, 3, padding=1)
        left, channels, steps = [width], width, []
        for level, factor in enumerate((1, 2, 2, 2)):
            for _ in range(2):
                steps += [ResnetBlock(channels, factor * width, time)]
                channels = factor * width
                steps += [AttentionBlock(channels)] if level == 1 else []
                left.append(channels)
            if level < 3:
                steps.append(nn.Conv2d(channels, channels, 3, stride=2))
                left.append(channels)
        self.down = nn.ModuleList(steps)
        self.middle = nn.ModuleList(
            [ResnetBlock(channels, channels, time), AttentionBlock(channels), ResnetBlock(channels, channels, time)]
        )
        steps = []
        for level, factor in reversed(list(enumerate((1, 2, 2, 2)))):
            for _ in range(3):
                steps.append(ResnetBlock(channels + left.pop(), factor * width, time))
                channels = factor * width
                steps += [AttentionBlock(channels)] if level == 1 else []
            steps += [nn.Conv2d(channels, channels, 3, padding=1)] if level else []
        self.up = nn.ModuleList(steps)
        self.norm, self.last = norm(width), nn.Conv2d(width, 3, 3, padding=1)

    def forward(self, image: Tensor, step: Tensor) -> Tensor:
        time = self.time(embedded(step, self.width))
        x = self.first(image)
        left = [x]
        for layer in self.down:
            if isinstance(layer, AttentionBlock):
                left[-1] = x = layer(x)
                continue
            x = layer(x, time) if isinstance(layer, ResnetBlock) else layer(F.pad(x, (0, 1, 0, 1)))
            left.append(x)
        for layer in self.middle:
            x = layer(x, time) if isinstance(layer, ResnetBlock) else layer(x)
        for layer in self.up:
            if isinstance(layer, ResnetBlock):
                x = layer(torch.cat([x, left.pop()], 1), time)
            else:
                x = layer(x) if isinstance(layer, AttentionBlock) else layer(F.interpolate(x, scale_factor=2.0))
        assert not left
        return self.last(F.silu(self.norm(x)))  # type: ignore[no-any-return]


def test_ddpm_unet_tells_noise_as_its_paper_s_network_does() -> None:
    theirs = Unet(32).eval()
    ours = alike("ddpm_unet", theirs, width=32).eval()
    image, step = torch.randn(2, 3, 32, 32), torch.tensor([[3], [870]])
    torch.testing.assert_close(ours(image, step), theirs(image, step), rtol=1e-5, atol=1e-5)
    with torch.device("meta"):
        assert sum(p.numel() for p in Unet(128).parameters()) == 35_746_307  # the paper's 35.7 million


class Multiscale(nn.Module):
    def __init__(self, classes: int) -> None:
        super().__init__()
        self.convolutions = nn.ModuleList(nn.Conv2d(a, b, 7, padding=3) for a, b in ((3, 16), (16, 64), (64, 256)))
        self.classifier = nn.Conv2d(768, classes, 1)

    def features(self, x: Tensor) -> Tensor:
        first, second, third = self.convolutions
        x = F.max_pool2d(first(x).tanh(), 2)
        x = F.max_pool2d(second(x).tanh(), 2)
        return third(x)  # type: ignore[no-any-return]

    def forward(self, image: Tensor) -> Tensor:
        maps = [self.features(F.interpolate(image, scale_factor=scale, mode="area")) for scale in (1.0, 0.5, 0.25)]
        maps = [F.interpolate(each, maps[0].shape[2:]) for each in maps]
        return F.interpolate(self.classifier(torch.cat(maps, 1)), image.shape[2:], mode="bilinear")


def test_farabet_multiscale_reads_all_scales_with_the_same_weights() -> None:
    theirs = Multiscale(3).eval()
    ours = alike("farabet_multiscale", theirs, classes=3, input=[3, 48, 64]).eval()
    image = torch.randn(2, 3, 48, 64)
    torch.testing.assert_close(ours(image), theirs(image), rtol=1e-5, atol=1e-5)
