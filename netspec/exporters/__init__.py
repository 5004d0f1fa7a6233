"""Networks in other formats: ONNX, torch.export and safetensors, each one file in `formats/`. Needs torch."""
