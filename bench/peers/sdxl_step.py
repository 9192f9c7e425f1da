"""One step of diffusers' UNet of SDXL with the weights that the product runs on."""

import argparse
import os
import subprocess
import sys

import torch

from sdxl import sdxl_inputs, sdxl_name, sdxl_unet
from serve import serve

parser = argparse.ArgumentParser()
parser.add_argument("--mode", default="eager")
parser.add_argument("--side", type=int, default=64)
parser.add_argument("--batch", type=int, default=1)
parser.add_argument("--tiny", action="store_true")
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--write", help="convert to this file and end")
args = parser.parse_args()
torch.set_num_threads(args.threads)
torch.set_grad_enabled(False)

name = sdxl_name(args.tiny)
inputs = sdxl_inputs(args.batch, args.side)


class Step(torch.nn.Module):
    """The UNet as a function of tensors, as exporters want it."""

    def __init__(self):
        super().__init__()
        self.unet = sdxl_unet(args.tiny)

    def forward(self, sample, time, text, pooled, sizes):
        added = {"text_embeds": pooled, "time_ids": sizes}
        return self.unet(
            sample, time, text, added_cond_kwargs=added, return_dict=False,
        )[0]


def openvino_step():
    import openvino  # before the conversion, so that its absence is what is named

    path = f".cache/bench/{name}-{args.batch}x{args.side}-openvino.xml"
    if not os.path.exists(path):  # by a process of its own, whose memory is not counted
        subprocess.run(
            [sys.executable, *sys.argv, "--write", path], check=True,
            stdout=sys.stderr,
        )
    request = openvino.compile_model(path, "CPU", {
        "INFERENCE_NUM_THREADS": args.threads,
        "INFERENCE_PRECISION_HINT": "f32",
    })
    arrays = [value.contiguous().numpy() for value in inputs]
    return lambda: request(arrays)


if args.write:
    import openvino

    model = openvino.convert_model(Step(), example_input=inputs)
    model.reshape({i: list(value.shape) for i, value in enumerate(inputs)})
    openvino.save_model(model, args.write, compress_to_fp16=False)
elif args.mode == "openvino":
    serve(openvino_step())
else:
    step = Step()
    serve(lambda: step(*inputs))
