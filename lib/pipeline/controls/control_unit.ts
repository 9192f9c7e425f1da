import type { Places } from "../../bases/places.ts";
import type { Size } from "../../core/geometry.ts";
import type { Runner } from "../../ops/executor.ts";
import type { PooledProgram } from "../../ops/program_pool.ts";
import type { Control } from "../../adapters/controls/open_control.ts";
import type { ControlEdges } from "../../scene_data/control_data.ts";
import type { Tensor } from "../../core/tensor.ts";

/** A control of a run: an open network, its picture, and when and where it acts. */
export interface ControlUnit {
  readonly control: Control;
  /** Number among the model's open controls, which keeps names of programs apart. */
  readonly id: number;
  /** Number among the scene's controls, from 0. */
  readonly number: number;
  /** The beginning of messages, such as `Control 1 ("pose.png")`. */
  readonly name: string;
  /**
   * The control picture as the network reads it, at the size of the picture that is made, `[1,
   * channels, height, width]`.
   */
  readonly hint: Tensor;
  /** Doubts about its picture, one sentence each. @default {none} */
  readonly warnings?: readonly string[];
  readonly scale: number;
  /** Part of the run, as a fraction of its evaluations, from which it acts. */
  readonly start: number;
  /** Part of the run, as a fraction of its evaluations, up to which it acts. */
  readonly end: number;
  /** Edges of the picture that stand in its place. */
  readonly edges?: ControlEdges;
  /** Whether it sees the conditional branch alone (guess mode). */
  readonly guess: boolean;
  /** Strength at each cell of a size, `[height · width]`. @default {1 everywhere} */
  readonly region?: (height: number, width: number) => Float32Array;
}

/** A run, as far as its controls need to know it. */
export interface ControlContext {
  readonly places: Places;
  /** Height and width of the latents. */
  readonly latent: Size;
  /** Tokens of the text, a row for each branch, `[rows, tokens, width]`. */
  readonly tokens: Tensor;
  /** Compiles a program, which stays compiled until the run ends. */
  compile(program: PooledProgram): Promise<Runner>;
}

/** Name of a control's program, which no other control of the model has. */
export function controlProgramName(name: string, id: number): string {
  return `${name}_control_${id}`;
}

/** The number in such a name; `undefined` for programs of the model. */
export function controlIdOf(name: string): number | undefined {
  const found = /_control_(\d+)$/.exec(name);
  return found === null ? undefined : Number(found[1]);
}

/** Whether a unit acts at evaluation `call` of `calls`: diffusers counts these, and not steps. */
export function actsAt(
  { start, end }: Pick<ControlUnit, "start" | "end">,
  call: number,
  calls: number,
): boolean {
  return call / calls >= start && (call + 1) / calls <= end;
}
