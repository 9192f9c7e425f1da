"""One step of diffusers' UNet of SDXL with the weights that the product runs on."""

import argparse
import os
import subprocess
import sys

import torch
from diffusers import UNet2DConditionModel
from safetensors.torch import load_file

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

name = "unet-sdxl-tiny" if args.tiny else "unet-sdxl"
generator = torch.Generator().manual_seed(1)
inputs = (
    torch.randn(args.batch, 4, args.side, args.side, generator=generator),
    torch.tensor(500.0),
    torch.randn(args.batch, 77, 2048, generator=generator),
    torch.randn(args.batch, 1280, generator=generator),
    torch.full((args.batch, 6), 8.0 * args.side),
)


class Step(torch.nn.Module):
    """The UNet as a function of tensors, as exporters want it."""

    def __init__(self):
        super().__init__()
        with torch.device("meta"):
            self.unet = UNet2DConditionModel(
                sample_size=128, cross_attention_dim=2048,
                down_block_types=(
                    "DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D",
                ),
                up_block_types=(
                    "CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D",
                ),
                block_out_channels=(32, 64, 128) if args.tiny else (320, 640, 1280),
                attention_head_dim=(1, 2, 4) if args.tiny else (5, 10, 20),
                transformer_layers_per_block=(1, 1, 1) if args.tiny else (1, 2, 10),
                use_linear_projection=True, addition_embed_type="text_time",
                addition_time_embed_dim=256,
                projection_class_embeddings_input_dim=2816,
            )
        weights = load_file(f".cache/bench/{name}.safetensors")
        self.unet.load_state_dict(weights, assign=True, strict=True)
        self.unet.eval()

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
