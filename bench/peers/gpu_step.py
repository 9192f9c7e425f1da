"""One step of diffusers' UNet on a GPU, with the weights of the product."""

import argparse

import torch

from sd15 import sd15_unet
from sdxl import sdxl_inputs, sdxl_unet
from serve import serve

parser = argparse.ArgumentParser()
parser.add_argument("--model", default="sd15")
parser.add_argument("--mode", default="eager")
parser.add_argument("--precision", default="float16")
parser.add_argument("--side", type=int, default=64)
parser.add_argument("--batch", type=int, default=2)
parser.add_argument("--tiny", action="store_true")
parser.add_argument("--threads", type=int, default=2)
args = parser.parse_args()
torch.set_grad_enabled(False)
kind = {"device": "cuda", "dtype": getattr(torch, args.precision)}
if args.model == "sdxl":
    unet = sdxl_unet(args.tiny)
    sample, time, text, pooled, sizes = sdxl_inputs(args.batch, args.side)
    added = {"text_embeds": pooled.to(**kind), "time_ids": sizes.to(**kind)}
    more = {"added_cond_kwargs": added}
else:
    unet = sd15_unet().eval()
    generator = torch.Generator().manual_seed(1)
    sample = torch.randn(args.batch, 4, args.side, args.side, generator=generator)
    text = torch.randn(args.batch, 77, 768, generator=generator)
    more = {}
unet = unet.to(memory_format=torch.channels_last, **kind)
if args.mode == "compile":
    unet = torch.compile(unet)
sample, text = sample.to(**kind), text.to(**kind)


def step():
    unet(sample, 500, text, return_dict=False, **more)
    torch.cuda.synchronize()


for _ in range(3):
    step()
serve(step)
