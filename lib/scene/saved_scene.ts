import { checkArguments } from "../core/check_arguments.ts";
import { warnDeprecated } from "../core/deprecated.ts";
import type {
  GenerateOptions,
  SeveralOptions,
} from "../model/generate_options.ts";
import type { Run } from "../model/run.ts";
import type { Picture } from "../pipeline/picture.ts";
import type { PictureOptions } from "../pipeline/options/picture_options.ts";
import type { SceneOrigin } from "../pipeline/provenance/scene_origin.ts";
import type { SceneData } from "../scene_data/scene_data.ts";
import type { Blobs } from "./resolve_sources.ts";
import { Scene } from "./scene.ts";

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

  /** @ignore */
  constructor(
    data: SceneData,
    options: PictureOptions,
    origin?: SceneOrigin,
    blobs?: Blobs,
  ) {
    super(data, origin, blobs);
    this.scene = new Scene(data, origin, blobs);
    const given = Object.entries(options).filter(([, value]) =>
      value !== undefined
    );
    this.options = Object.fromEntries(given);
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
    return new SavedScene(data, this.options, origin, blobs);
  }

  /** Options over those of the picture; what is undefined leaves them as they are. */
  #over<O>(options: O): O {
    // what is no options is named by the scene's own method
    if (Object.prototype.toString.call(options) !== "[object Object]") {
      return options;
    }
    const given = Object.entries(options as object).filter(([, value]) =>
      value !== undefined
    );
    return { ...this.options, ...Object.fromEntries(given) } as O;
  }
}

function warn(method: string): void {
  warnDeprecated(
    `(await scene.fromImage(png)).${method}`,
    `const { scene, options } = await …; scene.${method}`,
  );
}
