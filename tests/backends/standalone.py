"""Runs built files in a process of its own that cannot import netspec: `python -I standalone.py`, requests on stdin."""

import importlib.util
import json
import sys

import torch

sys.modules["netspec"] = None  # where it is installed, importing it fails all the same
print("ready", flush=True)
for line in sys.stdin:
    request = json.loads(line)
    torch.set_num_threads(request["threads"])
    spec = importlib.util.spec_from_file_location("built", request["source"])
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    network = getattr(module, request["class"])()
    saved = torch.load(request["saved"], weights_only=True, mmap=True)
    network.load_state_dict(saved["weights"], assign=True)
    with torch.no_grad():
        output = network.eval()(*saved["inputs"])
    torch.save(output, request["output"])
    print("done", flush=True)
