/** Whether `path` is like one of `patterns`, in which `*` stands for any characters, also `/`. */
export function matchesAny(path: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) => {
    const literal = pattern.split("*").map((part) =>
      part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")
    );
    return new RegExp(`^${literal.join(".*")}$`).test(path);
  });
}
