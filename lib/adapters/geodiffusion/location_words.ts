import type { FractionBox } from "../../core/geometry.ts";
import { roundHalfEven } from "../../core/round_half_even.ts";

/** Places that the corners of boxes are rounded to: GeoDiffusion's models have 256 × 256 words. */
export interface LocationGrid {
  /** Places side by side. */
  readonly columns: number;
  /** Places one below the other. */
  readonly rows: number;
}

/** An object as GeoDiffusion's captions name it. */
export interface LocatedLabel {
  /** Its name in the caption. */
  readonly label: string;
  /** Where it goes. */
  readonly box: FractionBox;
}

/** Most objects that fit into the 77 tokens of a caption. */
export const mostLabels = 18;

/**
 * A caption whose words are boxes (GeoDiffusion, Chen et al. 2024): `An image with dog <l7183>
 * <l54412>`. The words of the first and the last corner follow each label.
 *
 * @param grid The places that the model's vocabulary has words for.
 * @throws {RangeError} if there are more than 18 objects.
 */
export function locationCaption(
  objects: readonly LocatedLabel[],
  grid: LocationGrid = { columns: 256, rows: 256 },
): string {
  if (objects.length > mostLabels) {
    throw new RangeError(
      `A caption of locations holds at most ${mostLabels} objects, got ${objects.length}`,
    );
  }
  const parts = objects.map(({ label, box }) =>
    `${label} ${locationWord(box.x0, box.y0, grid)} ${
      locationWord(box.x1, box.y1, grid)
    }`
  );
  return `An image with ${parts.join(" ")}`;
}

/** The word of a place, counted row by row. */
function locationWord(
  x: number,
  y: number,
  { columns, rows }: LocationGrid,
): string {
  const row = roundHalfEven(y * (rows - 1));
  return `<l${row * columns + roundHalfEven(x * (columns - 1))}>`;
}
