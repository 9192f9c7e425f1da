import type { Base } from "../../bases/base.ts";
import type { AdapterGraph } from "../../bases/hooks.ts";
import { LocRefError } from "../../core/error.ts";
import { quote } from "../../core/quote.ts";
import type { SceneData } from "../../scene_data/scene_data.ts";
import type { Adapter } from "../adapter.ts";
import { instancePhrases } from "../instance_phrases.ts";
import { type NamedAdapter, withoutWeights } from "../weightless.ts";
import type { GeoDiffusionOptions } from "./geodiffusion_options.ts";
import {
  locationCaption,
  type LocationGrid,
  mostLabels,
} from "./location_words.ts";

/** Its boxes are words of the caption, so that the denoiser stays as it is. */
const graph: AdapterGraph = {
  prefix: "geodiffusion",
  acts: [],
  hooks: () => ({}),
};

/** GeoDiffusion (Chen et al. 2024): boxes are words of the caption, on models that know them. */
export const geoDiffusionAdapter: NamedAdapter = {
  name: "geodiffusion",
  summary:
    "boxes as words of the caption, on models that know them (Chen et al. 2024)",
  open: (): Adapter => ({
    ...withoutWeights("geodiffusion"),
    reads: ["instances"],
    graph: () => graph,
    rewrite: (scene, { base, settings }) => located(scene, base, settings),
    prepare: () => Promise.resolve({ inputsAt: () => undefined }),
  }),
};

/** The scene with a caption of its instances' captions and boxes in the place of its own. */
function located(
  scene: SceneData,
  base: Base,
  settings: GeoDiffusionOptions,
): SceneData {
  if (scene.instances.length === 0) return scene;
  const grid = { columns: 256, rows: 256, ...settings };
  checkWords(base, grid);
  const labels = instancePhrases(scene, "GeoDiffusion", mostLabels);
  const caption = locationCaption(
    scene.instances.map(({ box }, i) => ({ label: labels[i]!, box })),
    grid,
  );
  return { ...scene, caption };
}

/** A model whose vocabulary has other words would read boxes as letters. */
function checkWords(base: Base, { columns, rows }: LocationGrid): void {
  const last = columns * rows - 1;
  const known = (i: number) => base.isWord(`<l${i}>`);
  if (known(last) && !known(last + 1)) return;
  throw new LocRefError(
    "checkpoint-mismatch",
    `Adapter "geodiffusion" needs a model whose vocabulary has ${columns} × ${rows} words of places, "<l0>" to "<l${last}>", and that of ${
      quote(base.folder)
    } has ${known(0) ? "another number of them" : "none"}`,
  );
}
