import { encoderAdvice } from "../../weights/identify/clip_encoders.ts";
import { crossSites } from "../../bases/places.ts";
import {
  checkBlocks,
  namedBlocks,
  scaleBlocks,
} from "../ip_adapter/block_scales.ts";
import { checkFit } from "../../bases/check_part.ts";
import type { Base } from "../../bases/base.ts";
import type { BesideAdapter } from "../adapter.ts";
import { checkAdapterWeights, neededImageEncoder } from "../check_adapter.ts";
import type { FusionSettings } from "./fusion_settings.ts";
import type { LocRefAdapter, LocRefFile } from "./locref_file.ts";
import { joinBranches, locrefGraph, referenceInputs } from "./locref_graph.ts";
import { locrefPrograms } from "./locref_programs.ts";
import { maskSource } from "./mask_source.ts";
import { prepareReferences } from "./prepare_references.ts";
import { traceStep } from "./trace_step.ts";

/** LocRef on an open file: Appearance-Net, and Layout-net in every cross-attention layer. */
export function locrefAdapter(
  file: LocRefFile,
  beside: BesideAdapter = {},
): LocRefAdapter {
  const { shape, weights } = file;
  const adapter: LocRefAdapter = {
    ...file,
    ...beside,
    kind: "locref",
    reads: ["instances", "captions", "several"],
    graph: locrefGraph,
    programs: (base) =>
      Object.entries(locrefPrograms(shape, base)).map(([name, program]) => ({
        name,
        part: "adapter",
        weights,
        program,
      })),
    check: (base) => checkLocRef(adapter, base),
    explain: traceStep,
    async prepare(scene, run) {
      // the run's settings are the adapter's own with others in their place
      const settings = run.settings as FusionSettings;
      const sites = crossSites(run.base.places(run.latent));
      const blocks = settings.blocks &&
        namedBlocks(settings.blocks, run.base.styleBlocks, sites);
      if (blocks !== undefined) checkBlocks(blocks, sites);
      const { ci, ri } = await prepareReferences(
        adapter,
        scene,
        run,
        settings,
      );
      const [composite, references] = [ci, ri].map((layers) =>
        blocks === undefined ? layers : scaleBlocks(layers, sites, blocks)
      );
      const fixed = referenceInputs(joinBranches(composite!, references!));
      const masks = maskSource(scene, { ...run, settings });
      return {
        inputsAt: ({ step, total }) => ({ ...fixed, ...masks(step, total) }),
      };
    },
  };
  return adapter;
}

function checkLocRef(adapter: LocRefAdapter, base: Base): void {
  const { shape, file } = adapter;
  checkFit(
    file,
    `tokens of width ${shape.width}`,
    shape.width === base.textWidth,
    `the UNet reads ${base.textWidth}`,
  );
  checkAdapterWeights(adapter, base);
  const { coordinateFit = adapter.compositeFit } = base;
  checkFit(
    file,
    `composite_fit "${adapter.compositeFit}"`,
    shape.kind !== "locref" || adapter.compositeFit === coordinateFit,
    `the UNet was trained with coordinate_fit "${coordinateFit}"`,
  );
  const input = shape.input === "embeds" ? "projection" : "hidden";
  const { hidden_size, projection_dim } =
    neededImageEncoder(file, adapter).config;
  const given = input === "projection" ? projection_dim : hidden_size;
  checkFit(
    file,
    `features of width ${shape.inputWidth}`,
    given === shape.inputWidth,
    `the image encoder gives ${given}${encoderAdvice(input, shape.inputWidth)}`,
  );
}
