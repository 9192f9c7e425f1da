import { counted } from "../core/counted.ts";
import type { TraceEntry } from "../adapters/trace_entry.ts";
import { checkOptions, nested } from "../core/check_options.ts";
import { type Kind, number, whole } from "../core/kinds.ts";
import { quote } from "../core/quote.ts";
import { heatMap } from "../images/drawing/heat_map.ts";
import { drawBoxes, instanceColour } from "../images/drawing/overlay.ts";
import type { Raster } from "../images/raster.ts";
import { drawSheet, type Panel } from "../images/drawing/sheet.ts";
import { regionCoverage } from "../masks/coverage.ts";
import type { Size } from "../core/geometry.ts";
import type { SceneData } from "../scene_data/scene_data.ts";
import { sizeKey } from "../core/size_key.ts";
import { type MediaBundle, sheetMedia } from "../images/media.ts";
import { saveSheet } from "../images/drawing/save_sheet.ts";

/** Which entries of a trace {@linkcode AttentionTrace.map} averages. */
export interface TraceSelection {
  /** Steps from this one on, from 1. @default {1} */
  readonly from?: number;
  /** Steps up to this one. @default {the last} */
  readonly to?: number;
  /** Only layers of this size. @default {all, brought to the finest} */
  readonly size?: Size;
}

/** Values of cells. */
export interface CellMap {
  /** In cells. */
  readonly size: Size;
  /** Row by row, `[height · width]`. */
  readonly values: Float32Array;
}

/**
 * Where each instance's reference acted during a run: its share of what the cross-attention layers
 * add, at each place, layer and step. A box that is dark here was ignored.
 */
export class AttentionTrace {
  /** One entry a step and layer, in that order. */
  readonly entries: readonly TraceEntry[];
  readonly #scene: SceneData;
  readonly #picture: Raster;

  /** @ignore */
  constructor(
    scene: SceneData,
    entries: readonly TraceEntry[],
    picture: Raster,
  ) {
    this.#scene = scene;
    this.entries = entries;
    this.#picture = picture;
  }

  /** Sizes of the traced layers, finest first. */
  get sizes(): Size[] {
    const found = new Map(
      this.entries.map(({ size }) => [sizeKey(size), size]),
    );
    return [...found.values()].sort((a, b) => b.height - a.height);
  }

  /**
   * The mean share of one term over the selected steps and layers.
   *
   * @param term index of an instance from 0, `text`, or `composite`.
   * @throws {RangeError} if nothing was traced that fits the selection.
   */
  map(
    term: number | "text" | "composite",
    selection: TraceSelection = {},
  ): CellMap {
    checkTerm(term, this.#scene.instances.length);
    checkOptions<TraceSelection>(selection, {
      of: "map",
      fields: { from: whole({ min: 1 }), to: number({ min: 1 }), size: cells },
      elsewhere: { start: "from", end: "to", layer: "size" },
    });
    const { from = 1, to = Infinity, size } = selection;
    const chosen = this.entries.filter((entry) =>
      entry.step >= from && entry.step <= to &&
      (size === undefined || sizeKey(entry.size) === sizeKey(size))
    );
    const finest = size ?? this.sizes[0];
    const values = chosen.map((entry) => termOf(entry, term));
    const missing = values.some((value) => value === undefined);
    if (finest === undefined || values.length === 0 || missing) {
      throw new RangeError(`Nothing was traced for ${term}`);
    }
    const mean = new Float32Array(finest.height * finest.width);
    for (const [i, entry] of chosen.entries()) {
      const data = values[i]!;
      const spread = regionCoverage({ ...entry.size, data }, finest);
      spread.forEach((value, at) => mean[at]! += value / chosen.length);
    }
    return { size: finest, values: mean };
  }

  /** Heat maps of all instances over the picture: all layers, each resolution, and parts of the run. */
  async sheet(): Promise<Raster> {
    const picture = this.#picture;
    const steps = Math.max(...this.entries.map(({ step }) => step));
    const parts = Math.min(3, steps);
    const part = (n: number) => Math.round(n * steps / parts);
    const columns: [string, TraceSelection][] = [
      ["all layers and steps", {}],
      ...this.sizes.map((size): [string, TraceSelection] => [
        `layers of ${size.height} × ${size.width}`,
        { size },
      ]),
      ...Array.from({ length: parts }, (_, n): [string, TraceSelection] => [
        `steps ${part(n) + 1} to ${part(n + 1)}`,
        { from: part(n) + 1, to: part(n + 1) },
      ]),
    ];
    const rows = await Promise.all(
      this.#scene.instances.map((_, i) => this.#row(i, columns)),
    );
    rows.forEach((row) => row.unshift({ title: "picture", raster: picture }));
    return await drawSheet(rows, {
      panelHeight: 170,
      heading: "share of each instance's reference in what the layers add",
    });
  }

  async #row(
    instance: number,
    columns: readonly [string, TraceSelection][],
  ): Promise<Panel[]> {
    const { box, caption } = this.#scene.instances[instance]!;
    const frame = { box, label: "", colour: instanceColour(instance) };
    const maps = columns.map(([, selection]) => this.map(instance, selection));
    const max = maps.reduce(
      (most, { values }) => values.reduce((a, b) => Math.max(a, b), most),
      0,
    );
    const name = `${instance + 1}${caption === undefined ? "" : ` ${caption}`}`;
    return await Promise.all(maps.map(async ({ size, values }, i) => ({
      title: i === 0
        ? `up to ${Math.round(100 * max)} %: ${name}`
        : columns[i]![0],
      raster: await heatMap(values, size, { max, over: this.#picture }),
      overlay: (shown: Size) => drawBoxes([frame], shown),
    })));
  }

  /** Writes {@linkcode AttentionTrace.sheet} to `path` (.png, .webp, .jpg). */
  async save(path: string): Promise<void> {
    await saveSheet(path, () => this.sheet());
  }

  /** Shows the sheet in a Jupyter notebook. */
  async [Symbol.for("Jupyter.display")](): Promise<MediaBundle> {
    return await sheetMedia(await this.sheet());
  }
}

const cells: Kind = nested<Size>({
  must: "{ width, height } in cells",
  needed: ["width", "height"],
  fields: { width: whole({ min: 1 }), height: whole({ min: 1 }) },
});

function checkTerm(term: unknown, count: number): void {
  const instance = Number.isInteger(term) && (term as number) >= 0 &&
    (term as number) < count;
  if (instance || term === "text" || term === "composite") return;
  throw new RangeError(
    `Nothing was traced for ${
      quote(term)
    }: the term must be "text", "composite", or the index of an instance, from 0, of a scene of ${
      counted(count, "instance")
    }`,
  );
}

function termOf(
  entry: TraceEntry,
  term: number | "text" | "composite",
): Float32Array | undefined {
  return typeof term === "number" ? entry.instances[term] : entry[term];
}
