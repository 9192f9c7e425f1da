import type { ExportFormat } from "./export_format.ts";
import { gligen } from "./gligen.ts";
import { instanceDiffusion } from "./instance_diffusion.ts";
import { migc } from "./migc.ts";
import { msDiffusion } from "./ms_diffusion.ts";

/** The systems that scenes can be written for, in the order of tables. */
export const exportFormats: readonly ExportFormat[] = [
  gligen,
  migc,
  msDiffusion,
  instanceDiffusion,
];
