"""The peak of a training step, predicted and measured: ``torch.cuda.max_memory_allocated`` on a GPU.

Target: within 10 % for every network and precision. Needs a GPU.
Usage: python benchmarks/memory_gpu.py [NETWORK...]
"""

from __future__ import annotations

import sys

import torch
import torch.nn.functional as F

import netspec

TARGET = 0.10
BATCHES = {
    "lenet": 4096,
    "vgg16": 64,
    "resnet50": 64,
    "mobilenet_v2": 64,
    "googlenet": 64,
    "convnext_tiny": 64,
    "vit_b_16": 64,
}
PRECISIONS = ("float32", "bf16", "bf16-true")
STEPS = 3


def measured(name: str, batch: int, precision: str) -> int:
    """Most bytes that tensors take in a training step with AdamW; the first one, which warms up, does not count."""
    torch.cuda.empty_cache()
    before = torch.cuda.memory_allocated()
    spec = netspec.load(name)
    dtype = torch.bfloat16 if precision == "bf16-true" else torch.float32
    model = netspec.compile(spec, device="cuda").to(dtype).train()
    optimizer = torch.optim.AdamW(model.parameters(), fused=True)
    (given,) = spec.graph.inputs.values()
    images = torch.rand(batch, *given.shape, device="cuda", dtype=dtype)
    targets = torch.zeros(batch, dtype=torch.int64, device="cuda")
    for step in range(STEPS):
        if step == STEPS - 1:
            torch.cuda.reset_peak_memory_stats()
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cuda", torch.bfloat16, enabled=precision == "bf16"):
            found = model(images)
            outputs = list(found.values()) if isinstance(found, dict) else [found]
            loss = torch.stack([F.cross_entropy(output, targets) for output in outputs]).sum()
        del found, outputs
        loss.backward()
        del loss
        optimizer.step()
    torch.cuda.synchronize()
    return torch.cuda.max_memory_allocated() - before


def main(names: list[str]) -> int:
    """Compare; 1 where a prediction is off by more than the target."""
    if not torch.cuda.is_available():
        print("This needs a GPU.", file=sys.stderr)
        return 2
    print(torch.cuda.get_device_name(), "torch", torch.__version__)
    worst = 0.0
    for name in names or BATCHES:
        for precision in PRECISIONS:
            batch = BATCHES.get(name, 32)
            found = netspec.memory(name, batch=batch, precision=precision, optimizer="adamw", device="cuda")
            peak, torch_peak = found.training_peak, measured(name, batch, precision)
            if peak is None:
                print(f"{name:16} {precision:10} unknown")
                continue
            error = peak / torch_peak - 1
            worst = max(worst, abs(error))
            print(f"{name:16} {precision:10} batch {batch:5}  {peak:>16,} predicted {torch_peak:>16,} {error:+7.1%}")
    print(f"largest error {worst:.1%}; target {TARGET:.0%}")
    return int(worst > TARGET)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
