/** Measures what `picture.again` gains: the instance of the lowest score painted anew. */

import { join } from "node:path";
import { defineCommand } from "../../lib/core/command/command.ts";
import { text, toggle, whole } from "../../lib/core/command/option.ts";
import { checkOutputFolder } from "../../lib/core/files/check_output.ts";
import { writeFileAtomically } from "../../lib/core/files/write_file.ts";
import { loadedModel, LocRef } from "../../lib/model/locref.ts";
import {
  modelOptions,
  seedOption,
} from "../../lib/pipeline/options/command_options.ts";
import { loadRulers } from "../../lib/scoring/load_rulers.ts";
import { soloRank } from "../../train/ranks/ranks.ts";
import { mean } from "../run/bootstrap.ts";
import { pocketScenes } from "../run/pocket_scenes.ts";
import { checkRun, describeRun, keepRun } from "../run/run_description.ts";
import {
  type MeasureOptions,
  measureScenes,
  type SceneGain,
} from "./measure.ts";

/** `deno task eval again`. */
export const command = defineCommand({
  about:
    `Makes pictures of held-out compositions of the pocket world. Paints the instance of the lowest
    score anew with fresh seeds, keeps the best, and says how often its score rises. With --output,
    the same command goes on where it was killed or stopped.`,
  options: {
    output: text("DIR", "folder that each scene is kept in, and scenes.json", {
      short: "o",
      otherwise: "nothing is kept",
    }),
    model: modelOptions.model,
    scenes: whole("number of scenes", { min: 1, default: 60 }),
    tries: whole("fresh seeds for the instance", { min: 1, default: 3 }),
    steps: whole("steps of DDIM", { min: 1, max: 1000, default: 20 }),
    seed: seedOption("seed of the scenes and of the first picture", {
      default: 0,
    }),
    json: toggle("print every scene as JSON"),
  },
  async main({ model: name, json, output: out, scenes: count, ...given }) {
    if (out !== undefined) await checkOutputFolder(out);
    await using model = await LocRef.load(name);
    const rulers = await loadRulers();
    const options = { ...given, model, rulers, out };
    if (out !== undefined) await keepSettings(out, { ...options, count });
    const { seed } = given;
    const source = await pocketScenes({ count, seed });
    const gains = await measureScenes(source, options);
    for (const ruler of [rulers.detector, rulers.encoder]) {
      await ruler.dispose();
    }
    if (out !== undefined) {
      await writeFileAtomically(join(out, "scenes.json"), listed(gains));
    }
    console.log(json ? JSON.stringify(gains) : summary(gains));
    return 0;
  },
});

/**
 * Writes what decides the scores into `run.json`.
 *
 * @throws {LocRefError} `config-invalid` if `out` holds scenes that were measured otherwise.
 */
async function keepSettings(
  out: string,
  { model, rulers, tries, count, seed, steps }: MeasureOptions & {
    count: number;
  },
): Promise<void> {
  const loaded = loadedModel(model);
  const described = await describeRun({
    ...{ scenes: "pocket", reference: "alpha" },
    ...{ detector: "pocket", encoder: "pocket", count, seed, steps },
  }, { ...rulers, opened: [{ model: loaded, settings: {} }] });
  const run = { ...described, tries: `${tries}` };
  await checkRun(out, run);
  await keepRun(out, run, soloRank);
}

/** Scenes as JSON, one a line. */
function listed(gains: readonly SceneGain[]): string {
  return `[\n${
    gains.map((one) => `  ${JSON.stringify(one)}`).join(",\n")
  }\n]\n`;
}

function summary(gains: readonly SceneGain[]): string {
  const rises = gains.filter(({ before, after }) => after > before).length;
  const over = (key: keyof SceneGain) => mean(gains.map((one) => one[key]));
  const most = (key: keyof SceneGain) =>
    Math.max(...gains.map((one) => one[key]));
  return [
    `scenes ${gains.length}, the lowest instance rises in ${rises} (${
      Math.round(100 * rises / gains.length)
    } %)`,
    `mean of IoU and CLIP-I: ${over("before").toFixed(3)} before, ${
      over("after").toFixed(3)
    } after`,
    `greatest change of instances apart: CLIP-I ${
      most("othersClipI").toExponential(1)
    }, IoU ${most("othersIou").toFixed(3)}`,
  ].join("\n");
}
