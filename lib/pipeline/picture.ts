import { checkSavePath } from "../images/drawing/save_sheet.ts";
import { checkSaveOptions } from "./options/check_save_options.ts";
import { encodeImage } from "../images/encode.ts";
import { checkArguments } from "../core/check_arguments.ts";
import type { SaveOptions } from "./options/save_options.ts";
import { checkValue } from "../core/check_options.ts";
import { list, text } from "../core/kinds.ts";
import { quote } from "../core/quote.ts";
import type { PictureScores } from "./options/rulers.ts";
import type { Raster } from "../images/raster.ts";
import { enlargeRaster } from "../images/resize.ts";
import type { AgainOptions, AgainRun, WithoutOptions } from "./again.ts";
import type { Which } from "../scene_data/which_instances.ts";
import type { AttentionTrace } from "./attention_trace.ts";
import { type MediaBundle, pngMedia } from "../images/media.ts";
import { writeFileAtomically } from "../core/files/write_file.ts";
import {
  checkDistinct,
  type CocoLabel,
  cocoLabels,
  yoloLabels,
} from "../scene_data/labels.ts";
import {
  fullProvenance,
  portableProvenance,
  type ProvenancePlace,
} from "./provenance/portable_provenance.ts";
import {
  type Choice,
  type Provenance,
  provenanceKeyword,
} from "./provenance/provenance.ts";

export type { AgainOptions, SaveOptions, Which, WithoutOptions };

/** Makes a picture of a scene on the model that made another. */
export type Remake = (run: AgainRun) => Promise<Picture>;

/** A generated picture with everything that is needed to make it again. */
export class Picture {
  /** Width in pixels. */
  readonly width: number;
  /** Height in pixels. */
  readonly height: number;
  /** Red, green, blue, alpha of each pixel, 0..255, row by row: `[height · width · 4]`. */
  readonly data: Uint8Array;
  /** Scene, seed, settings and model that made the picture. */
  readonly provenance: Provenance;
  /** Warnings raised while generating, one sentence each. */
  readonly warnings: readonly string[];
  /** Where each instance's reference acted; only with `generate({ trace: true })`. */
  readonly trace?: AttentionTrace;
  /** Scores of the picture; only where it was chosen by them. */
  readonly scores?: PictureScores;
  readonly #place?: ProvenancePlace;
  readonly #remake?: Remake;

  /** Wraps a raster; used by the pipeline. */
  constructor(
    raster: Raster,
    provenance: Provenance,
    warnings: readonly string[] = [],
    { trace, scores, place, remake }: {
      trace?: AttentionTrace;
      scores?: PictureScores;
      place?: ProvenancePlace;
      remake?: Remake;
    } = {},
  ) {
    this.width = raster.width;
    this.height = raster.height;
    this.data = raster.data;
    this.provenance = provenance;
    this.warnings = warnings;
    this.trace = trace;
    this.scores = scores;
    this.#place = place;
    this.#remake = remake;
  }

  /**
   * The same picture with how it was chosen, what it scored, and more warnings.
   *
   * @ignore
   */
  chosen(choice: Choice, more: readonly string[] = []): Picture {
    const { trace } = this;
    const warnings = [...this.warnings, ...more];
    const provenance = { ...this.provenance, choice };
    const { scores } = choice;
    const place = this.#place;
    const remake = this.#remake;
    return new Picture(this, provenance, warnings, {
      ...{ trace, scores, place, remake },
    });
  }

  /**
   * The picture with an instance painted anew in its box, on the model that made it. Every pixel
   * outside of the box and its feather stays as it is, to the byte.
   *
   * @param instance its number from 0, its caption, or the name of its reference's file; or several.
   * @throws {RangeError} if there is no such instance.
   * @throws {LocRefError} `disposed` if the model was.
   */
  async again(instance: Which, options: AgainOptions = {}): Promise<Picture> {
    checkArguments(arguments, "again(instance, options)", 2);
    const { againRun, notRemade } = await import("./again.ts");
    if (this.#remake === undefined) throw notRemade();
    return await this.#remake(await againRun(this, instance, options));
  }

  /**
   * The picture without an instance: its box is painted anew from the scene's caption and the other
   * instances. Every other pixel stays as it is, to the byte.
   *
   * @throws {RangeError} if there is no such instance.
   * @throws {LocRefError} `disposed` if the model was.
   */
  async without(
    instance: Which,
    options: WithoutOptions = {},
  ): Promise<Picture> {
    checkArguments(arguments, "without(instance, options)", 2);
    const { notRemade, withoutRun } = await import("./again.ts");
    if (this.#remake === undefined) throw notRemade();
    return await this.#remake(withoutRun(this, instance, options));
  }

  /** The picture's file as bytes; a PNG carries its provenance. */
  async encode(options: SaveOptions = {}): Promise<Uint8Array> {
    checkArguments(arguments, "encode(options)", 1);
    checkSaveOptions(options, "encode");
    const { scale = 1, enlarge = "lanczos", ...rest } = options;
    const raster = await enlargeRaster(this, scale, enlarge);
    return await encodeImage(raster, {
      ...rest,
      text: this.#provenanceText(options),
    });
  }

  #provenanceText(
    { provenance = "portable", scale = 1, enlarge = "lanczos" }: SaveOptions,
  ): Record<string, string> {
    if (provenance === "none") return {};
    const make = provenance === "full" ? fullProvenance : portableProvenance;
    const made = make(this.provenance, this.#place);
    const enlarged = scale === 1 ? {} : { enlarged: { scale, by: enlarge } };
    return { [provenanceKeyword]: JSON.stringify({ ...made, ...enlarged }) };
  }

  /**
   * Writes the picture to `path` (.png, .webp, .jpg), whole or not at all.
   *
   * @throws {RangeError} if the name ends otherwise and `options.format` does not say what to write.
   */
  async save(path: string, options: SaveOptions = {}): Promise<void> {
    checkArguments(arguments, "save(path, options)", 2);
    checkSavePath(path);
    const format = checkSaveOptions(options, "save", path);
    await writeFileAtomically(path, await this.encode({ ...options, format }));
  }

  /** The requested boxes as labels in COCO's format, for training detectors; the data set sets their ids. */
  labels(format: "coco"): CocoLabel[];
  /**
   * The requested boxes as the text of a label file of YOLO.
   *
   * @param names the classes in the order of their numbers.
   * @throws {RangeError} if an instance is none of `names`.
   */
  labels(format: "yolo", names: readonly string[]): string;
  labels(
    format: "coco" | "yolo",
    names?: readonly string[],
  ): CocoLabel[] | string {
    const { scene } = this.provenance;
    if (format === "coco") return cocoLabels(scene, this);
    if (format !== "yolo") {
      throw new TypeError(
        `Labels are "coco" or "yolo", got ${quote(format)}`,
      );
    }
    if (names !== undefined) {
      checkValue(names, list("a list of class names", text()), {
        name: "Names of labels",
      });
      checkDistinct(names, "Names of labels");
      return yoloLabels(scene, names);
    }
    throw new TypeError(
      'Labels of YOLO number the classes: give their names, labels("yolo", names)',
    );
  }

  /** Shows the picture in a Jupyter notebook. */
  async [Symbol.for("Jupyter.display")](): Promise<MediaBundle> {
    return pngMedia(await this.encode({ format: "png" }), this.height);
  }
}
