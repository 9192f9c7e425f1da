import type { EvaluationScene } from "../run/scene_source.ts";

/** A scene with what formats need of it besides. */
export interface ExportedScene {
  readonly key: string;
  /** Caption of the whole picture. */
  readonly caption: string;
  /** Canvas in pixels. */
  readonly width: number;
  readonly height: number;
  readonly instances: readonly ExportedInstance[];
}

/** One instance. */
export interface ExportedInstance {
  /** Its caption, else its name, else its class, else "object". */
  readonly phrase: string;
  /** Left, upper, right and lower edge as fractions of the canvas. */
  readonly box: readonly [number, number, number, number];
  /** Path of its reference, from the folder of the export. */
  readonly reference: string;
}

/** How scenes are written for another system. */
export interface ExportFormat {
  /** Name on the command line. */
  readonly name: string;
  /** Name in text. */
  readonly title: string;
  /** The object that the system's code reads. */
  scene(scene: ExportedScene): Record<string, unknown>;
  /** Whether each scene has a file of its own; else all are a list in `scenes.json`. */
  readonly oneFileEach: boolean;
  /** How the system is run on the scenes, as Markdown. */
  readonly guide: string;
}

/** Options of {@linkcode exportedScene}. */
export interface ExportedSceneOptions {
  /** Canvas in pixels, where the scene names none. @default {512} */
  size?: number;
}

/** A scene as formats read it. */
export function exportedScene(
  { key, cutOut, categories, phrases }: EvaluationScene,
  { size = 512 }: ExportedSceneOptions = {},
): ExportedScene {
  const { width, height } = cutOut.size ?? { width: size, height: size };
  return {
    key,
    caption: cutOut.caption,
    width,
    height,
    instances: cutOut.instances.map(({ caption, box }, i) => ({
      phrase: caption ?? phrases?.[i] ?? categories[i] ?? "object",
      box: [box.x0, box.y0, box.x1, box.y1],
      reference: `references/${key}-${i}.png`,
    })),
  };
}
