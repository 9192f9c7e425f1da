import type { Group } from "../lib/core/command/command.ts";

/**
 * All commands. Modules are named in two parts, because Deno fetches the packages of every module
 * that a plain literal names before the first line runs.
 */
export const commands: Group = {
  commands: {
    demo: {
      summary:
        "place three references that the pocket model never saw in one scene",
      load: () => import(`../cli${"/demo.ts"}`),
    },
    generate: {
      summary: "make a picture of a scene",
      load: () => import(`../cli${"/generate.ts"}`),
    },
    preview: {
      summary:
        "draw a scene's boxes, composite image and masks, without a model",
      load: () => import(`../cli${"/preview.ts"}`),
    },
    doctor: {
      summary: "diagnose a weight file, a model's folder or a repository",
      load: () => import(`../cli${"/doctor.ts"}`),
    },
    convert: {
      summary: "take the tensors out of a PyTorch checkpoint, as safetensors",
      load: () => import(`../cli${"/convert.ts"}`),
    },
    adapter: {
      summary: "convert an IP-Adapter, or publish an adapter on the hub",
      load: () => import(`../cli${"/adapter.ts"}`),
    },
    export: {
      summary: "write a model as ONNX graphs, with a page that runs them",
      load: () => import(`../cli${"/export.ts"}`),
    },
    dataset: {
      summary: "build captioned training scenes from COCO or OpenImages",
      load: () => import(`../train${"/dataset/cli.ts"}`),
    },
    train: {
      summary: "train LocRef, or a stage of the pocket family",
      load: () => import(`../train${"/cli.ts"}`),
    },
    eval: {
      summary: "score detections and pictures, as in the paper",
      load: () => import(`../eval${"/cli.ts"}`),
    },
    "setup-tensorflow": {
      summary: "make TensorFlow run under Deno, for training",
      load: () => import(`../cli/setup_tensorflow${"/command.ts"}`),
    },
    "setup-cuda": {
      summary: "make onnxruntime run on an NVIDIA GPU",
      load: () => import(`../cli/setup_cuda${"/command.ts"}`),
    },
    ablation: {
      summary: "run the paper's ablation in miniature, on held-out objects",
      load: () => import(`../eval${"/ablation/command.ts"}`),
    },
    pocket: {
      summary: "train the whole pocket family from nothing",
      load: () => import(`../train${"/pocket/cli.ts"}`),
    },
  },
};
