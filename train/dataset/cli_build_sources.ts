/** The part of `dataset build` that the registry of sources makes. */

import { listed } from "../../lib/core/counted.ts";
import {
  flagOf,
  type Option,
  type Options,
  text,
  type Values,
} from "../../lib/core/command/option.ts";
import { UsageError } from "../../lib/core/command/usage.ts";
import { suggestion } from "../../lib/core/known_keys.ts";
import { quote } from "../../lib/core/quote.ts";
import type { DatasetSource } from "./sources/dataset_source.ts";
import { datasetSources } from "./sources/dataset_sources.ts";
import type { PictureSource } from "./sources/source.ts";

/** Values of a command line, by the names of its table. */
type Given = Readonly<Record<string, unknown>>;

/** Options of a build, those of every source among them, and headings before some. */
export interface BuildTable {
  readonly options: Options;
  readonly headings: Readonly<Record<string, string>>;
}

/**
 * The table of a build: each source as an option, its own options, and the options of all builds.
 *
 * @throws {TypeError} if a source has an option whose name is taken.
 */
export function buildTable(files: Options, common: Options): BuildTable {
  const table: Record<string, Option<unknown>> = {};
  const headings: Record<string, string> = {};
  const enter = (options: Options, of: string) => {
    for (const [name, one] of Object.entries(options)) {
      if (table[name] !== undefined) {
        throw new TypeError(`Option ${flagOf(name)} of ${of} exists already`);
      }
      table[name] = one;
    }
  };
  for (const { name, summary, value = "FILE" } of datasetSources) {
    enter({ [name]: text(value, summary) }, `dataset source ${quote(name)}`);
  }
  enter(files, "builds");
  for (const { name, title, options = {} } of datasetSources) {
    const [first] = Object.keys(options);
    if (first !== undefined) headings[first] = `${title} only`;
    enter(ownOptions(options), `dataset source ${quote(name)}`);
  }
  enter({ ...common, captions: captionsOption() }, "builds");
  return { options: table, headings };
}

/** A source's options, as a build of another source takes them: none is needed, none has a value. */
function ownOptions(options: Options): Options {
  return Object.fromEntries(
    Object.entries(options).map(([name, { default: value, ...one }]) => {
      const words = value === undefined || value === false
        ? undefined
        : String(value);
      return [name, { otherwise: words, ...one, needed: false }];
    }),
  );
}

function captionsOption(): Option<unknown> {
  const own = [...datasetSources].flatMap(({ captions }) => captions ?? []);
  const ways = ["blip", "none", ...own];
  return text("HOW", `${ways.slice(0, -1).join(", ")}, or ${ways.at(-1)}`, {
    default: "none",
  });
}

/** Forms of the command line, one for each source. */
export function buildForms(): string[] {
  return [...datasetSources].map(({ name, value = "FILE", options = {} }) => {
    const needed = Object.entries(options).filter(([, one]) => one.needed)
      .map(([key, one]) => `${flagOf(key)} ${one.value} `);
    return `${flagOf(name)} ${value} ${
      needed.join("")
    }--images DIR|ZIP -o DIR [OPTION…]`;
  });
}

/** The source that a build was given, with the file of its annotations. */
export interface ChosenSource {
  readonly kind: DatasetSource;
  readonly path: string;
}

/**
 * The one source that a command line names, its options checked.
 *
 * @throws {UsageError} if it names none or several, or gives an option of another source.
 */
export function chooseSource(given: Given): ChosenSource {
  const kinds = [...datasetSources];
  const named = kinds.filter(({ name }) => given[name] !== undefined);
  const [kind, other] = named;
  if (kind === undefined || other !== undefined) {
    const flags = kinds.map(({ name }) => flagOf(name));
    throw new UsageError(`Build takes one of ${listed(flags)}`);
  }
  for (const { name, options = {} } of kinds) {
    if (name === kind.name) continue;
    const wrong = Object.keys(options).find((key) => given[key] !== undefined);
    if (wrong === undefined) continue;
    throw new UsageError(
      `Option ${flagOf(wrong)} is for ${flagOf(name)} only`,
    );
  }
  checkOwn(kind, given);
  return { kind, path: String(given[kind.name]) };
}

function checkOwn(
  { title, options = {}, captions }: DatasetSource,
  given: Given,
): void {
  for (const [key, { needed, value }] of Object.entries(options)) {
    if (!needed || given[key] !== undefined) continue;
    throw new UsageError(`${title} needs ${flagOf(key)} ${value}`);
  }
  if (captions === undefined && captionsFile(given) !== undefined) {
    throw new UsageError(`${title} takes --captions blip or none`);
  }
}

function captionsFile({ captions }: Given): string | undefined {
  return captions === "none" || captions === "blip"
    ? undefined
    : String(captions);
}

/**
 * Opens the annotations that a command line names.
 *
 * @throws {UsageError} if a class is none of the annotations'.
 */
export async function openChosen(
  { kind, path }: ChosenSource,
  given: Given & { readonly classes?: readonly string[] },
): Promise<PictureSource> {
  const { classes } = given;
  const own = Object.entries(kind.options ?? {})
    .map(([key, { default: value }]) => [key, given[key] ?? value]);
  const source = await kind.open(path, {
    options: Object.fromEntries(own) as Values<Options>,
    classes,
    captions: captionsFile(given),
  });
  const unknown = kind.selectsClasses
    ? undefined
    : classes?.find((name) => !source.categories.includes(name));
  if (unknown === undefined) return source;
  source.close();
  throw new UsageError(
    `Class ${quote(unknown)} is not among the categories of ${path}${
      suggestion(unknown, source.categories)
    }`,
  );
}
