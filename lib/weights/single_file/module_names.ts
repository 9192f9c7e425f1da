/** A module under its original name and under that of diffusers, each with a dot at its end. */
export type ModulePair = readonly [original: string, diffusers: string];

/** Names of a resnet of the UNet: original, diffusers. */
export const unetResnet: readonly ModulePair[] = [
  ["in_layers.0.", "norm1."],
  ["in_layers.2.", "conv1."],
  ["emb_layers.1.", "time_emb_proj."],
  ["out_layers.0.", "norm2."],
  ["out_layers.3.", "conv2."],
  ["skip_connection.", "conv_shortcut."],
];

/** Names of a resnet of the VAE, where they differ. */
export const vaeResnet: readonly ModulePair[] = [
  ["norm1.", "norm1."],
  ["conv1.", "conv1."],
  ["norm2.", "norm2."],
  ["conv2.", "conv2."],
  ["nin_shortcut.", "conv_shortcut."],
];

/** Every module inside `outer`. */
export function inside(
  outer: ModulePair,
  inner: readonly ModulePair[],
): ModulePair[] {
  return inner.map(([original, diffusers]) => [
    outer[0] + original,
    outer[1] + diffusers,
  ]);
}

/** Translates names by the modules that they begin with. */
export class ModuleNames {
  readonly #diffusers = new Map<string, string>();
  readonly #originals = new Map<string, string[]>();

  /** Takes pairs; two originals may stand for one module of diffusers. */
  constructor(pairs: readonly ModulePair[]) {
    for (const [original, diffusers] of pairs) {
      this.#diffusers.set(original, diffusers);
      const known = this.#originals.get(diffusers) ?? [];
      this.#originals.set(diffusers, [...known, original]);
    }
  }

  /** The name in diffusers, or `undefined` where no module begins so. */
  toDiffusers(name: string): string | undefined {
    const found = longestPrefix(name, (prefix) => this.#diffusers.get(prefix));
    return found === undefined ? undefined : found.value + found.rest;
  }

  /** The original names; none where no module begins so. */
  toOriginal(name: string): string[] {
    const found = longestPrefix(name, (prefix) => this.#originals.get(prefix));
    return found?.value.map((original) => original + found.rest) ?? [];
  }
}

/** Looks up the name's prefixes, from dot to dot, the longest first. */
function longestPrefix<V>(
  name: string,
  find: (prefix: string) => V | undefined,
): { value: V; rest: string } | undefined {
  for (
    let at = name.lastIndexOf(".");
    at > 0;
    at = name.lastIndexOf(".", at - 1)
  ) {
    const value = find(name.slice(0, at + 1));
    if (value !== undefined) return { value, rest: name.slice(at + 1) };
  }
  return undefined;
}
