import { counted } from "../core/counted.ts";
import { checkArguments } from "../core/check_arguments.ts";
import { checkValue } from "../core/check_options.ts";
import { anyText, type Kind, oneOf } from "../core/kinds.ts";
import { checkObject } from "../core/known_keys.ts";
import { quote } from "../core/quote.ts";
import type {
  GenerateOptions,
  SeveralOptions,
} from "../model/generate_options.ts";
import type { ImageLimits } from "../images/image_limits.ts";
import { Run, type StepGenerator } from "../model/run.ts";
import type { MediaBundle } from "../images/media.ts";
import type { Picture } from "../pipeline/picture.ts";
import type { Box } from "../scene_data/box.ts";
import { checkInstanceKeys } from "../scene_data/check_instance_options.ts";
import {
  type InstanceOptions,
  withoutUndefined,
} from "../scene_data/instance.ts";
import type { Preview, PreviewOptions } from "./preview/preview.ts";
import { type InstanceChanges, nameInstance } from "./name_instance.ts";
import { SceneEdits } from "./edits.ts";
import type { NamedEdits } from "./named_edits.ts";
import { generating, givenOptions } from "./generating.ts";
import type { Reference } from "../scene_data/reference.ts";
import { withoutInstances } from "../scene_data/without_instances.ts";
import type { Blobs, ResolvedScene } from "./resolve_sources.ts";
import {
  keepOrigin,
  originOf,
  originWarnings,
  type SceneOrigin,
  sourcesOf,
  trusting,
} from "../pipeline/provenance/scene_origin.ts";
import { parseScene } from "../scene_data/parse_scene.ts";
import {
  type InstanceData,
  type Overlap,
  overlapPolicies,
  type SceneData,
} from "../scene_data/scene_data.ts";

/** Checked by type only: the schema checks the name. */
const policies: Kind = { ...oneOf(overlapPolicies), allows: undefined };

/**
 * A picture that is to be made: a caption, and instances with a reference picture and a box each.
 *
 * A scene never changes: every method that seems to change it returns a new one, so a half-built
 * scene can be shared, swept and forked. It is plain data underneath ({@linkcode Scene.toJSON}).
 */
export class Scene extends SceneEdits<Scene> {
  readonly #data: SceneData;
  readonly #blobs: Blobs;

  /** @ignore */
  constructor(
    data: SceneData,
    origin: SceneOrigin = {},
    blobs: Blobs = new Map(),
  ) {
    super();
    this.#data = data;
    keepOrigin(this, origin);
    this.#blobs = blobs;
  }

  /** The coordinate space in pixels; absent where the scene takes the model's own size. */
  get size(): SceneData["size"] {
    return this.#data.size;
  }

  /** @ignore */
  protected override get plain(): SceneData {
    return this.#data;
  }

  /** The instances as they were placed, later ones in front of earlier ones. */
  get instances(): readonly InstanceData[] {
    return this.#data.instances;
  }

