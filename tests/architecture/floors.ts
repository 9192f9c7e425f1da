/** The floors of the code, lowest first: a file imports from its own floor and from those below. */

/** One floor. */
export interface Floor {
  /** Folder or file, from the root of the checkout. */
  readonly path: string;
  /** Its contents, as ARCHITECTURE.md lists them. */
  readonly holds: string;
}

/** Every floor, lowest first; ARCHITECTURE.md's table is checked against it. */
export const floors: readonly Floor[] = [
  {
    path: "lib/core",
    holds:
      "tensors, errors, checks of options, hashes, random numbers, packages",
  },
  {
    path: "lib/ops",
    holds: "`Ops`, programs, the executors for onnxruntime and TensorFlow.js",
  },
  {
    path: "lib/weights",
    holds: "safetensors, hub, schemas of config files, what a file is",
  },
  {
    path: "lib/images",
    holds: "decode, encode, resize, cut out, composite image, drawing",
  },
  {
    path: "lib/scene_data",
    holds: "a scene as plain data: boxes, instances, its JSON",
  },
  { path: "lib/ddim", holds: "noise schedule and samplers" },
  { path: "lib/masks", holds: "box coverage, FM and BM, overlap" },
  { path: "lib/encoders", holds: "CLIP text and image, tokenizer, VAE, BLIP" },
  {
    path: "lib/bases",
    holds: "denoisers on their checkpoints, hooks for adapters",
  },
  {
    path: "lib/adapters",
    holds: "LocRef (Appearance-Net, Layout-net), IP-Adapter's files, rivals",
  },
  {
    path: "lib/pipeline",
    holds: "load, prepare, denoise, picture, provenance",
  },
  { path: "lib/doctor", holds: "diagnosis of files and models" },
  {
    path: "lib/export",
    holds: "graphs for other runtimes, and a page that runs them",
  },
  { path: "lib/model", holds: "`LocRef`, `generate`, models that are kept" },
  {
    path: "lib/scoring",
    holds: "detectors and encoders of pictures, the best of several",
  },
  { path: "lib/scene", holds: "the builder, layouts, preview, sweeps" },
  { path: "lib/notebook", holds: "how things show themselves in a notebook" },
  {
    path: "lib/extend",
    holds: "the entry point for bases and adapters of one's own",
  },
  { path: "mod.ts", holds: "the public surface" },
  {
    path: "train",
    holds: "training: loop, optimizer, ranks, LocRef, pocket family, data sets",
  },
  {
    path: "eval",
    holds: "evaluation: COCO's numbers, Tables I and II, exports of scenes",
  },
  { path: "cli", holds: "commands" },
  { path: "cli.ts", holds: "the command line" },
];

/** Folders that must not import certain others, floors aside. */
export interface Apart {
  readonly folders: readonly string[];
  readonly never: readonly string[];
  /** Why, for the message of the test. */
  readonly because: string;
}

/** What floors alone do not keep apart. */
export const apart: readonly Apart[] = [
  {
    folders: ["train/locref", "train/baselines", "train/pocket/losses"],
    never: ["lib/bases/sd", "lib/bases/sdxl"],
    because: "adapters train on every base, through `lib/bases/base.ts`",
  },
];
