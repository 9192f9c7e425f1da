"""One step of diffusers' UNet of Stable Diffusion 1.5 with the weights that the product runs on."""

import argparse
import os
import tempfile

import torch
from safetensors.torch import load_file

from serve import serve

parser = argparse.ArgumentParser()
parser.add_argument("--weights", default=".cache/bench/unet.safetensors")
parser.add_argument("--mode", default="eager")
parser.add_argument("--side", type=int, default=64)
parser.add_argument("--batch", type=int, default=2)
parser.add_argument("--threads", type=int, default=2)
args = parser.parse_args()
torch.set_num_threads(args.threads)
torch.set_grad_enabled(False)

from diffusers import UNet2DConditionModel  # noqa: E402

with torch.device("meta"):
    unet = UNet2DConditionModel(
        sample_size=64,
        cross_attention_dim=768,
        attention_head_dim=8,
        block_out_channels=(320, 640, 1280, 1280),
        layers_per_block=2,
    )
unet.load_state_dict(load_file(args.weights), assign=True, strict=False)
unet.eval()

generator = torch.Generator().manual_seed(1)
sample = torch.randn(args.batch, 4, args.side, args.side, generator=generator)
time = torch.tensor(500.0)
text = torch.randn(args.batch, 77, 768, generator=generator)


class Plain(torch.nn.Module):
    """The UNet as a function of tensors, as exporters want it."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, sample, time, text):
        return self.model(sample, time, text, return_dict=False)[0]


def exported(folder):
    path = os.path.join(folder, "unet.onnx")
    torch.onnx.export(
        Plain(unet), (sample, time, text), path, dynamo=True,
        input_names=["sample", "time", "text"], external_data=True,
    )
    return path


if args.mode == "eager":
    serve(lambda: unet(sample, time, text))
elif args.mode == "channels_last":
    unet.to(memory_format=torch.channels_last)
    sample = sample.to(memory_format=torch.channels_last)
    serve(lambda: unet(sample, time, text))
elif args.mode == "compile":
    compiled = torch.compile(unet)
    serve(lambda: compiled(sample, time, text))
elif args.mode == "openvino":
    import openvino

    model = openvino.convert_model(
        Plain(unet), example_input=(sample, time, text),
    )
    settings = {
        "INFERENCE_NUM_THREADS": args.threads,
        "INFERENCE_PRECISION_HINT": "f32",
    }
    request = openvino.compile_model(model, "CPU", settings)
    del model, unet
    inputs = [sample.numpy(), time.numpy(), text.numpy()]
    serve(lambda: request(inputs))
elif args.mode == "onnxruntime":
    import onnxruntime

    with tempfile.TemporaryDirectory(dir=".cache/bench") as folder:
        path = exported(folder)
        del unet
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = args.threads
        session = onnxruntime.InferenceSession(path, options)
        feeds = {
            "sample": sample.numpy(), "time": time.numpy(), "text": text.numpy(),
        }
        serve(lambda: session.run(None, feeds))
else:
    raise SystemExit(f"unknown mode {args.mode}")
