/** The objects that pocket scenes are composed of. */

import data from "emojibase-data/en/data.json" with { type: "json" };
import groups from "emojibase-data/meta/groups.json" with { type: "json" };
import { join } from "node:path";
import { importPackage } from "../../../lib/core/packages/import_package.ts";
import { LocRefError } from "../../../lib/core/error.ts";

/** One object: a picture with alpha, a name and a kind. */
export interface PocketObject {
  /** Code points of the emoji, what objects are sorted by. */
  readonly hexcode: string;
  /** Name in lower case, such as `lemon`. */
  readonly name: string;
  /** Emojibase's subgroup, such as `food-fruit`: the detector's class. */
  readonly subgroup: string;
  /** File name in {@linkcode picturesFolder}. */
  readonly file: string;
  /** Whether the generator must never see it. */
  readonly heldOut: boolean;
}

/** Groups whose members are things that can lie about: no people, signs or flags. */
const wantedGroups = [
  "animals-nature",
  "food-drink",
  "travel-places",
  "activities",
  "objects",
];

/** Subgroups that are scenery or all alike. */
const unwantedSubgroups = ["time", "place-geographic", "place-map", "hotel"];

/** Every how manieth object is held out. */
const heldOutEvery = 20;

/**
 * Folder with the pictures of all objects.
 *
 * @throws {LocRefError} `file-missing` if their package cannot be used.
 */
export async function picturesFolder(): Promise<string> {
  try {
    return join(await importPackage("emoji_pictures"), "assets");
  } catch (cause) {
    const reason = (cause as Error).message.split("\n")[0];
    throw new LocRefError(
      "file-missing",
      `Pictures of the pocket world's objects are missing: package @lobehub/fluent-emoji-3d could not be used (${reason})`,
      { cause },
    );
  }
}

/**
 * All objects, sorted by hexcode; every twentieth is held out for good.
 *
 * @throws {LocRefError} `file-missing` if their pictures cannot be used.
 */
export async function pocketObjects(): Promise<PocketObject[]> {
  const files = new Set<string>();
  for await (const { name } of Deno.readDir(await picturesFolder())) {
    files.add(name);
  }
  const groupNames = groups.groups as Readonly<Record<string, string>>;
  const subgroupNames = groups.subgroups as Readonly<Record<string, string>>;
  return data
    .filter(({ group }) =>
      wantedGroups.includes(groupNames[String(group)] ?? "")
    )
    .map(({ hexcode, label, subgroup }) => ({
      hexcode,
      name: label.toLowerCase(),
      subgroup: subgroupNames[String(subgroup)] ?? "",
      file: fileOf(hexcode, files),
    }))
    .filter(({ file, subgroup }) =>
      file !== "" && !unwantedSubgroups.includes(subgroup)
    )
    .sort((a, b) => a.hexcode < b.hexcode ? -1 : 1)
    .map((object, i) => ({
      ...object,
      heldOut: i % heldOutEvery === heldOutEvery - 1,
    }));
}

/** The asset of a hexcode, with or without its variation selector; empty where there is none. */
function fileOf(hexcode: string, files: ReadonlySet<string>): string {
  const plain = hexcode.toLowerCase();
  const names = [plain, plain.replace("-fe0f", ""), `${plain}-fe0f`].map((
    name,
  ) => `${name}.webp`);
  return names.find((name) => files.has(name)) ?? "";
}
