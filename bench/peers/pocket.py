"""A picture of the pocket model's Stable Diffusion in diffusers, which knows no references here."""

import argparse
import os

os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", ".cache/bench/inductor")

import torch
from diffusers import (
    DDIMScheduler,
    DPMSolverMultistepScheduler,
    StableDiffusionPipeline,
)

from coordinates import with_coordinates
from serve import serve

parser = argparse.ArgumentParser()
parser.add_argument("--steps", type=int, default=50)
parser.add_argument("--sampler", default="ddim")
parser.add_argument("--deep-cache", type=int, help="whole UNet in every n-th step")
parser.add_argument("--compile", action="store_true")
parser.add_argument("--once", action="store_true")
parser.add_argument("--threads", type=int, default=2)
args = parser.parse_args()
torch.set_num_threads(args.threads)

pipeline = StableDiffusionPipeline.from_pretrained(
    "models/pocket", image_encoder=None, torch_dtype=torch.float32,
)
with_coordinates(pipeline.unet)
kind = DPMSolverMultistepScheduler if args.sampler == "dpm++" else DDIMScheduler
pipeline.scheduler = kind.from_config(pipeline.scheduler.config)
pipeline.set_progress_bar_config(disable=True)
if args.compile:
    pipeline.unet = torch.compile(pipeline.unet)
if args.deep_cache:
    from DeepCache import DeepCacheSDHelper

    helper = DeepCacheSDHelper(pipe=pipeline)
    helper.set_params(cache_interval=args.deep_cache, cache_branch_id=0)
    helper.enable()


def picture():
    return pipeline(
        "a basketball and a backpack on a blue background",
        num_inference_steps=args.steps, guidance_scale=2.0,
        generator=torch.Generator().manual_seed(0),
    ).images[0]


if args.once:
    picture().save(".cache/bench/diffusers.png")
else:
    serve(picture)
