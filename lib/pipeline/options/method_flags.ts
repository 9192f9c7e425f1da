import {
  methodNames,
  type MethodOptions,
  methodOptions,
} from "../../adapters/method_options.ts";
import { checkValue } from "../../core/check_options.ts";
import type { Option } from "../../core/command/option.ts";
import { UsageError } from "../../core/command/usage.ts";
import { quote } from "../../core/quote.ts";

/** A value of an option, or options within one. */
type Given = string | number | boolean | readonly number[] | Settings;

/** Options by name, those within one by its name and theirs. */
interface Settings {
  [name: string]: Given;
}

/** The option that sets an adapter's own options: `NAME:OPTION=VALUE,…`. */
export const methodOption: Option<MethodOptions | undefined> = {
  summary:
    "settings of an adapter, such as gligen:beta=0.5 or style-aligned:shift=0.7,adain.v=true",
  value: "NAME:OPTION=VALUE,…",
  otherwise: "those of its published runs",
  many: true,
  get choices() {
    return methodNames();
  },
  read: (given) => {
    const all: Record<string, Settings> = {};
    for (const one of given) {
      const [name, settings] = readMethod(one);
      all[name] = { ...all[name], ...settings };
    }
    checked(all);
    return all;
  },
};

function readMethod(given: string): [string, Settings] {
  const [name, list] = given.split(/:(.*)/s) as [string, string?];
  if (list === undefined || list === "") {
    throw new UsageError(
      `Option --method takes NAME:OPTION=VALUE, got ${quote(given)}`,
    );
  }
  const settings: Settings = {};
  for (const pair of list.split(",")) {
    const [path, value] = pair.split(/=(.*)/s) as [string, string?];
    if (value === undefined || path === "") {
      throw new UsageError(
        `Option --method takes NAME:OPTION=VALUE, got ${quote(pair)} in ${
          quote(given)
        }`,
      );
    }
    const [key, inner] = path.split(/\.(.*)/s) as [string, string?];
    settings[key] = inner === undefined
      ? valueOf(value)
      : { ...settings[key] as Settings, [inner]: valueOf(value) };
  }
  return [name, settings];
}

/** A switch, a number, a list of numbers with slashes between, or else the text. */
function valueOf(text: string): Given {
  if (text === "true" || text === "false") return text === "true";
  const numbers = text.split("/").map((one) =>
    one.trim() === "" ? NaN : Number(one)
  );
  if (numbers.some(Number.isNaN)) return text;
  return numbers.length === 1 ? numbers[0]! : numbers;
}

/** Checks settings as a run does; what is wrong is bad usage here. */
function checked(all: MethodOptions): void {
  try {
    checkValue(all, methodOptions, { name: "Option --method" });
  } catch (cause) {
    throw new UsageError((cause as Error).message, { cause });
  }
}
