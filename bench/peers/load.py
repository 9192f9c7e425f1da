"""Opens a large safetensors file and reads every tensor of it, one at a time."""

from safetensors import safe_open

from serve import serve


def load():
    total = 0.0
    with safe_open(".cache/bench/unet.safetensors", "pt") as file:
        for name in file.keys():
            total += file.get_tensor(name).clone().flatten()[0].item()


serve(load)
