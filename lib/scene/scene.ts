import { checkArguments } from "../core/check_arguments.ts";
import { checkObject } from "../core/known_keys.ts";
import type {
  GenerateOptions,
  SeveralOptions,
} from "../model/generate_options.ts";
import type { ImageLimits } from "../images/image_limits.ts";
import { Run, type StepGenerator } from "../model/run.ts";
import type { MediaBundle } from "../images/media.ts";
import type { Picture } from "../pipeline/picture.ts";
import {
  keepOrigin,
  originOf,
  originWarnings,
  type SceneOrigin,
  sourcesOf,
  trusting,
} from "../pipeline/provenance/scene_origin.ts";
import type { EditOptions } from "../scene_data/edit_options.ts";
import { withoutUndefined } from "../core/without_undefined.ts";
import type { SceneData } from "../scene_data/scene_data.ts";
import { generating, givenOptions } from "./generating.ts";
import type { NamedEdits } from "./named_edits.ts";
import { type GivenPictures, SceneParts } from "./parts.ts";
import type { Preview, PreviewOptions } from "./preview/preview.ts";
import type { Blobs, ResolvedScene } from "./resolve_sources.ts";

/**
 * A picture that is to be made: a caption, and instances with a reference picture and a box each.
 *
 * A scene never changes: every method that seems to change it returns a new one, so a half-built
 * scene can be shared, swept and forked. It is plain data underneath ({@linkcode Scene.toJSON}).
 */
export class Scene extends SceneParts<Scene> {
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

  /** @ignore */
  protected override get plain(): SceneData {
    return this.#data;
  }

  /**
   * References of a saved picture that are missing or have changed since, one sentence each; they are
   * among the warnings of previews and pictures, too.
   */
  get warnings(): readonly string[] {
    return originWarnings(originOf(this), this.#data);
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
    const { data, rest, origin } = await this.#ready(over, "preview");
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
    const { data, rest, origin } = await this.#ready(over, "generate");
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
    const { data, rest, origin } = await this.#ready(over, "steps");
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
    return this.changed(changes, { sources, blobs });
  }

  /** The scene with what options say of it, its pictures found, and the other options. */
  async #ready<O extends EditOptions & { readonly limits?: ImageLimits }>(
    options: O,
    of: string,
  ): Promise<ResolvedScene & { rest: Omit<O, keyof EditOptions> }> {
    const { scene, rest } = this.withOptions(options, of);
    const { resolveSources } = await import("./resolve_sources.ts");
    const resolved = await resolveSources(
      { data: scene.#data, origin: originOf(scene) },
      { blobs: scene.#blobs, limits: options.limits },
    );
    return { ...resolved, rest };
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

  /** @ignore */
  protected override changed(
    changes: Partial<SceneData>,
    { sources = [], blobs = new Map() }: GivenPictures = {},
  ): Scene {
    return this.derive(
      { ...this.#data, ...changes },
      trusting(originOf(this), sources),
      blobs.size === 0 ? this.#blobs : new Map([...this.#blobs, ...blobs]),
    );
  }

  /** @ignore */
  protected override replaced(data: SceneData): Scene {
    return this.derive(data, originOf(this), this.#blobs);
  }
}
