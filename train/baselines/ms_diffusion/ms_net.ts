import {
  msGraph,
  msKeyValueProgram,
} from "../../../lib/adapters/ms_diffusion/ms_graph.ts";
import {
  msResampler,
  type MsResamplerShape,
} from "../../../lib/adapters/ms_diffusion/ms_resampler.ts";
import {
  type AttentionLayers,
  crossSites,
  type Places,
} from "../../../lib/bases/places.ts";
import { sizeKey } from "../../../lib/core/size_key.ts";
import { type Tensor, tensor } from "../../../lib/core/tensor.ts";
import type { Values } from "../../../lib/ops/executor.ts";
import type { Ops } from "../../../lib/ops/ops.ts";
import type { Params } from "../../../lib/ops/params.ts";
import { type AdapterNet, floats } from "../adapter_net.ts";

/** Sizes of {@linkcode msNet}. */
export interface MsNetShape {
  readonly resampler: MsResamplerShape;
  /** Tokens that stand for "no picture". */
  readonly dummies: number;
  /** Pictures of every row of a batch, those that are empty included. */
  readonly pictures: number;
}

/**
 * MS-Diffusion in training: grounding resampler, dummy tokens, and keys and values of pictures.
 *
 * A batch of N rows holds `features`, `ground`, `kept` and `dropped` of N · pictures pictures, and
 * the masks `hidden.HxW` and `factor.HxW`. For each place `i` of a picture it holds its rows'
 * pictures, `picture.i` `[1, N, N · pictures]`.
 */
export function msNet(
  layers: AttentionLayers,
  { resampler, dummies, pictures }: MsNetShape,
  places: Places,
): AdapterNet {
  const keys = [
    ...new Set(crossSites(places).map(({ size }) => sizeKey(size))),
  ];
  const masks = keys.flatMap((key) => [`hidden.${key}`, `factor.${key}`]);
  const rows = Array.from({ length: pictures }, (_, i) => pictureName(i));
  const keyValues = msKeyValueProgram(layers);
  return {
    graph: msGraph,
    inputs: floats([
      ...["features", "ground", "kept", "dropped"],
      ...masks,
      ...rows,
    ]),
    conditions(ops, params, batch) {
      const tokens = msResampler(
        ops,
        params.at("image_proj"),
        batch,
        resampler,
      );
      const sequence = sequenceOf(ops, params, tokens, {
        ...{ resampler, dummies, rows: rows.map((name) => batch[name]!) },
      });
      return {
        ...keyValues.run(ops, params, { tokens: sequence }),
        ...Object.fromEntries(masks.map((name) => [name, batch[name]!])),
      };
    },
  };
}

/** Dummy tokens, then those of each place's picture, `[N, dummies + pictures · tokens, width]`. */
function sequenceOf<T>(
  ops: Ops<T>,
  params: Params<T>,
  tokens: T,
  { resampler, dummies, rows }: {
    readonly resampler: MsResamplerShape;
    readonly dummies: number;
    readonly rows: readonly T[];
  },
): T {
  const stacked = ops.stackRows(tokens);
  const each = rows.map((row) =>
    ops.unstackRows(ops.product(row, stacked), resampler.tokens)
  );
  const shape = [1, dummies, resampler.width];
  const none = params.get("dummy_image_tokens", shape);
  return ops.concatTokens([ops.repeatBatch(none, each[0]!), ...each]);
}

/** Which pictures of a batch stand in which place of which row; a row without one has zeros. */
export function pictureRows(
  rows: readonly { readonly pictures: number; readonly shown: boolean }[],
  pictures: number,
): Values<Tensor> {
  const count = rows.length * pictures;
  return Object.fromEntries(
    Array.from({ length: pictures }, (_, i) => {
      const chosen = new Float32Array(rows.length * count);
      rows.forEach((row, n) => {
        if (row.shown && i < row.pictures) {
          chosen[n * count + n * pictures + i] = 1;
        }
      });
      return [pictureName(i), tensor([1, rows.length, count], chosen)];
    }),
  );
}

function pictureName(i: number): string {
  return `picture.${i}`;
}
