/** Most warnings that are printed one by one. */
const most = 20;

/** A function that prints warnings on stderr, each once however many pictures it is about. */
export function warningPrinter(): (warnings: readonly string[]) => void {
  const printed = new Set<string>();
  return (warnings) => {
    for (const warning of warnings) {
      if (printed.size > most || printed.has(warning)) continue;
      printed.add(warning);
      console.error(
        printed.size > most
          ? `Warning: more than ${most} warnings, the others are not printed`
          : `Warning: ${warning}`,
      );
    }
  };
}