  /**
   * References of a saved picture that are missing or have changed since, one sentence each; they are
   * among the warnings of previews and pictures, too.
   */
  get warnings(): readonly string[] {
    return originWarnings(originOf(this), this.#data);
  }

  /** The scene with this caption for the whole picture. */
  caption(text: string): Scene {
    checkArguments(arguments, "caption(text)", 1);
    checkValue(text, anyText, { name: "Caption of the scene" });
    return this.#with({ caption: text });
  }

  /** The scene with this negative caption: what the picture shall not show. */
  negative(text: string): Scene {
    checkArguments(arguments, "negative(text)", 1);
    checkValue(text, anyText, { name: "Negative caption of the scene" });
    return this.#with({ negative: text });
  }

  /**
   * The scene with this policy for overlapping instances.
   *
   * Without it the adapter's own policy holds, which is `average` unless its file says otherwise.
   */
  overlap(policy: Overlap): Scene {
    checkArguments(arguments, "overlap(policy)", 1);
    checkValue(policy, policies, { name: "Overlap of the scene" });
    const { overlap } = parseScene({ ...this.#data, overlap: policy });
    return this.#with({ overlap });
  }

  /**
   * The scene with one more instance.
   *
   * @param reference path, `file:` or `data:` URL, or the bytes of a picture of what shall appear; or up
   * to 6 of it, of which the composite image shows the first.
   * @param box where it shall appear, made with {@linkcode box} or {@linkcode layout}.
   * @throws {LocRefError} `scene-invalid` if the box leaves the canvas or is empty, or an option is
   * out of range.
   */
  place(
    reference: Reference | readonly Reference[],
    box: Box,
    options: InstanceOptions = {},
  ): Scene {
    checkArguments(arguments, "place(reference, box, options)", 3);
    const index = this.#data.instances.length;
    checkInstanceKeys(options, "place");
    const { size } = this.#data;
    const { instance, ...given } = nameInstance(
      { ...options, reference, box },
      { index, size },
    );
    return this.#with(
      { instances: [...this.#data.instances, instance] },
      given,
    );
  }

  /**
   * The scene with instance `index` (from 0) changed.
   *
   * @throws {RangeError} if there is no such instance.
   * @throws {LocRefError} `scene-invalid`, as {@linkcode Scene.place}.
   */
  change(index: number, changes: InstanceChanges): Scene {
    checkArguments(arguments, "change(index, changes)", 2);
    const old = this.#instanceAt(index);
    checkObject(changes, "change");
    checkInstanceKeys(changes, "change");
    const { size } = this.#data;
    const { instance, ...given } = nameInstance(
      withoutUndefined(changes),
      { index, size, old },
    );
    return this.#with(
      { instances: this.#data.instances.with(index, instance) },
      given,
    );
  }

  /**
   * The scene without instance `index` (from 0).
   *
   * @throws {RangeError} if there is no such instance.
   */
  remove(index: number): Scene {
    checkArguments(arguments, "remove(index)", 1);
    this.#instanceAt(index);
    const rest = withoutInstances(this.#data, [index]);
    return this.derive(rest, originOf(this), this.#blobs);
  }

  /**
   * The scene as plain data: {@linkcode scene.from} makes an equal scene of it.
   *
   * @throws {TypeError} if a picture was given as a `Blob`, whose bytes take time to read.
   */
  toJSON(): SceneData {
    const blob = sourcesOf(this.#data).find((one) => this.#blobs.has(one));
    if (blob !== undefined) {
      throw new TypeError(
        "A picture given as a Blob is not in the scene's data: give its bytes, await blob.bytes()",
      );
    }
    return structuredClone(this.#data);
  }

  /**
   * Draws the scene without any model: composite image, masks at every attention resolution, boxes
   * and warnings. A picture to begin on and controls are taken as {@linkcode Scene.generate} takes them.
   *
   * @throws {LocRefError} if a reference is missing or cannot be decoded.
   */
  async preview(options: PreviewOptions = {}): Promise<Preview> {
    checkArguments(arguments, "preview(options)", 1);
    const { checkPreviewOptions } = await import(
      "./preview/check_preview_options.ts"
    );
    const { previewScene } = await import("./preview/preview.ts");
    checkObject(options, "preview");
    const over = withoutUndefined(options);
    checkPreviewOptions(over);
    const { scene, rest } = this.withOptions(over, "preview");
    const { data, origin } = await scene.#resolved(over.limits);
    return await previewScene(data, rest, origin);
  }

  /**
   * Makes `n` pictures, with seeds that follow each other, on one model.
   *
   * @throws {LocRefError | RangeError} before any long work, if scene, options or model are wrong.
   */
  generate(options: SeveralOptions): Promise<Picture[]>;
  /**
   * Makes the picture.
   *
   * @throws {LocRefError | RangeError} before any long work, if scene, options or model are wrong.
   */
  generate(options?: GenerateOptions): Promise<Picture>;
  async generate(
    options: GenerateOptions | SeveralOptions = {},
  ): Promise<Picture | Picture[]> {
    checkArguments(arguments, "generate(options)", 1);
    const { checkGenerateOptions, generate } = await generating();
    const over = givenOptions(options, "generate");
    checkGenerateOptions(over);
    const { scene, rest } = this.withOptions(over, "generate");
    const { data, origin } = await scene.#resolved(over.limits);
    return await generate(data, rest, origin);
  }

  /**
   * Makes the picture step by step; {@linkcode Scene.generate} is this, run to its end.
   *
   * @returns a run: iterate over its steps, then await its `picture`.
   */
  steps(options: GenerateOptions = {}): Run {
    const given = arguments;
    return new Run((signal) => this.#steps(options, { given, signal }));
  }

  async *#steps(
    options: GenerateOptions,
    { given, signal: cancelled }: { given: IArguments; signal: AbortSignal },
  ): StepGenerator {
    checkArguments(given, "steps(options)", 1);
    const { checkGenerateOptions, generateSteps } = await generating();
    const over = givenOptions(options, "steps");
    checkGenerateOptions(over, "steps");
    const { scene, rest } = this.withOptions(over, "steps");
    const { data, origin } = await scene.#resolved(over.limits);
    const signal = over.signal === undefined
      ? cancelled
      : AbortSignal.any([over.signal, cancelled]);
    return yield* generateSteps(data, { ...rest, signal }, origin);
  }

  /** Shows the scene's preview in a Jupyter notebook. */
  async [Symbol.for("Jupyter.display")](): Promise<MediaBundle> {
    const { sheetMedia } = await import("../images/media.ts");
    return await sheetMedia(await (await this.preview()).sheet());
  }

  /** @ignore */
  protected override edited({ changes, sources, blobs }: NamedEdits): Scene {
    return this.#with(changes, { sources, blobs });
  }

  async #resolved(limits?: ImageLimits): Promise<ResolvedScene> {
    const { resolveSources } = await import("./resolve_sources.ts");
    return await resolveSources(
      { data: this.#data, origin: originOf(this) },
      { blobs: this.#blobs, limits },
    );
  }

  /**
   * A scene like this one with other data.
   *
   * @ignore
   */
  protected derive(
    data: SceneData,
    origin: SceneOrigin,
    blobs: Blobs,
  ): Scene {
    return new Scene(data, origin, blobs);
  }

  /** The scene with changes; `sources` are the program's own, and read wherever they lie. */
  #with(
    changes: Partial<SceneData>,
    given: { sources?: readonly string[]; blobs?: Blobs } = {},
  ): Scene {
    const { sources = [], blobs = new Map() } = given;
    return this.derive(
      { ...this.#data, ...changes },
      trusting(originOf(this), sources),
      blobs.size === 0 ? this.#blobs : new Map([...this.#blobs, ...blobs]),
    );
  }

  #instanceAt(index: number): InstanceData {
    const { instances } = this.#data;
    const found = Number.isInteger(index) ? instances[index] : undefined;
    if (found !== undefined) return found;
    throw new RangeError(
      `There is no instance ${quote(index)}: the scene has ${
        counted(instances.length, "instance")
      }, counted from 0`,
    );
  }
}
