import { existsSync } from "node:fs";
import { join } from "node:path";
import type { LoadedModel } from "../pipeline/load/loaded_model.ts";
import type { LeastScores } from "../pipeline/options/choice_options.ts";
import type { Rulers } from "../pipeline/options/rulers.ts";
import { loadRulers } from "./load_rulers.ts";

/**
 * The rulers that a model of the pocket family brings along.
 *
 * @throws {TypeError} for another model, whose rulers must be given.
 */
export async function rulersOf(model: LoadedModel): Promise<Required<Rulers>> {
  const { folder } = model.parts.base;
  const detector = join(folder, "detector");
  const encoder = join(folder, "evaluation_encoder");
  if (existsSync(detector) && existsSync(encoder)) {
    const backend = model.backend.name;
    return await loadRulers({ detector, encoder, backend });
  }
  throw new TypeError(
    `Pictures of model "${model.name}" need rulers: give { rulers: await loadRulers({ detector, encoder }) }`,
  );
}

/**
 * Checks that rulers measure what is requested of pictures.
 *
 * @throws {TypeError} naming the score and the ruler that is missing.
 */
export function checkRulers(rulers: Rulers, until: LeastScores = {}): void {
  if (rulers.detector === undefined && rulers.encoder === undefined) {
    throw new TypeError(
      "Option rulers is empty: it takes a detector, an encoder, or both",
    );
  }
  const needed = [
    ["iou", until.iou, rulers.detector, "detector"],
    ["clip", until.clip, rulers.encoder, "encoder"],
  ] as const;
  for (const [name, least, ruler, what] of needed) {
    if (least === undefined || ruler !== undefined) continue;
    throw new TypeError(
      `Option until.${name} is ${least}, but the rulers have no ${what}`,
    );
  }
}
