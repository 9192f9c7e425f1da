/**
 * Number of the class called `name` among a detector's, in whatever case it is written; `undefined`
 * where the detector knows none of that name.
 */
export function classIndex(
  classes: readonly string[],
  name: string | undefined,
): number | undefined {
  if (name === undefined) return undefined;
  const exact = classes.indexOf(name);
  const index = exact >= 0
    ? exact
    : classes.findIndex((one) => one.toLowerCase() === name.toLowerCase());
  return index < 0 ? undefined : index;
}
