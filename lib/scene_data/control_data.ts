import { LocRefError } from "../core/error.ts";
import {
  belongs,
  flag,
  type Kind,
  number,
  oneOf,
  whole,
} from "../core/kinds.ts";
import { mustBe } from "../core/check_options.ts";
import { quote } from "../core/quote.ts";

/** How a control's picture is made of the one that is given. */
export type ControlEdges = "canny" | "soft";

/** A control: a network that reads a picture beside the latents, such as a ControlNet. */
export interface ControlData {
  /** Folder, file or hub id of the network. */
  readonly model: string;
  /** Path or URL of its picture. */
  readonly image: string;
  /** Strength, 0 or more. */
  readonly scale: number;
  /** Part of the run, as a fraction of its evaluations, from which it acts. */
  readonly start: number;
  /** Part of the run, as a fraction of its evaluations, up to which it acts. */
  readonly end: number;
  /** Instance, from 0, whose region alone it acts in. */
  readonly instance?: number;
  /** Whether it acts on the conditional branch alone, more the deeper (guess mode). */
  readonly guess?: boolean;
  /** Edges of the picture in its place: thin lines of Canny, or soft ones. */
  readonly edges?: ControlEdges;
  /** Whether its picture is −1 where the scene is painted anew, as inpaint ControlNets read it. */
  readonly masked?: boolean;
}

const fraction = number({ min: 0, max: 1 });

/** Kinds of a control's values, beside its model and picture. */
export const controlKinds: Readonly<Record<string, Kind>> = {
  scale: number({ min: 0, max: 1000 }),
  start: fraction,
  end: fraction,
  instance: whole({ min: 0 }),
  guess: flag,
  edges: oneOf(["canny", "soft"]),
  masked: flag,
};

/** How messages call a control: its number, from 1, and its network. */
export function controlName(
  { model }: Pick<ControlData, "model">,
  index: number,
): string {
  return `Control ${index + 1} (${quote(model)})`;
}

/**
 * A control with its defaults filled in.
 *
 * @throws {LocRefError} `scene-invalid` if a value is out of range, naming control and value.
 */
export function completeControl(
  given: Pick<ControlData, "model" | "image"> & Partial<ControlData>,
  index: number,
): ControlData {
  const name = controlName(given, index);
  const invalid = (what: string) =>
    new LocRefError("scene-invalid", `${name}: ${what}`);
  for (const [key, kind] of Object.entries(controlKinds)) {
    const value: unknown = given[key as keyof ControlData];
    if (value === undefined || belongs(value, kind)) continue;
    throw invalid(`${key} ${mustBe(value, kind)}`);
  }
  const { scale = 1, start = 0, end = 1 } = given;
  if (start >= end) {
    throw invalid(`start must be before end, got ${start} and ${end}`);
  }
  return { ...given, scale, start, end };
}
