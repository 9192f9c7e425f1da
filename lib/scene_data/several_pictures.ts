/** Several reference pictures of one instance. */

/** How several pictures of one instance combine. */
export type Combine = "concat" | "average" | "sum";

/** The ways in which several pictures of one instance combine. */
export const combinations: readonly Combine[] = ["concat", "average", "sum"];

/** Most pictures of one instance. */
export const mostPictures = 6;

/** The pictures of an instance, its reference first. */
export function picturesOf(
  { reference, others = [] }: {
    readonly reference: string;
    readonly others?: readonly string[];
  },
): readonly string[] {
  return [reference, ...others];
}
