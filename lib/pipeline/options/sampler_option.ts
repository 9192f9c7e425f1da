import { schemaOf } from "../../ddim/sampler.ts";
import type {
  SamplerOptionInfo,
  SamplerOptionValue,
} from "../../ddim/sampler_options.ts";
import {
  chooseSampler,
  type ChosenSampler,
  type SamplerChoice,
  samplerNames,
} from "../../ddim/samplers.ts";
import type { Option } from "../../core/command/option.ts";
import { quote } from "../../core/quote.ts";
import { suggestion } from "../../core/known_keys.ts";
import { UsageError } from "../../core/command/usage.ts";

/** The option that names a sampler, with options of its own: `NAME:OPTION=VALUE,…`. */
export const samplerOption: Option<SamplerChoice | undefined> = {
  summary: "sampler, or NAME:OPTION=VALUE,… such as dpm++2m:sigmas=karras",
  value: "NAME",
  otherwise: "the model's own",
  get choices() {
    return samplerNames();
  },
  read: (given) => readSampler(given.at(-1)!),
};

function readSampler(given: string): SamplerChoice {
  const [name, list] = given.split(/:(.*)/s);
  if (list === undefined) {
    check(given);
    return given;
  }
  const schema = schemaOf(check(name!).kind);
  const options = Object.fromEntries(
    list.split(",").map((pair) => readOption(pair, schema)),
  );
  const choice = { ...options, name: name! };
  check(choice);
  return choice;
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
function check(choice: SamplerChoice): ChosenSampler {
  try {
    return chooseSampler(choice);
  } catch (cause) {
    throw new UsageError((cause as Error).message, { cause });
  }
}

function readOption(
  pair: string,
  schema: Readonly<Record<string, SamplerOptionInfo>>,
): [string, SamplerOptionValue] {
  const [key, value] = pair.split(/=(.*)/s) as [string, string?];
  if (value === undefined) {
    if (pair.trim() !== "" && Number.isFinite(Number(pair))) {
      throw new UsageError(
        `Option --sampler takes a list with slashes, as in timesteps=999/500, got ${
          quote(pair)
        } behind a comma`,
      );
    }
    throw new UsageError(
      `Option --sampler takes NAME:OPTION=VALUE, got ${quote(pair)}${
        suggestion(key, Object.keys(schema))
      }`,
    );
  }
  // an option that the sampler does not have is refused with the others' checks
  const { list, flag, oneOf } = Object.hasOwn(schema, key)
    ? schema[key]!
    : { oneOf: [] };
  if (list) return [key, value.split("/").map(Number)];
  if (flag) {
    return [key, value === "true" || (value === "false" ? false : value)];
  }
  if (oneOf) return [key, value];
  return [key, value.trim() === "" ? NaN : Number(value)];
}
