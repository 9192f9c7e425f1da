/** Several reference pictures of one instance. */

import { quote } from "../core/quote.ts";
import { sourceName } from "../images/read_source.ts";

/** How several pictures of one instance combine. */
export type Combine = "concat" | "average" | "sum";

/** The ways in which several pictures of one instance combine. */
export const combinations: readonly Combine[] = ["concat", "average", "sum"];

/** Most pictures of one instance. */
export const mostPictures = 6;

/** How messages call a further picture of an instance: its number, from 2, and its name. */
export function otherName(source: string, index: number): string {
  return `picture ${index + 2} (${quote(sourceName(source))})`;
}

/** The pictures of an instance, its reference first. */
export function picturesOf(
  { reference, others = [] }: {
    readonly reference: string;
    readonly others?: readonly string[];
  },
): readonly string[] {
  return [reference, ...others];
}
