"""A new process that ends where the first step of a picture begins, or with --until end, ends."""

import argparse
import os

import torch
from diffusers import StableDiffusionPipeline

parser = argparse.ArgumentParser()
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--until", default="start")
args = parser.parse_args()
torch.set_num_threads(args.threads)

pipeline = StableDiffusionPipeline.from_pretrained(
    ".cache/bench/whole", torch_dtype=torch.float32,
)
forward = pipeline.unet.forward


def once(*inputs, **options):
    if args.until == "end":
        forward(*inputs, **options)
    os._exit(0)


pipeline.unet.forward = once
pipeline("a basketball on a blue background", num_inference_steps=50)
