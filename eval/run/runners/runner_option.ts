import { type Option, parseNumber } from "../../../lib/core/command/option.ts";
import { UsageError } from "../../../lib/core/command/usage.ts";
import { suggestion } from "../../../lib/core/known_keys.ts";
import { quote } from "../../../lib/core/quote.ts";
import {
  guidance,
  steps,
} from "../../../lib/pipeline/options/check_picture_options.ts";
import { type RunnerChoice, runnerParts } from "./runner.ts";

const form = "NAME=FILE[,OPTION=VALUE…]";

/** Options of a runner that are numbers. */
const numbers = { steps, guidance } as const;

/** Options behind the file of a runner. */
const runnerOptions: readonly string[] = [
  "adapter",
  "model",
  ...runnerParts,
  ...Object.keys(numbers),
];

/** The option that gives a column another adapter: `NAME=FILE[,OPTION=VALUE…]`. */
export const runnerOption: Option<readonly RunnerChoice[] | undefined> = {
  summary:
    `another system as column NAME, with its adapter's file, such as gligen=gligen.safetensors; behind it ${
      runnerOptions.join(", ")
    } of its own`,
  value: form,
  many: true,
  read: (given) => given.map(readRunner),
};

function readRunner(given: string): RunnerChoice {
  const [first = "", ...rest] = given.split(",");
  const [, name, file] = /^([\w.+-]+)=(.+)$/.exec(first) ?? [];
  if (name === undefined) {
    throw new UsageError(`Option --runner takes ${form}, got ${quote(given)}`);
  }
  const adapters = [file!];
  const own: Record<string, string | number> = {};
  for (const pair of rest) {
    const [key, value] = readPair(pair, given);
    if (key === "adapter") {
      adapters.push(value as string);
      continue;
    }
    if (key in own) {
      throw new UsageError(
        `Option --runner has ${key} twice, got ${quote(given)}`,
      );
    }
    own[key] = value;
  }
  const { model, steps, guidance, ...others } = own;
  return {
    ...{ name, adapters, parts: others },
    ...(model !== undefined && { model: model as string }),
    ...(steps !== undefined && { steps: steps as number }),
    ...(guidance !== undefined && { guidance: guidance as number }),
  };
}

function readPair(pair: string, given: string): [string, string | number] {
  const [key, value] = pair.split(/=(.*)/s) as [string, string?];
  if (!runnerOptions.includes(key)) {
    throw new UsageError(
      `Option --runner does not know ${quote(key)} in ${quote(given)}${
        suggestion(key, runnerOptions)
      }`,
    );
  }
  if (value === undefined || value === "") {
    throw new UsageError(
      `Option --runner takes ${form}, got ${quote(pair)} in ${quote(given)}`,
    );
  }
  if (!(key in numbers)) return [key, value];
  const kind = numbers[key as keyof typeof numbers];
  const number = parseNumber(value, kind);
  if (number !== undefined) return [key, number];
  throw new UsageError(
    `Option --runner takes as ${key} ${kind.must}, got ${quote(value)}`,
  );
}
