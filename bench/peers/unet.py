"""One step of diffusers' UNet of Stable Diffusion 1.5 with the weights that the product runs on."""

import argparse
import os
import subprocess
import sys

os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", ".cache/bench/inductor")

import torch

from serve import serve

parser = argparse.ArgumentParser()
parser.add_argument("--weights", default=".cache/bench/unet.safetensors")
parser.add_argument("--mode", default="eager")
parser.add_argument("--channels-last", action="store_true")
parser.add_argument("--shallow", action="store_true", help="outermost blocks alone")
parser.add_argument("--side", type=int, default=64)
parser.add_argument("--batch", type=int, default=2)
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--write", help="convert to this file and end")
args = parser.parse_args()
torch.set_num_threads(args.threads)
torch.set_grad_enabled(False)

generator = torch.Generator().manual_seed(1)
sample = torch.randn(args.batch, 4, args.side, args.side, generator=generator)
time = torch.tensor(500.0)
text = torch.randn(args.batch, 77, 768, generator=generator)
feeds = {"sample": sample, "time": time, "text": text}


def load():
    from sd15 import sd15_unet

    unet = sd15_unet(args.weights)
    if args.channels_last:
        unet.to(memory_format=torch.channels_last)
    return unet.eval()


class Plain(torch.nn.Module):
    """The UNet as a function of tensors, as exporters want it."""

    def __init__(self):
        super().__init__()
        self.model = load()

    def forward(self, sample, time, text):
        return self.model(sample, time, text, return_dict=False)[0]


class Shallow(torch.nn.Module):
    """The last layer of the last block on deep features of an earlier step, as in DeepCache."""

    def __init__(self):
        super().__init__()
        self.model = load()
        self.deep = torch.randn(args.batch, 320, args.side, args.side)

    def forward(self, sample, time, text):
        unet = self.model
        embedding = unet.time_embedding(unet.time_proj(time.expand(args.batch)))
        x = torch.cat([self.deep, unet.conv_in(sample)], dim=1)
        last = unet.up_blocks[-1]
        x = last.resnets[-1](x, embedding)
        x = last.attentions[-1](x, text).sample
        return unet.conv_out(unet.conv_act(unet.conv_norm_out(x)))


def write(path):
    """Converts the UNet, as a user would once."""
    inputs = tuple(feeds.values())
    if path.endswith(".onnx"):
        torch.onnx.export(
            Plain(), inputs, path, dynamo=True,
            input_names=list(feeds), external_data=True,
        )
        return
    import openvino

    model = openvino.convert_model(Plain(), example_input=inputs)
    model.reshape({i: list(value.shape) for i, value in enumerate(inputs)})
    if "int8" in path:
        import nncf

        data = nncf.Dataset([[value.numpy() for value in inputs]])
        model = nncf.quantize(
            model, data, subset_size=1, model_type=nncf.ModelType.TRANSFORMER,
        )
    openvino.save_model(model, path, compress_to_fp16=False)


def written(kind):
    """The converted file, made once by a process of its own, whose memory is not counted here."""
    path = f".cache/bench/unet-{args.batch}x{args.side}-{kind}"
    if not os.path.exists(path):
        subprocess.run(
            [sys.executable, *sys.argv, "--write", path], check=True,
            stdout=sys.stderr,
        )
    return path


def openvino_step(kind):
    path = written(kind)
    import openvino

    settings = {
        "INFERENCE_NUM_THREADS": args.threads,
        "INFERENCE_PRECISION_HINT": "f32",
    }
    request = openvino.compile_model(path, "CPU", settings)
    inputs = [value.contiguous().numpy() for value in feeds.values()]
    return lambda: request(inputs)


def onnxruntime_step():
    path = written("torch.onnx")
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # read as it is imported
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = args.threads
    session = onnxruntime.InferenceSession(path, options)
    inputs = {name: value.numpy() for name, value in feeds.items()}
    return lambda: session.run(None, inputs)


def torch_step():
    unet = Shallow() if args.shallow else Plain()
    if args.mode == "compile":
        unet = torch.compile(unet)
    if args.channels_last:
        feeds["sample"] = sample.to(memory_format=torch.channels_last)
    return lambda: unet(**feeds)


if args.write:
    write(args.write)
elif args.mode in ("eager", "compile"):
    serve(torch_step())
elif args.mode == "openvino":
    serve(openvino_step("openvino.xml"))
elif args.mode == "openvino-int8":
    serve(openvino_step("openvino-int8.xml"))
elif args.mode == "onnxruntime":
    serve(onnxruntime_step())
else:
    raise SystemExit(f"unknown mode {args.mode}")
