import type { GoldenSet } from "../golden_set.ts";
import { lcmLoraCases } from "./lcm_lora_cases.ts";
import { controlPipelineCases } from "./control_pipeline_cases.ts";
import { controlCases } from "./control_cases.ts";
import { editCases } from "./edit_cases.ts";
import { listedCases } from "./listed_cases.ts";
import { ipAdapterXlCases } from "./ip_adapter_cases.ts";
import { loraCases } from "./lora_cases.ts";
import { pipelineCases } from "./pipeline_cases.ts";
import { samplerCases } from "./sampler_cases.ts";
import { singleFileCases } from "./single_file_cases.ts";
import { steeringCases } from "./steering_cases.ts";
import { taesdCases } from "./taesd_cases.ts";
import { textCases } from "./text_cases.ts";
import { tokenCases } from "./token_cases.ts";
import { weightCases } from "./weight_cases.ts";
import { unetCases } from "./unet_cases.ts";
import { vaeCases } from "./vae_cases.ts";

/** The second set: more bases, adapters, samplers, and forms of files. A group is a file and a line. */
export const secondSet: GoldenSet = {
  name: "goldens2",
  marker: "samplers2.json",
  listed: listedCases,
  groups: [
    tokenCases,
    weightCases,
    controlCases,
    controlPipelineCases,
    editCases,
    () => steeringCases,
    textCases,
    unetCases,
    ipAdapterXlCases,
    loraCases,
    lcmLoraCases,
    vaeCases,
    taesdCases,
    pipelineCases,
    samplerCases,
    () => singleFileCases([textCases, unetCases, vaeCases, pipelineCases]),
  ],
};
