import type { AppearanceNetShape } from "../../../lib/adapters/locref/appearance_net.ts";
import { attentionSizes, crossSites } from "../../../lib/bases/places.ts";
import { type Tensor, zeros } from "../../../lib/core/tensor.ts";
import { concatBatch } from "../../../lib/core/tensor_rows.ts";
import { compositeImage } from "../../../lib/images/composite.ts";
import { trainingMasks } from "../../locref/training_masks.ts";
import type {
  AdapterTraining,
  ConditionedScene,
  FrozenModels,
} from "../adapter_training.ts";
import { ipNet } from "./ip_net.ts";

/** Settings of {@linkcode ipTraining}. */
export interface IpTrainingOptions {
  /** Tokens that a picture becomes. */
  readonly tokens: number;
  /** Strength of the composite image. */
  readonly lambdaCi: number;
  /** Strength of each instance's own picture. */
  readonly lambdaRi: number;
  /** Instances that every scene is filled up to. */
  readonly instances: number;
}

/** IP-Adapter's part of training: keys and values begin as those of the text. */
export function ipTraining(
  models: FrozenModels,
  options: IpTrainingOptions,
): AdapterTraining {
  const { base, imageEncoder, places } = models;
  const { lambdaCi, lambdaRi, instances } = options;
  const shape: AppearanceNetShape = {
    ...{ kind: "ip-adapter-base", input: "embeds", hiddenWidth: 0 },
    inputWidth: imageEncoder!.projection_dim,
    width: base.textWidth,
    tokens: options.tokens,
  };
  const sites = new Map(crossSites(places).map((at) => [at.layer, at]));
  return {
    net: ipNet(base, shape, places),
    copied(name) {
      const [, place, kind] =
        /^ip_adapter\.(\d+)\.(to_[kv])_ip\.weight$/.exec(name) ?? [];
      if (place === undefined) return undefined;
      return `${sites.get((Number(place) - 1) / 2)!.path}.${kind}.weight`;
    },
    weightsOf: (file) => file,
    metadata: { lambda_ci: String(lambdaCi), lambda_ri: String(lambdaRi) },
    async conditions(scenes) {
      const ci: Tensor[] = [], ri: Tensor[] = [];
      for (const scene of scenes) {
        const found = await picturesOf(scene, models, options);
        ci.push(found.composite);
        ri.push(...found.references);
      }
      return {
        ...{ ci: concatBatch(ci), ri: concatBatch(ri) },
        ...trainingMasks(
          scenes.map(({ seen }) => ({
            boxes: seen.boxes,
            settings: { lambdaCi, lambdaRi },
          })),
          attentionSizes(places),
          instances,
        ),
      };
    },
  };
}

/** Features of a scene's pictures; zeros stand for those that it does not have, or that are dropped. */
async function picturesOf(
  { seen, dropped }: ConditionedScene,
  { encoders, imageEncoder, side }: FrozenModels,
  { lambdaCi, instances }: IpTrainingOptions,
): Promise<{ composite: Tensor; references: Tensor[] }> {
  const none = zeros([1, imageEncoder!.projection_dim]);
  const size = { width: side, height: side };
  const placed = seen.references.map((raster, i) => ({
    raster,
    box: seen.boxes[i]!,
  }));
  const output = "embeds" as const;
  const references: Tensor[] = [];
  for (let i = 0; i < instances; i++) {
    const reference = dropped ? undefined : seen.references[i];
    references.push(
      reference === undefined
        ? none
        : await encoders.features(reference, { output }),
    );
  }
  return {
    references,
    composite: dropped || lambdaCi === 0
      ? none
      : await encoders.features(await compositeImage(size, placed), { output }),
  };
}
