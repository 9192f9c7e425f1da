/** OpenImages' CSV files. */

import { basename } from "node:path";
import { suggestion } from "../../../lib/core/known_keys.ts";
import { quote } from "../../../lib/core/quote.ts";
import { LocRefError } from "../../../lib/core/error.ts";
import { csvFields, csvRows } from "./csv.ts";
import { hashNamedFile } from "./open_file.ts";
import { withChildren } from "./hierarchy.ts";
import {
  compareIds,
  keyOf,
  type PictureSource,
  type Problem,
  type SourceInstance,
} from "./source.ts";

/** Files that go with OpenImages' boxes. */
export interface OpenImagesOptions {
  /** `class-descriptions-boxable.csv`. */
  readonly classes: string;
  /** Image metadata, `*-images-with-rotation.csv`. */
  readonly metadata?: string;
  /** `*-annotations-object-segmentation.csv`. */
  readonly masks?: string;
  /** `bbox_labels_600_hierarchy.json`: a class then stands for its children too. */
  readonly hierarchy?: string;
  /** Names of the classes to read; all where absent. */
  readonly only?: readonly string[];
}

interface Metadata {
  readonly licence: string;
  readonly url: string;
  readonly rotation?: number;
}

interface Mask {
  readonly file: string;
  readonly label: string;
  readonly box: readonly number[];
}

const boxColumns = ["ImageID", "LabelName", "XMin", "XMax", "YMin", "YMax"];

/**
 * Opens OpenImages annotations.
 *
 * @throws {LocRefError} `file-invalid` if a column is missing; `config-invalid` for a class that
 *   the descriptions do not know.
 */
export async function openOpenImages(
  path: string,
  options: OpenImagesOptions,
): Promise<PictureSource> {
  const problems: Problem[] = [];
  const names = await classNames(options.classes);
  const labels = await wantedLabels(names, options);
  const metadata = await readMetadata(options.metadata);
  const masks = await readMasks(options.masks);
  const pictures = await readBoxes(path, { names, labels, masks, problems });
  const ids = [...pictures.keys()].sort(compareIds);
  const { classes, hierarchy } = options;
  return {
    dataset: "openimages",
    categories: [...names.values()],
    ids,
    problems,
    hashes: await hashesOf([
      path,
      classes,
      options.metadata,
      options.masks,
      hierarchy,
    ]),
    read(i) {
      const id = ids[i]!;
      const { licence = "", url = "", rotation } = metadata.get(id) ?? {};
      return Promise.resolve({
        id,
        key: keyOf(id),
        file: `${id}.jpg`,
        unit: "fraction",
        licence,
        url,
        rotation,
        captions: [],
        problems: [],
        instances: pictures.get(id)!,
      });
    },
    close: () => {},
  };
}

async function hashesOf(paths: readonly (string | undefined)[]) {
  const hashes: Record<string, string> = {};
  for (const path of paths) {
    if (path !== undefined) hashes[basename(path)] = await hashNamedFile(path);
  }
  return hashes;
}

/** Names by label, `/m/02xwb` → `Fruit`; the file has no first row of names. */
async function classNames(path: string): Promise<Map<string, string>> {
  const names = new Map<string, string>();
  for await (const [label, name] of csvFields(path)) {
    if (label?.startsWith("/") && name) names.set(label, name);
  }
  return names;
}

async function wantedLabels(
  names: ReadonlyMap<string, string>,
  { only, hierarchy, classes }: OpenImagesOptions,
): Promise<Set<string>> {
  if (only === undefined) return new Set(names.keys());
  const byName = new Map([...names].map(([label, name]) => [name, label]));
  const wanted = only.map((name) => {
    const label = byName.get(name);
    if (label !== undefined) return label;
    const message = `Class ${quote(name)} is not in ${basename(classes)}${
      suggestion(name, [...byName.keys()])
    }`;
    throw new LocRefError("config-invalid", message);
  });
  return hierarchy === undefined
    ? new Set(wanted)
    : await withChildren(hierarchy, wanted);
}

async function readMetadata(path?: string): Promise<Map<string, Metadata>> {
  const found = new Map<string, Metadata>();
  if (path === undefined) return found;
  for await (const row of csvRows(path, ["ImageID"])) {
    // an empty field would be the number 0
    const angle = row.Rotation ? Number(row.Rotation) : NaN;
    found.set(row.ImageID!, {
      licence: row.License ?? "",
      url: row.OriginalLandingURL ?? "",
      rotation: Number.isFinite(angle) ? angle : undefined,
    });
  }
  return found;
}

async function readMasks(path?: string): Promise<Map<string, Mask[]>> {
  const found = new Map<string, Mask[]>();
  if (path === undefined) return found;
  const sides = ["BoxXMin", "BoxXMax", "BoxYMin", "BoxYMax"];
  const columns = ["MaskPath", "ImageID", "LabelName", ...sides];
  for await (const row of csvRows(path, columns)) {
    const list = found.get(row.ImageID!) ?? [];
    list.push({
      file: row.MaskPath!,
      label: row.LabelName!,
      box: sides.map((side) => Number(row[side])),
    });
    found.set(row.ImageID!, list);
  }
  return found;
}

interface BoxContext {
  readonly names: ReadonlyMap<string, string>;
  readonly labels: ReadonlySet<string>;
  readonly masks: ReadonlyMap<string, Mask[]>;
  readonly problems: Problem[];
}

async function readBoxes(
  path: string,
  context: BoxContext,
): Promise<Map<string, SourceInstance[]>> {
  const { names, labels, masks, problems } = context;
  const pictures = new Map<string, SourceInstance[]>();
  let line = 1;
  for await (const row of csvRows(path, boxColumns)) {
    line++;
    const label = row.LabelName!;
    if (!labels.has(label)) {
      if (!names.has(label)) {
        const where = `${basename(path)}, row ${line}`;
        problems.push({ where, what: `Label ${label} has no description` });
      }
      continue;
    }
    const given = ["XMin", "XMax", "YMin", "YMax"].map((c) =>
      row[c] === "" ? NaN : Number(row[c])
    );
    const where = `${basename(path)}, row ${line}, picture ${row.ImageID}`;
    if (!given.every(Number.isFinite)) {
      problems.push({ where, what: "The box is not four numbers" });
      continue;
    }
    const list = pictures.get(row.ImageID!) ?? [];
    const mask = bestMask(masks.get(row.ImageID!) ?? [], label, given);
    list.push({
      id: `${row.ImageID}-${list.length}`,
      category: names.get(label)!,
      box: [given[0]!, given[2]!, given[1]!, given[3]!],
      given,
      maskFile: mask?.file,
      truncated: flagOf(row.IsTruncated),
      unfit: flagOf(row.IsGroupOf)
        ? "group"
        : flagOf(row.IsDepiction)
        ? "depiction"
        : undefined,
    });
    pictures.set(row.ImageID!, list);
  }
  return pictures;
}

/** −1 and nothing mean that nobody knows. */
function flagOf(text: string | undefined): boolean | undefined {
  return text === "1" ? true : text === "0" ? false : undefined;
}

/** Mask rows carry their own copy of the box, rounded otherwise. */
function bestMask(
  masks: readonly Mask[],
  label: string,
  box: readonly number[],
): Mask | undefined {
  return masks.find((mask) =>
    mask.label === label &&
    mask.box.every((side, i) => Math.abs(side - box[i]!) < 2e-3)
  );
}
