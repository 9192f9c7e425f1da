import type { SourceAccess } from "../../images/read_source.ts";
import type { ModelProvenance, Provenance } from "./provenance.ts";
import type { SceneData } from "../../scene_data/scene_data.ts";
import { picturesOf } from "../../scene_data/several_pictures.ts";

/** A picture that a run made and another paints on. */
export interface PaintedPicture {
  /** Its path or URL in the scene that paints on it. */
  readonly source: string;
  /** How it was made. */
  readonly provenance: Provenance;
  /** How it is made again, where its pixels are not at hand. */
  readonly again?: {
    readonly scene: SceneData;
    /** Options of its run. */
    readonly settings: object;
    readonly origin: SceneOrigin;
  };
}

/** A doubt about one picture of a scene from a file. */
export interface SourceDoubt {
  /** The path or URL that it is about. */
  readonly source: string;
  /** One sentence, beginning with the instance. */
  readonly text: string;
}

/** The file that a scene came from: what it may read, and what has changed since. */
export interface SceneOrigin {
  /** Folder of the file, from which saved pictures count paths. */
  readonly home?: string;
  /** The files and URLs that the scene may read. @default {all} */
  readonly access?: SourceAccess;
  /** The picture that the scene is painted on, where a run made it. */
  readonly painted?: PaintedPicture;
  /** Pictures that are missing or have changed since a saved picture was made. */
  readonly doubts?: readonly SourceDoubt[];
  /** Doubts about the file as a whole, one sentence each. */
  readonly notes?: readonly string[];
  /** The model that made a saved picture. */
  readonly model?: ModelProvenance;
  /** The backend that made it. */
  readonly backend?: string;
}

/** A scene that says what it is as plain data, such as the builder's. */
export interface SceneLike {
  /** The scene as plain data. */
  toJSON(): SceneData;
}

const origins = new WeakMap<object, SceneOrigin>();

/** Remembers where a scene came from. */
export function keepOrigin(scene: SceneLike, origin: SceneOrigin): void {
  origins.set(scene, origin);
}

/** The file that a scene came from; nothing for a scene of the program itself. */
export function originOf(scene: SceneLike | SceneData): SceneOrigin {
  return origins.get(scene) ?? {};
}

/** The sources of a scene as they stand in its data. */
export function sourcesOf(
  { instances, init, controls = [], style }: Pick<
    SceneData,
    "instances" | "init" | "controls" | "style"
  >,
): string[] {
  return [
    init?.image,
    init?.mask,
    ...controls.map(({ image }) => image),
    style?.image,
    ...instances.flatMap((instance) => [
      ...picturesOf(instance),
      instance.negative,
      instance.region,
      instance.cutout,
      instance.lora?.path,
    ]),
  ].filter((one) => one !== undefined);
}

/**
 * The doubts about its file and its pictures that a scene still has.
 *
 * Another reference put in by {@linkcode Scene.change} leaves no doubt about the old one.
 */
export function originWarnings(
  { doubts = [], notes = [] }: SceneOrigin,
  scene: Pick<SceneData, "instances" | "init" | "controls" | "style">,
): string[] {
  const left = new Set(sourcesOf(scene));
  const own = doubts.filter(({ source }) => left.has(source));
  return [...notes, ...own.map(({ text }) => text)];
}

/**
 * The origin of a scene that a program has put sources of its own into: those are read wherever
 * they lie.
 */
export function trusting(
  origin: SceneOrigin,
  sources: readonly (string | undefined)[],
): SceneOrigin {
  const { access } = origin;
  if (access?.roots === undefined) return origin;
  const more = sources.filter((one) => one !== undefined);
  const trusted = new Set([...access.trusted ?? [], ...more]);
  return { ...origin, access: { ...access, trusted } };
}
