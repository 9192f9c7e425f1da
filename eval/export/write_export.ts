import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { withCommandLines } from "../../lib/core/command/command_line.ts";
import { decodeImage } from "../../lib/images/decode.ts";
import { encodeImage } from "../../lib/images/encode.ts";
import type { Raster } from "../../lib/images/raster.ts";
import { startProgress } from "../../lib/core/command/progress.ts";
import { writeFileAtomically } from "../../lib/core/files/write_file.ts";
import type { EvaluationScene, SceneSource } from "../run/scene_source.ts";
import {
  type ExportedScene,
  exportedScene,
  type ExportedSceneOptions,
  type ExportFormat,
} from "./export_format.ts";

/** Options of {@linkcode writeExport}. */
export interface WriteExportOptions extends ExportedSceneOptions {
  readonly format: ExportFormat;
  /** Folder of the export. */
  readonly out: string;
}

/** Writes scenes, references and a README; returns the numbers of scenes and references. */
export async function writeExport(
  source: SceneSource,
  { format, out, size }: WriteExportOptions,
): Promise<{ scenes: number; references: number }> {
  await mkdir(join(out, "references"), { recursive: true });
  if (format.oneFileEach) await mkdir(join(out, "scenes"), { recursive: true });
  const progress = startProgress("export", {
    total: source.keys.length,
    unit: "scenes",
  });
  const all: unknown[] = [];
  let references = 0;
  for (const index of source.keys.keys()) {
    const scene = await source.read(index);
    const exported = exportedScene(scene, { size });
    await writeReferences(scene, exported, out);
    references += exported.instances.length;
    const written = format.scene(exported);
    if (format.oneFileEach) {
      await writeJson(join(out, "scenes", `${scene.key}.json`), written);
    } else all.push(written);
    progress.update(index + 1);
  }
  progress.end();
  if (!format.oneFileEach) await writeJson(join(out, "scenes.json"), all);
  await writeFileAtomically(join(out, "README.md"), readme(format));
  return { scenes: source.keys.length, references };
}

async function writeReferences(
  { withBackground, folder }: EvaluationScene,
  { key, instances }: ExportedScene,
  out: string,
): Promise<void> {
  for (const [i, { reference }] of withBackground.instances.entries()) {
    const picture = await decodeImage(reference, {
      name: `Scene ${key}, instance ${i}: reference`,
      folder,
    });
    const bytes = await encodeImage(onWhite(picture), { format: "png" });
    await writeFileAtomically(join(out, instances[i]!.reference), bytes);
  }
}

/** Opaque: the other systems read three channels, and what lies under alpha may be anything. */
function onWhite({ width, height, data }: Raster): Raster {
  const opaque = new Uint8Array(data.length);
  for (let i = 0; i < data.length; i += 4) {
    const alpha = data[i + 3]! / 255;
    for (let c = 0; c < 3; c++) {
      opaque[i + c] = Math.round(data[i + c]! * alpha + 255 * (1 - alpha));
    }
    opaque[i + 3] = 255;
  }
  return { width, height, data: opaque };
}

async function writeJson(path: string, value: unknown): Promise<void> {
  await writeFileAtomically(path, `${JSON.stringify(value, null, 1)}\n`);
}

function readme({ title, guide }: ExportFormat): string {
  return withCommandLines(`# Scenes for ${title}

Written by \`deno task eval export\`. DIR is this folder.

${guide}

Name each picture after its scene, \`PICTURES/KEY.png\` (or .jpg, .jpeg, .webp). Give the folder to the
evaluation beside the options that these scenes were made with:

\`\`\`sh
deno task eval run --scenes SCENES --pictures ${title}=PICTURES -o OUT
\`\`\`
`);
}
