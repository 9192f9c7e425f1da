import { checkArguments } from "../core/check_arguments.ts";
import { warnDeprecated } from "../core/deprecated.ts";
import type {
  GenerateOptions,
  SeveralOptions,
} from "../model/generate_options.ts";
import type { Run } from "../model/run.ts";
import type {
  AgainOptions,
  AgainRun,
  PaintedOn,
  WithoutOptions,
} from "../pipeline/again.ts";
import type { Picture } from "../pipeline/picture.ts";
import type { PictureOptions } from "../pipeline/options/picture_options.ts";
import type { SavedPicture } from "../pipeline/provenance/paint_on_file.ts";
import type { SceneOrigin } from "../pipeline/provenance/scene_origin.ts";
import { withoutUndefined } from "../core/without_undefined.ts";
import type { SceneData } from "../scene_data/scene_data.ts";
import type { Which } from "../scene_data/which_instances.ts";
import type { Blobs } from "./resolve_sources.ts";
import { Scene } from "./scene.ts";

/** A scene that paints on a saved picture, and the options of its run. */
export interface SavedRun {
  /** The scene, which begins on the picture. */
  readonly scene: Scene;
  /** Seed, steps, size and the like. */
  readonly options: PictureOptions & { readonly seed: number };
}

/**
 * The scene of a saved picture and the options it was made with, as `scene.fromImage` returns them.
 *
 * Until 1.0 it is a scene of its own as well, as in version 0.1, whose `generate` and `steps` use the
 * options by themselves.
 */
export class SavedScene extends Scene {
  /** The scene alone. */
  readonly scene: Scene;
  /** Seed, steps, size and the like that the picture was made with. */
  readonly options: PictureOptions;
  readonly #picture?: SavedPicture;

  /** @ignore */
  constructor(
    data: SceneData,
    options: PictureOptions,
    origin?: SceneOrigin,
    { blobs, picture }: { blobs?: Blobs; picture?: SavedPicture } = {},
  ) {
    super(data, origin, blobs);
    this.scene = new Scene(data, origin, blobs);
    this.#picture = picture;
    this.options = withoutUndefined(options);
  }

  /**
   * The saved picture with an instance painted anew in its box, as `picture.again` paints one just
   * made: a scene that begins on the file's pixels, and the options of its run.
   *
   * @example
   * ```ts no-eval
   * import { scene } from "@locref/locref";
   *
   * const saved = await scene.fromImage("out/first.png");
   * const { scene: other, options } = await saved.again("padlock", { seed: 8 });
   * await (await other.generate(options)).save("out/second.png");
   * ```
   *
   * @param instance its number from 0, its caption, or the name of its reference's file; or several.
   * @throws {RangeError} if there is no such instance.
   * @throws {LocRefError} `image-invalid` if the file is no picture any more.
   */
  async again(
    instance: Which,
    options: Omit<AgainOptions, "signal"> = {},
  ): Promise<SavedRun> {
    checkArguments(arguments, "again(instance, options)", 2);
    const { againRun } = await import("../pipeline/again.ts");
    return await this.#paint((on) => againRun(on, instance, options));
  }

  /**
   * The saved picture without an instance, as `picture.without` makes it: a scene that begins on the
   * file's pixels, and the options of its run.
   *
   * @throws {RangeError} if there is no such instance.
   * @throws {LocRefError} `image-invalid` if the file is no picture any more.
   */
  async without(
    instance: Which,
    options: Omit<WithoutOptions, "signal"> = {},
  ): Promise<SavedRun> {
    checkArguments(arguments, "without(instance, options)", 2);
    const { withoutRun } = await import("../pipeline/again.ts");
    return await this.#paint((on) => withoutRun(on, instance, options));
  }

  async #paint(
    run: (on: PaintedOn) => AgainRun | Promise<AgainRun>,
  ): Promise<SavedRun> {
    if (this.#picture === undefined) {
      throw new TypeError(
        "A scene that was changed since it was read has no picture to paint on: call again or without on the result of scene.fromImage",
      );
    }
    const { paintOnFile } = await import(
      "../pipeline/provenance/paint_on_file.ts"
    );
    const { scene, settings, origin } = await paintOnFile(this.#picture, run);
    return {
      scene: new Scene(scene, origin),
      options: withoutUndefined(settings),
    };
  }

  /** @deprecated since 0.2, use `scene.generate(options)` of this object. */
  override generate(options: SeveralOptions): Promise<Picture[]>;
  /** @deprecated since 0.2, use `scene.generate(options)` of this object. */
  override generate(options?: GenerateOptions): Promise<Picture>;
  override generate(
    options: GenerateOptions | SeveralOptions = {},
  ): Promise<Picture | Picture[]> {
    checkArguments(arguments, "generate(options)", 1);
    warn("generate(options)");
    return super.generate(this.#over(options) as GenerateOptions);
  }

  /** @deprecated since 0.2, use `scene.steps(options)` of this object. */
  override steps(options: GenerateOptions = {}): Run {
    checkArguments(arguments, "steps(options)", 1);
    warn("steps(options)");
    return super.steps(this.#over(options));
  }

  /** @ignore */
  protected override derive(
    data: SceneData,
    origin: SceneOrigin,
    blobs: Blobs,
  ): Scene {
    return new SavedScene(data, this.options, origin, { blobs });
  }

  /** Options over those of the picture; what is undefined leaves them as they are. */
  #over<O>(options: O): O {
    // what is no options is named by the scene's own method
    if (Object.prototype.toString.call(options) !== "[object Object]") {
      return options;
    }
    return { ...this.options, ...withoutUndefined(options as object) } as O;
  }
}

function warn(method: string): void {
  warnDeprecated(
    `(await scene.fromImage(png)).${method}`,
    `const { scene, options } = await …; scene.${method}`,
  );
}
