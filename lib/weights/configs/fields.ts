/** Kinds of values in config files; each may be missing or null, and its message says what is allowed. */

import * as v from "valibot";

/** True or false. */
export const yesOrNo = v.nullish(v.boolean("must be true or false"));

/** A switch that nothing here can turn on. */
export const onlyFalse = v.nullish(
  v.literal(false, "is only supported as false"),
);

/** One of `names`. */
export function oneOf<const N extends readonly string[]>(...names: N) {
  const known = names.map((name) => `"${name}"`);
  const last = known.pop()!;
  const list = known.length === 0 ? last : `${known.join(", ")} or ${last}`;
  return v.nullish(v.picklist(names, `must be ${list}`));
}

/** A number of at least `least`. */
export function numberFrom(least: number) {
  const message = `must be a number of at least ${least}`;
  return v.nullish(
    v.pipe(v.number(message), v.finite(message), v.minValue(least, message)),
  );
}

/** A whole number from `least` to `most`. */
export function wholeFrom(least: number, most: number) {
  const message = `must be a whole number from ${least} to ${most}`;
  return v.nullish(
    v.pipe(
      v.number(message),
      v.integer(message),
      v.minValue(least, message),
      v.maxValue(most, message),
    ),
  );
}

/** A number between `above` and `below`, neither of which it may be. */
export function numberBetween(above: number, below: number) {
  const message = `must be a number above ${above} and below ${below}`;
  return v.pipe(
    v.number(message),
    v.gtValue(above, message),
    v.ltValue(below, message),
  );
}
