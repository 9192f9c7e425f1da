import {
  type SamplerOptions,
  samplerOptions,
} from "../../ddim/sampler_options.ts";
import {
  chooseSampler,
  type SamplerChoice,
  samplerNames,
} from "../../ddim/samplers.ts";
import type { Option } from "../../core/command/option.ts";
import { suggestion } from "../../core/known_keys.ts";
import { UsageError } from "../../core/command/usage.ts";

/** The option that names a sampler, with options of its own: `NAME:OPTION=VALUE,…`. */
export const samplerOption: Option<SamplerChoice | undefined> = {
  summary: "sampler, or NAME:OPTION=VALUE,… such as dpm++2m:sigmas=karras",
  value: "NAME",
  otherwise: "the model's own",
  choices: samplerNames(),
  read: (given) => readSampler(given.at(-1)!),
};

function readSampler(given: string): SamplerChoice {
  const [name, list] = given.split(/:(.*)/s);
  if (list === undefined) {
    check(given);
    return given as SamplerChoice;
  }
  const options = Object.fromEntries(list.split(",").map(readOption));
  const choice = { ...options as SamplerOptions, name: name! };
  check(choice);
  return choice as SamplerChoice;
}

/** A sampler's choice as the command line writes it. */
export function samplerText(choice: SamplerChoice): string {
  if (typeof choice === "string") return choice;
  const { name, ...options } = choice;
  const pairs = Object.entries(options).map(([key, value]) =>
    `${key}=${Array.isArray(value) ? value.join("/") : value}`
  );
  return [name, pairs.join(",")].filter((part) => part !== "").join(":");
}

/** Checks a sampler as its run does; what is wrong is bad usage here. */
function check(choice: Parameters<typeof chooseSampler>[0]): void {
  try {
    chooseSampler(choice);
  } catch (cause) {
    throw new UsageError((cause as Error).message, { cause });
  }
}

function readOption(pair: string): [string, unknown] {
  const [key, value] = pair.split(/=(.*)/s);
  const known = Object.keys(samplerOptions);
  if (value === undefined || !known.includes(key!)) {
    throw new UsageError(
      `Option --sampler takes NAME:OPTION=VALUE, got "${pair}"${
        suggestion(key!, known)
      }`,
    );
  }
  const { list, flag, oneOf } = samplerOptions[key as keyof SamplerOptions];
  if (list) return [key!, value.split("/").map(Number)];
  if (flag) return [key!, value === "true"];
  return [key!, oneOf ? value : Number(value)];
}
