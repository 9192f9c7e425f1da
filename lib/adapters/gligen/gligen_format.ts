import type { Base } from "../../bases/base.ts";
import { LocRefError } from "../../core/error.ts";
import { quote } from "../../core/quote.ts";
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
} from "../check_adapter.ts";
import { gligenGraph } from "./gligen_graph.ts";
import { gligenWeights, isGligen } from "./gligen_weights.ts";
import { groundingProgram } from "./grounding_net.ts";
import { prepareGligen } from "./prepare_gligen.ts";

/** GLIGEN: boxes with phrases, or with phrases and pictures. */
export const gligenFormat: AdapterFormat = {
  name: "GLIGEN",
  matches: isGligen,
  open: (file, beside) => gligenAdapter(file, beside),
};

function gligenAdapter(
  file: AdapterSource,
  { imageEncoder }: BesideAdapter,
): Adapter {
  const weights = gligenWeights(file);
  const pictures =
    weights.info("position_net.linears_image.0.weight") !== undefined;
  const layers = pictures ? "linears_text" : "linears";
  const [width] = weights.info(`position_net.${layers}.4.bias`)?.shape ?? [0];
  const shape = { pictures, width: width! };
  const adapter: Adapter = {
    kind: "gligen",
    file: file.path,
    weights,
    reads: ["instances"],
    graph: () => gligenGraph(shape, weights),
    programs: () => [{
      name: "gligen_grounding",
      part: "adapter",
      weights,
      onceAScene: true,
      program: () => groundingProgram(shape),
    }],
    check: (base) => check(adapter, base, { ...shape, imageEncoder }),
    prepare: (scene, run) =>
      prepareGligen(scene, run, {
        ...{ file: file.path, weights, shape, imageEncoder },
      }),
  };
  return adapter;
}

function check(
  adapter: Adapter,
  base: Base,
  { pictures, width, imageEncoder }: BesideAdapter & {
    readonly pictures: boolean;
    readonly width: number;
  },
): void {
  checkTextWidth(adapter, base, ["grounding tokens", width]);
  // gates are read by the host
  checkAdapterWeights(adapter, base, [/\.fuser\.alpha_(attn|dense)$/]);
  if (!pictures) return;
  if (imageEncoder !== undefined) {
    const { projection_dim } = imageEncoder.config;
    return checkPictureWidth(adapter, projection_dim, ["pictures", width]);
  }
  throw new LocRefError(
    "checkpoint-mismatch",
    `Adapter ${
      quote(adapter.file)
    } places pictures and needs the CLIP image encoder that it was trained with: load it with { imageEncoder }`,
  );
}
