/**
 * The place of the last token of each phrase within a caption; equal phrases take one occurrence after
 * the other. `undefined` where there is none left.
 *
 * @param caption Ids with start and end, as of each phrase.
 */
export function phraseEnds(
  caption: readonly number[],
  phrases: readonly (readonly number[])[],
): (number | undefined)[] {
  const taken = new Set<number>();
  return phrases.map((ids) => {
    const own = ids.slice(1, -1);
    const start = caption.findIndex((_, at) =>
      own.length > 0 && !taken.has(at + own.length - 1) &&
      own.every((id, i) => caption[at + i] === id)
    );
    if (start < 0) return undefined;
    const end = start + own.length - 1;
    taken.add(end);
    return end;
  });
}
