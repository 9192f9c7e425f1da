"""A picture of a whole model of Stable Diffusion 1.5's size in diffusers."""

import argparse

import torch
from diffusers import (
    DDIMScheduler,
    DPMSolverMultistepScheduler,
    StableDiffusionPipeline,
)

from serve import serve

parser = argparse.ArgumentParser()
parser.add_argument("--side", type=int, default=512)
parser.add_argument("--steps", type=int, default=50)
parser.add_argument("--sampler", default="ddim")
parser.add_argument("--once", action="store_true")
parser.add_argument("--threads", type=int, default=2)
args = parser.parse_args()
torch.set_num_threads(args.threads)

pipeline = StableDiffusionPipeline.from_pretrained(
    ".cache/bench/whole", torch_dtype=torch.float32,
)
kind = DPMSolverMultistepScheduler if args.sampler == "dpm++" else DDIMScheduler
pipeline.scheduler = kind.from_config(pipeline.scheduler.config)
pipeline.set_progress_bar_config(disable=True)


def picture(steps=args.steps):
    pipeline(
        "a basketball on a blue background", num_inference_steps=steps,
        height=args.side, width=args.side, guidance_scale=7.5,
        generator=torch.Generator().manual_seed(0),
    )


if args.once:
    picture()
else:
    picture(2)
    serve(picture)
