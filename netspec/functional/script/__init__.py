"""The loop of a training script: on one device, or in as many processes as torchrun
starts. `netspec build --with-train` writes it down with a recipe's settings.
"""
