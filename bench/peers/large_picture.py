"""A picture of a whole model of Stable Diffusion 1.5's size in diffusers."""

import argparse

import torch
from diffusers import (
    AutoencoderTiny,
    DDIMScheduler,
    DPMSolverMultistepScheduler,
    LCMScheduler,
    StableDiffusionPipeline,
)

from serve import serve

parser = argparse.ArgumentParser()
parser.add_argument("--model", default=".cache/bench/whole")
parser.add_argument("--taesd", help="tiny VAE that decodes")
parser.add_argument("--guidance", type=float, default=7.5)
parser.add_argument("--side", type=int, default=512)
parser.add_argument("--steps", type=int, default=50)
parser.add_argument("--sampler", default="ddim")
parser.add_argument("--once", action="store_true")
parser.add_argument("--threads", type=int, default=2)
args = parser.parse_args()
torch.set_num_threads(args.threads)

parts = {}
if args.taesd:
    parts["vae"] = AutoencoderTiny.from_pretrained(args.taesd)
pipeline = StableDiffusionPipeline.from_pretrained(
    args.model, torch_dtype=torch.float32, **parts,
)
kinds = {
    "ddim": DDIMScheduler,
    "dpm++": DPMSolverMultistepScheduler,
    "lcm": LCMScheduler,
}
if args.sampler != "own":  # "own" is that of the model's files
    kind = kinds[args.sampler]
    pipeline.scheduler = kind.from_config(pipeline.scheduler.config)
pipeline.set_progress_bar_config(disable=True)


pictures = 0


def picture(steps=args.steps):
    global pictures
    pictures += 1
    pipeline(
        f"a basketball on a blue background {pictures}", num_inference_steps=steps,
        height=args.side, width=args.side, guidance_scale=args.guidance,
        generator=torch.Generator().manual_seed(0),
    )


if args.once:
    picture()
else:
    picture(2)
    serve(picture)
