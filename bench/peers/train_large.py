"""A training step of LocRef's adapter on a frozen UNet of Stable Diffusion 1.5's size in PyTorch eager:
pooled image features, 16 tokens a picture, AdamW."""

import argparse

import torch
import torch.nn.functional as F
from layout_net import add_layout_net, conditions, masks
from torch import nn

from sd15 import sd15_unet
from serve import serve

parser = argparse.ArgumentParser()
parser.add_argument("--side", type=int, default=32)
parser.add_argument("--batch", type=int, default=1)
parser.add_argument("--threads", type=int, default=2)
args = parser.parse_args()
torch.set_num_threads(args.threads)

INSTANCES, FEATURES, TOKENS = 4, 1280, 16

unet = sd15_unet()
unet.requires_grad_(False)
layers = add_layout_net(unet)
projection = nn.Sequential(
    nn.Linear(FEATURES, FEATURES), nn.GELU(), nn.Linear(FEATURES, TOKENS * 768),
)
norm = nn.LayerNorm(768)
trained = [*layers.parameters(), *projection.parameters(), *norm.parameters()]
optimizer = torch.optim.AdamW(trained, 1e-4, weight_decay=0.01)

sample = torch.randn(args.batch, 4, args.side, args.side)
target = torch.randn_like(sample)
time = torch.randint(0, 1000, (args.batch,))
text = torch.randn(args.batch, 77, 768)
images = torch.randn(args.batch, FEATURES)
references = torch.randn(args.batch * INSTANCES, FEATURES)
for side in (args.side >> level for level in range(4)):
    masks[side * side] = {
        "text": torch.ones(args.batch, side * side, 1),
        "ci": torch.ones(args.batch, side * side, 1),
        "ri": torch.full((args.batch, INSTANCES, side * side, 1), 1 / INSTANCES),
    }


def tokens(features):
    return norm(projection(features).unflatten(-1, (TOKENS, 768)))


def step():
    optimizer.zero_grad()
    conditions.update(ci=tokens(images), ri=tokens(references))
    loss = F.mse_loss(unet(sample, time, text).sample, target)
    loss.backward()
    optimizer.step()
    loss.item()


serve(step)
