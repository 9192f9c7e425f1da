"""One step of diffusers' UNet of Stable Diffusion 1.5 on a GPU, with the weights of the product."""

import argparse

import torch

from sd15 import sd15_unet
from serve import serve

parser = argparse.ArgumentParser()
parser.add_argument("--mode", default="eager")
parser.add_argument("--precision", default="float16")
parser.add_argument("--side", type=int, default=64)
parser.add_argument("--batch", type=int, default=2)
parser.add_argument("--threads", type=int, default=2)
args = parser.parse_args()
torch.set_grad_enabled(False)
kind = {"device": "cuda", "dtype": getattr(torch, args.precision)}
unet = sd15_unet().eval().to(memory_format=torch.channels_last, **kind)
if args.mode == "compile":
    unet = torch.compile(unet)
generator = torch.Generator().manual_seed(1)
sample = torch.randn(args.batch, 4, args.side, args.side, generator=generator)
text = torch.randn(args.batch, 77, 768, generator=generator)
sample, text = sample.to(**kind), text.to(**kind)


def step():
    unet(sample, 500, text, return_dict=False)
    torch.cuda.synchronize()


for _ in range(3):
    step()
serve(step)
