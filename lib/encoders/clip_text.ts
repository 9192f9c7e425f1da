import { type Tensor, tensor } from "../core/tensor.ts";
import { floats } from "../core/tensor_rows.ts";
import type { Program } from "../ops/executor.ts";
import { layerNorm, linear } from "../ops/layers.ts";
import type { Ops } from "../ops/ops.ts";
import type { Params } from "../ops/params.ts";
import { clipEncoder, type ClipTransformerConfig } from "./clip_transformer.ts";

/** `config.json` of a `CLIPTextModel`, as far as it is used. */
export interface ClipTextConfig extends ClipTransformerConfig {
  readonly vocab_size: number;
  /** Number of token positions, 77 in SD 1.5. */
  readonly max_position_embeddings: number;
  /** Width of the space that pictures and texts share. */
  readonly projection_dim?: number;
  /** Id of the token whose state is the pooled text, see {@linkcode pooledText}. @default {2} */
  readonly eos_token_id?: number;
}

/** Which of its states a text encoder returns. */
export interface ClipTextForm {
  /** How many of the last layers are left out, fewer than there are. @default {0} */
  readonly skip?: number;
  /** Whether the state goes through the final layer norm, as SD 1 and 2 read it. @default {true} */
  readonly normed?: boolean;
  /** Whether every token is also projected to the space of pictures, as SDXL's pooled text. @default {false} */
  readonly projected?: boolean;
}

/** A text encoder's states. */
export interface ClipTextStates<T> {
  /** The state that a UNet reads, `[N, tokens, width]`. */
  readonly hidden: T;
  /** Every token of the last state in the space of pictures, `[N, tokens, projection_dim]`. */
  readonly projected?: T;
}

/**
 * CLIP's text tower.
 *
 * @param ids token ids `[N, tokens]`.
 * @returns the last hidden state after the final layer norm, `[N, tokens, width]`.
 */
export function clipText<T>(
  ops: Ops<T>,
  p: Params<T>,
  ids: T,
  config: ClipTextConfig,
): T {
  return clipTextStates(ops, p, ids, { config }).hidden;
}

/**
 * CLIP's text tower with the states that a form of it returns.
 *
 * @param ids token ids `[N, tokens]`.
 */
function clipTextStates<T>(
  ops: Ops<T>,
  p: Params<T>,
  ids: T,
  { config, form = {} }: { config: ClipTextConfig; form?: ClipTextForm },
): ClipTextStates<T> {
  const { hidden_size: width } = config;
  const { skip = 0, normed = true, projected = false } = form;
  const model = p.at("text_model");
  const read = projected ? 0 : skip;
  const states = clipEncoder(
    ops,
    model.at("encoder"),
    embedded(ops, model.at("embeddings"), ids, config),
    { ...config, num_hidden_layers: config.num_hidden_layers - read },
    { causal: true },
  );
  const norm = (x: T) =>
    layerNorm(
      ops,
      model.at("final_layer_norm"),
      x,
      width,
      config.layer_norm_eps,
    );
  const state = states[config.num_hidden_layers - skip]!;
  return {
    hidden: normed ? norm(state) : state,
    projected: projected
      ? linear(ops, p.at("text_projection"), norm(states.at(-1)!), {
        in: width,
        out: config.projection_dim!,
        bias: false,
      })
      : undefined,
  };
}

function embedded<T>(
  ops: Ops<T>,
  p: Params<T>,
  ids: T,
  config: ClipTextConfig,
): T {
  const { hidden_size: width, max_position_embeddings: positions } = config;
  const table = p.at("token_embedding").get("weight", [
    config.vocab_size,
    width,
  ]);
  const position = p.at("position_embedding").get("weight", [positions, width]);
  return ops.add(ops.embedding(ids, table), position);
}

/**
 * {@linkcode clipTextStates} as a program: `ids` in, `hidden` and, where the form says so, `projected` out.
 *
 * @param name Name of the text encoder among the model's programs.
 */
export function clipTextProgram(
  config: ClipTextConfig,
  form: ClipTextForm = {},
  name = "text_encoder",
): Program {
  const { hidden_size: width, max_position_embeddings: positions } = config;
  const float = (last: number) => ({
    kind: "float" as const,
    shape: ["batch", positions, last],
  });
  return {
    name,
    inputs: { ids: { kind: "ids", shape: ["batch", positions] } },
    outputs: {
      hidden: float(width),
      ...(form.projected ? { projected: float(config.projection_dim!) } : {}),
    },
    run: <T>(ops: Ops<T>, params: Params<T>, inputs: Record<string, T>) => {
      const states = clipTextStates(ops, params, inputs.ids!, {
        config,
        form,
      });
      return {
        hidden: states.hidden,
        ...(states.projected ? { projected: states.projected } : {}),
      };
    },
  };
}

/**
 * Name of a text encoder's program that leaves out layers beside those that the model leaves out: each
 * such program is compiled by itself.
 */
export function skippedName(name: string, clipSkip = 0): string {
  return clipSkip === 0 ? name : `${name}${skipMark}${clipSkip}`;
}

/** Whether a program is the text encoder `name`, whatever it leaves out. */
export function isSkipped(program: string, name: string): boolean {
  return program === name || program.startsWith(name + skipMark);
}

const skipMark = "_skip";

/**
 * The pooled text of each row: the first token that ends a text, or the first of all where none does.
 *
 * Configs of older checkpoints name 2 as the end, which is another token. transformers then takes the
 * first token with the highest id, as here.
 *
 * @param projected `[N, tokens, width]`.
 * @param ids `[N, tokens]`.
 * @param end Id of the end of a text, `eos_token_id` of the encoder's config.
 * @returns `[N, width]`.
 */
export function pooledText(
  projected: Tensor,
  ids: Tensor,
  end: number = highestId,
): Tensor {
  const [rows, tokens, width] = projected.shape as [number, number, number];
  const values = floats(projected);
  const pooled = new Float32Array(rows * width);
  for (let row = 0; row < rows; row++) {
    const own = ids.data.subarray(row * tokens, (row + 1) * tokens);
    const last = end === highestId ? Math.max(...own) : end;
    const from = (row * tokens + Math.max(0, own.indexOf(last))) * width;
    pooled.set(values.subarray(from, from + width), row * width);
  }
  return tensor([rows, width], pooled);
}

/** The `eos_token_id` that stands for the highest id of a text. */
const highestId = 2;

/** Beginnings of names in a text encoder that is saved without its wrapper. */
const bare = /^(embeddings|encoder|final_layer_norm)\./;

/**
 * The name of a CLIP text encoder's weight as models read it: version 5 of transformers saves
 * `CLIPTextModel` without the prefix `text_model.`; the encoder with a projection keeps it.
 */
export function wrappedTextName(name: string): string {
  return bare.test(name) ? `text_model.${name}` : name;
}
