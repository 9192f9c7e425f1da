"""One step of diffusers' ControlNet and UNet with the weights that the product runs on."""

import argparse

import torch
from diffusers import ControlNetModel
from safetensors.torch import load_file

from sd15 import sd15_unet
from serve import serve

parser = argparse.ArgumentParser()
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--channels-last", action="store_true")
args = parser.parse_args()
torch.set_num_threads(args.threads)
torch.set_grad_enabled(False)

unet = sd15_unet()
with torch.device("meta"):
    control = ControlNetModel(cross_attention_dim=768, attention_head_dim=8)
control.load_state_dict(
    load_file(".cache/bench/controlnet.safetensors"), assign=True,
)
unet.eval()
control.eval()

sample = torch.randn(2, 4, 64, 64)
text = torch.randn(2, 77, 768)
hint = torch.rand(2, 3, 512, 512)
if args.channels_last:
    unet.to(memory_format=torch.channels_last)
    control.to(memory_format=torch.channels_last)
    sample = sample.to(memory_format=torch.channels_last)
    hint = hint.to(memory_format=torch.channels_last)
time = torch.tensor(500.0)


def step():
    down, middle = control(sample, time, text, hint, return_dict=False)
    unet(
        sample, time, text,
        down_block_additional_residuals=down,
        mid_block_additional_residual=middle,
    )


serve(step)
