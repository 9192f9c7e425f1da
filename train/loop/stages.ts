import type { StageModule } from "./stage.ts";

/** Modules of all stages, loaded when used; named in two parts, as those of `cli.ts`. */
export const stageModules: Readonly<
  Record<string, () => Promise<StageModule>>
> = {
  locref: () => import(`../locref${"/stage.ts"}`),
  "pocket-vae": () => import(`../pocket${"/stages/vae_stage.ts"}`),
  "pocket-clip": () => import(`../pocket${"/stages/clip_stage.ts"}`),
  "pocket-unet": () => import(`../pocket${"/stages/unet_stage.ts"}`),
  "pocket-detector": () => import(`../pocket${"/stages/detector_stage.ts"}`),
};
