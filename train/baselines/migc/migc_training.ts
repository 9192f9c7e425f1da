import {
  migcBranches,
  migcInputs,
  type MigcInstance,
} from "../../../lib/adapters/migc/migc_inputs.ts";
import { migcSlots } from "../../../lib/adapters/migc/migc_layer.ts";
import { paintBox } from "../../../lib/adapters/migc/migc_masks.ts";
import { migcFile } from "../../../lib/adapters/migc/migc_weights.ts";
import {
  attentionSizes,
  crossSites,
  type Places,
} from "../../../lib/bases/places.ts";
import { LocRefError } from "../../../lib/core/error.ts";
import { suggestion } from "../../../lib/core/known_keys.ts";
import { quote } from "../../../lib/core/quote.ts";
import type { Tensor } from "../../../lib/core/tensor.ts";
import { concatBatch } from "../../../lib/core/tensor_rows.ts";
import type { Values } from "../../../lib/ops/executor.ts";
import type {
  AdapterTraining,
  ConditionedScene,
  FrozenModels,
} from "../adapter_training.ts";
import { checkPooled } from "../check_pooled.ts";
import { neededPhrases } from "../scene_batches.ts";
import { migcBatch, migcNet } from "./migc_net.ts";

/** Settings of {@linkcode migcTraining}. */
export interface MigcTrainingOptions {
  readonly plus: boolean;
  /** Blocks that it acts in; null for the usual ones. */
  readonly blocks: readonly string[] | null;
  /** Instances that every scene is filled up to. */
  readonly instances: number;
}

/** MIGC's part of training: new keys and values begin as those of the text, MIGC++'s gates at 0. */
export function migcTraining(
  models: FrozenModels,
  { plus, blocks, instances }: MigcTrainingOptions,
): AdapterTraining {
  checkPooled(models, plus ? "MIGC++" : "MIGC");
  const { base, places } = models;
  const form = {
    ...{ textWidth: base.textWidth, plus, fuser: plus },
    paths: pathsIn(places, blocks ?? usualBlocks(places)),
  };
  const most = Math.min(instances, migcSlots - 2);
  const net = migcNet(form, places);
  return {
    net,
    initial: (name) => name.endsWith(".gamma") ? { kind: "zeros" } : undefined,
    copied(name) {
      const [, path, kind] = /^(.*)\.migc\.ea\.(to_[kv])\.weight$/.exec(name) ??
        [];
      return path === undefined ? undefined : `${path}.${kind}.weight`;
    },
    weightsOf: (file) => migcFile(file).weights,
    async conditions([scene]) {
      const all = await sceneConditions(scene!, models, { plus, most });
      // masks of layers in which it does not act are left out
      return Object.fromEntries(
        Object.entries(all).filter(([name]) => name in net.inputs),
      );
    },
  };
}

async function sceneConditions(
  scene: ConditionedScene,
  { base, encoders, side, latent, places }: FrozenModels,
  { plus, most }: { readonly plus: boolean; readonly most: number },
): Promise<Values<Tensor>> {
  const picture = { height: side, width: side };
  const phrases = scene.dropped
    ? []
    : neededPhrases(scene, plus ? "MIGC++" : "MIGC").slice(0, most);
  const instances: MigcInstance[] = [];
  const captions = [(await encoders.text(scene.caption)).tokens];
  for (let i = 0; i < most; i++) {
    const text = await encoders.text(phrases[i] ?? "");
    captions.push(text.tokens);
    const box = scene.seen.boxes[i];
    instances.push(
      phrases[i] === undefined || box === undefined
        ? emptyPlace(base.textWidth, picture)
        : {
          ...{ box, mask: paintBox(box, picture) },
          phrase: text.pooled!.data as Float32Array,
        },
    );
  }
  return {
    captions: concatBatch(captions),
    ...migcBatch({
      ...migcInputs(instances, {
        ...{ picture, latent, layers: attentionSizes(places) },
      }, plus),
      ...migcBranches(false),
    }),
  };
}

/** A place of an instance that no instance takes. */
function emptyPlace(
  width: number,
  picture: { readonly height: number; readonly width: number },
): MigcInstance {
  const box = { x0: 0, y0: 0, x1: 0, y1: 0 };
  return {
    ...{ box, mask: paintBox(box, picture), absent: true },
    phrase: new Float32Array(width),
  };
}

/** The middle block, and the first that attends to text on the way up. */
function usualBlocks(places: Places): string[] {
  const blocks = new Set(crossSites(places).map(({ path }) => blockOf(path)));
  const up = [...blocks].filter((block) => block.startsWith("up_blocks"))
    .sort()[0];
  return ["mid_block", ...up === undefined ? [] : [up]]
    .filter((block) => blocks.has(block));
}

function pathsIn(places: Places, wanted: readonly string[]): string[] {
  const sites = crossSites(places);
  const known = [...new Set(sites.map(({ path }) => blockOf(path)))];
  const other = wanted.find((block) => !known.includes(block));
  if (other !== undefined) {
    throw new LocRefError(
      "config-invalid",
      `Key "model.blocks" holds ${
        quote(other)
      }, and the UNet attends to text in ${known.join(", ")}${
        suggestion(other, known)
      }`,
    );
  }
  return sites.map(({ path }) => path)
    .filter((path) => wanted.includes(blockOf(path)));
}

function blockOf(path: string): string {
  return /^(?:mid_block|(?:down|up)_blocks\.\d+)/.exec(path)?.[0] ?? path;
}
