import { ipAdapterCases } from "./adapter_cases.ts";
import { blipCases } from "./blip_cases.ts";
import { encoderCases } from "./encoder_cases.ts";
import type { GoldenSet } from "./golden_set.ts";
import { locrefCases } from "./locref_cases.ts";
import { pipelineCases } from "./pipeline_cases.ts";
import { scheduleCases } from "./schedule_cases.ts";
import { unetCases } from "./unet_cases.ts";

/** The first set: Stable Diffusion 1.5, LocRef, IP-Adapter, BLIP. Training is compared beside it. */
export const firstSet: GoldenSet = {
  name: "goldens",
  marker: "ddim.json",
  groups: [
    () => encoderCases,
    () => unetCases,
    scheduleCases,
    () => ipAdapterCases,
    locrefCases,
    () => pipelineCases,
    () => blipCases,
  ],
};
