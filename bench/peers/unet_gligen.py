"""One step of diffusers' GLIGEN (boxes and phrases) with the weights that the product runs on."""

import argparse

import torch
from safetensors.torch import load_file

from sd15 import sd15_unet
from serve import serve

parser = argparse.ArgumentParser()
parser.add_argument("--threads", type=int, default=2)
args = parser.parse_args()
torch.set_num_threads(args.threads)
torch.set_grad_enabled(False)

unet = sd15_unet(attention_type="gated")
unet.load_state_dict(
    load_file(".cache/bench/gligen.safetensors"), assign=True, strict=False,
)
for name, value in list(unet.named_parameters()):
    if value.device.type == "meta":  # gates and the grounding net, which are random
        owner, _, key = name.rpartition(".")
        own = torch.nn.Parameter(torch.randn(value.shape) * 0.02)
        setattr(unet.get_submodule(owner), key, own)
unet.eval()

sample = torch.randn(2, 4, 64, 64)
text = torch.randn(2, 77, 768)
gligen = {
    "boxes": torch.rand(2, 30, 4),
    "positive_embeddings": torch.randn(2, 30, 768),
    "masks": torch.ones(2, 30),
}


def step():
    unet(
        sample, torch.tensor(500.0), text,
        cross_attention_kwargs={"gligen": dict(gligen)},
    )


serve(step)
