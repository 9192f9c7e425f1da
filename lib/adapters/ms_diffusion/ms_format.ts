import type { Base } from "../../bases/base.ts";
import type {
  Adapter,
  AdapterFormat,
  AdapterSource,
  BesideAdapter,
} from "../adapter.ts";
import {
  checkAdapterWeights,
  checkPictureWidth,
  checkTextWidth,
  neededImageEncoder,
} from "../check_adapter.ts";
import { msGraph, msKeyValueProgram } from "./ms_graph.ts";
import {
  msResamplerProgram,
  type MsResamplerShape,
  msResamplerShape,
} from "./ms_resampler.ts";
import { prepareMs } from "./prepare_ms.ts";

/** MS-Diffusion: boxes with pictures and phrases. */
export const msFormat: AdapterFormat = {
  name: "MS-Diffusion",
  matches: ({ info }) =>
    info("image_proj.grounding_latents") !== undefined &&
    info("ms_adapter.1.to_k_ip.weight") !== undefined,
  open: (file, beside) => msAdapter(file, beside),
};

function msAdapter(
  file: AdapterSource,
  { imageEncoder }: BesideAdapter,
): Adapter {
  const shape = msResamplerShape(file);
  const adapter: Adapter = {
    kind: "ms-diffusion",
    file: file.path,
    weights: file,
    reads: ["instances"],
    graph: () => msGraph,
    programs: (base) => [
      {
        name: "ms_resampler",
        part: "adapter",
        weights: file,
        onceAScene: true,
        program: () => msResamplerProgram(shape),
      },
      {
        name: "ms_key_value",
        part: "adapter",
        weights: file,
        onceAScene: true,
        program: () => msKeyValueProgram(base),
      },
      ...(base.phrases ? [base.phrases.program] : []),
    ],
    check: (base) => check(adapter, base, { shape, imageEncoder }),
    prepare: (scene, run) =>
      prepareMs(scene, run, { weights: file, shape, imageEncoder, file }),
  };
  return adapter;
}

function check(
  adapter: Adapter,
  base: Base,
  beside: BesideAdapter & { shape: MsResamplerShape },
): void {
  const { file } = adapter;
  const { shape } = beside;
  checkTextWidth(adapter, base, ["tokens", shape.width]);
  checkAdapterWeights(adapter, base, [/^dummy_image_tokens$/]);
  const { hidden_size } = neededImageEncoder(file, beside).config;
  checkPictureWidth(adapter, hidden_size, ["features", shape.inputWidth]);
}
