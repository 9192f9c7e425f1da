import {
  type SamplerOptions,
  samplerOptions,
} from "../lib/ddim/sampler_options.ts";
import {
  chooseSampler,
  type SamplerChoice,
  samplerNames,
} from "../lib/ddim/samplers.ts";
import { suggestion } from "../lib/core/known_keys.ts";
import { UsageError } from "../lib/core/usage.ts";

/** Names of the samplers, in lines of at most 80 characters. */
export function samplerLines(indent: string): string {
  const lines = [""];
  for (const name of samplerNames()) {
    const last = lines.at(-1)!;
    const longer = last === "" ? name : `${last}, ${name}`;
    if (indent.length + longer.length > 78) lines.push(name);
    else lines[lines.length - 1] = longer;
  }
  return lines.join(`,\n${indent}`);
}

/**
 * The sampler that `--sampler` names, with its options: `NAME` or `NAME:OPTION=VALUE,…`.
 *
 * @throws {UsageError} naming what is unknown and what is allowed.
 */
export function samplerFlag(
  given: string | undefined,
): SamplerChoice | undefined {
  if (given === undefined) return undefined;
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

/** What the sampler's own check says is bad usage here. */
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
