/** The key of sheets: all that their readers must not know. */

import type { Size } from "../../lib/core/geometry.ts";
import { type Random, random } from "../../lib/core/random.ts";
import type { ModelProvenance } from "../../lib/pipeline/provenance/provenance.ts";
import { areAlike } from "./names.ts";
import { groundPattern } from "./patterns.ts";
import { shuffled } from "./shuffle.ts";

/** Scenes on one sheet. */
const scenesOfSheet = 8;

/** Names that a reader chooses among. */
const choiceCount = 4;

/** One object with a box. */
export interface KeyObject {
  /** Scene and number of the box, such as `1.2`. */
  readonly label: string;
  readonly name: string;
  /** The name among wrong ones. */
  readonly choices: readonly string[];
}

/** One scene. */
export interface KeyScene {
  readonly scene: number;
  readonly sheet: number;
  /** In pixels, such as `160x120`. */
  readonly size: string;
  readonly caption: string;
  /** The ground's pattern, `plain` where it has none. */
  readonly pattern: string;
  readonly objects: readonly KeyObject[];
}

/** One reference of a sheet of references. */
export interface KeyReference {
  /** Sheet and number, such as `1.R3`. */
  readonly label: string;
  /** Label of its object. */
  readonly object: string;
}

/** Everything that decides the sheets. */
export interface NamingRun {
  readonly seed: number;
  readonly scenes: number;
  /** Sizes in pixels, which scenes take in turns. */
  readonly sizes: readonly string[];
  /** Size of objects, of the usual; absent where it is 1. */
  readonly objectScale?: number;
  /** `null` is what the model says. */
  readonly steps: number | null;
  readonly model: ModelProvenance;
}

/** Contents of `key.json`. */
export interface NamingKey {
  readonly run: NamingRun;
  readonly scenes: readonly KeyScene[];
  readonly references: readonly KeyReference[];
}

/** An object as choices need it. */
export interface NamedObject {
  readonly name: string;
  /** Its class: names of the same one may be near to each other. */
  readonly subgroup: string;
}

/** A scene as the key needs it. */
export interface NamedScene {
  readonly size: Size;
  readonly caption: string;
  readonly ground: string;
  readonly objects: readonly NamedObject[];
}

/** The key of scenes, the same for the same run. @param all objects whose names may be wrong choices. */
export function namingKey(
  run: NamingRun,
  named: readonly NamedScene[],
  all: readonly NamedObject[],
): NamingKey {
  const scenes = named.map((one, i): KeyScene => ({
    scene: i + 1,
    sheet: 1 + Math.floor(i / scenesOfSheet),
    size: sizeText(one.size),
    caption: one.caption,
    pattern: groundPattern(one.ground),
    objects: one.objects.map((object, k) => ({
      label: `${i + 1}.${k + 1}`,
      name: object.name,
      choices: choicesOf(object, all, random(run.seed, "naming", i, k)),
    })),
  }));
  const sheets = [...new Set(scenes.map(({ sheet }) => sheet))];
  const references = sheets.flatMap((sheet) => {
    const objects = scenes.filter((one) => one.sheet === sheet)
      .flatMap(({ objects }) => objects.map(({ label }) => label));
    return shuffled(objects, random(run.seed, "naming references", sheet))
      .map((object, i) => ({ label: `${sheet}.R${i + 1}`, object }));
  });
  return { run, scenes, references };
}

/** A size as options and the key write it, such as `160x120` (width first). */
export function sizeText({ width, height }: Size): string {
  return `${width}x${height}`;
}

/**
 * The name and wrong ones, none of which shares a word with another of them. Wrong ones are of
 * another class than the object: a person could not distinguish a cableway from a railway that hangs.
 */
function choicesOf(
  { name, subgroup }: NamedObject,
  all: readonly NamedObject[],
  stream: Random,
): string[] {
  const choices = [name];
  const others = all.filter((one) => one.subgroup !== subgroup);
  for (const other of shuffled(others, stream.fork("others"))) {
    if (choices.length === choiceCount) break;
    if (choices.some((one) => areAlike(one, other.name))) continue;
    choices.push(other.name);
  }
  return shuffled(choices, stream.fork("order"));
}
