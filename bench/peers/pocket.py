"""A picture of the pocket model's Stable Diffusion in diffusers, which knows no references here."""

import argparse

import torch
from diffusers import DDIMScheduler, StableDiffusionPipeline

from serve import serve

parser = argparse.ArgumentParser()
parser.add_argument("--once", action="store_true")
parser.add_argument("--threads", type=int, default=2)
args = parser.parse_args()
torch.set_num_threads(args.threads)

pipeline = StableDiffusionPipeline.from_pretrained(
    "models/pocket", image_encoder=None, torch_dtype=torch.float32,
)
pipeline.scheduler = DDIMScheduler.from_config(pipeline.scheduler.config)
pipeline.set_progress_bar_config(disable=True)


def picture():
    return pipeline(
        "a basketball and a backpack on a blue background",
        num_inference_steps=50, guidance_scale=2.0,
        generator=torch.Generator().manual_seed(0),
    ).images[0]


if args.once:
    picture().save(".cache/bench/diffusers.png")
else:
    serve(picture)
