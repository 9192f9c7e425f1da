import { computeKeyValues } from "../bases/key_values.ts";
import { filesOf } from "../bases/part_files.ts";
import { textInputs } from "../bases/text_inputs.ts";
import { LocRefError } from "../core/error.ts";
import { type Tensor, tensor } from "../core/tensor.ts";
import { sliceBatch } from "../core/tensor_rows.ts";
import type { Values } from "../ops/executor.ts";
import type { InputGradient } from "../ops/input_gradient.ts";
import type { LossProgram } from "../ops/loss_program.ts";
import type { AdapterRun, AdapterScene } from "./adapter.ts";

/** A loss of latents that is compiled when a step first needs it. */
export interface LatentLoss {
  /** Loss and derivative at these latents and this timestep. */
  at(
    sample: Tensor,
    timestep: number,
  ): Promise<{ loss: number; gradient: Tensor }>;
}

/**
 * A loss of the conditional branch's attention, by the latents.
 *
 * @param own Inputs beside those of the denoiser.
 * @throws {LocRefError} `checkpoint-mismatch` if the model reads a mask behind the latents.
 */
export async function latentLoss(
  scene: AdapterScene,
  run: AdapterRun,
  { reader, program, own }: {
    /** The adapter in messages. */
    readonly reader: string;
    readonly program: LossProgram;
    readonly own: Values<Tensor>;
  },
): Promise<LatentLoss> {
  if (run.base.reads?.mask) {
    throw new LocRefError(
      "checkpoint-mismatch",
      `Model "${run.base.folder}" reads a mask behind the latents, which ${reader} cannot move`,
    );
  }
  const rows = scene.tokens.shape[0]!;
  const fixed = {
    ...textInputs(
      await computeKeyValues(
        await run.program("text_key_value"),
        sliceBatch(scene.tokens, rows - 1, rows),
        {
          stage: "UNet's keys and values of text",
          files: filesOf(run.base, "text_key_value"),
        },
      ),
    ),
    ...own,
  };
  const { weights } = run.denoiser({});
  let compiled: Promise<InputGradient> | undefined;
  return {
    async at(sample, timestep) {
      const inputs = { ...fixed, ...scene.stepInputs([timestep]), sample };
      compiled ??= run.gradient(program, {
        ...{ weights, by: "sample" },
        shapes: Object.fromEntries(
          Object.entries(inputs).map(([name, { shape }]) => [name, shape]),
        ),
      });
      return await (await compiled).run(inputs);
    },
  };
}

/** Latents moved against a derivative. */
export function movedBy(
  { shape, data }: Tensor,
  slope: Tensor,
  size: number,
): Tensor {
  const moved = Float32Array.from(
    data,
    (value, i) => value - size * slope.data[i]!,
  );
  return tensor(shape, moved);
}
