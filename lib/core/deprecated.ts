const warned = new Set<string>();

/**
 * Says once per program that a name is an old one, which goes with version 1.0.
 *
 * @param old the name that was used, such as `generate({ layout })`.
 * @param now the name to use.
 */
export function warnDeprecated(old: string, now: string): void {
  if (warned.has(old)) return;
  warned.add(old);
  console.warn(
    `Warning: ${old} is called ${now} since version 0.2, and the old name goes with 1.0`,
  );
}
