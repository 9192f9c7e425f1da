/** Negative captions of a run. */
export interface NegativeCaptions {
  /** The scene's. */
  readonly negative: string;
  /** That for the second text encoder. */
  readonly negativeTwo?: string;
}

/**
 * Doubt about negative captions of a run without an unconditional branch, which alone reads them.
 *
 * @param embedded Whether the model reads the guidance itself, and so never has that branch.
 */
export function negativeWarnings(
  { negative, negativeTwo }: NegativeCaptions,
  { guidance, embedded }: { guidance: number; embedded: boolean },
): string[] {
  if (guidance > 1 && !embedded) return [];
  const given = [
    ...(negative === "" ? [] : ["Negative caption"]),
    ...(negativeTwo ? ["Negative caption for the second text encoder"] : []),
  ];
  const why = embedded
    ? "the model reads the guidance itself and needs no negative caption"
    : `guidance is ${guidance}: only guidance above 1 reads it`;
  return given.map((name) => `${name} has no effect, since ${why}`);
}
