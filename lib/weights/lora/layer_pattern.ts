/** Regular expressions over names of layers, as peft's `alpha_pattern` has them. */

/** From places in a text to all places that a part of the expression reaches from there. */
type Part = (text: string, from: ReadonlySet<number>) => Set<number>;

/** Most times that a part may be repeated by number. */
const mostRepeats = 100;

/**
 * Whether a layer's name is the pattern, or ends with it after a dot, as peft's
 * `re.match(r"(.*\.)?(KEY)$", name)`. Sets of places are followed, so that no pattern of a file takes
 * long, as backtracking could.
 *
 * @returns `undefined` if the pattern is of a syntax that is not read, such as look-ahead.
 */
export function layerPattern(
  pattern: string,
): ((layer: string) => boolean) | undefined {
  const reader = new PatternReader(pattern);
  const part = reader.alternatives();
  if (part === undefined || !reader.done) return undefined;
  return (layer) => {
    const from = new Set([0]);
    for (let i = 0; i < layer.length; i++) {
      if (layer[i] === ".") from.add(i + 1);
    }
    return part(layer, from).has(layer.length);
  };
}

class PatternReader {
  readonly #pattern: string;
  #at = 0;

  constructor(pattern: string) {
    this.#pattern = pattern;
  }

  get done(): boolean {
    return this.#at === this.#pattern.length;
  }

  alternatives(): Part | undefined {
    const parts = [this.#sequence()];
    while (this.#take("|")) parts.push(this.#sequence());
    if (parts.includes(undefined)) return undefined;
    return (text, from) =>
      new Set(parts.flatMap((part) => [...part!(text, from)]));
  }

  #take(text: string): boolean {
    const found = this.#pattern.startsWith(text, this.#at);
    if (found) this.#at += text.length;
    return found;
  }

  #sequence(): Part | undefined {
    const parts: Part[] = [];
    while (!this.done && !/^[|)]/.test(this.#pattern.slice(this.#at))) {
      const part = this.#repeated();
      if (part === undefined) return undefined;
      parts.push(part);
    }
    return (text, from) =>
      parts.reduce((places, part) => part(text, places), new Set(from));
  }

  #repeated(): Part | undefined {
    const part = this.#atom();
    const rest = this.#pattern.slice(this.#at);
    const [all, low, comma, high] =
      /^(?:[*+?]|\{(\d+)(,?)(\d*)\})\??/.exec(rest) ?? [];
    if (part === undefined || all === undefined) return part;
    this.#at += all.length;
    if (/^[*+?{]/.test(this.#pattern.slice(this.#at))) return undefined;
    const numbered = low !== undefined;
    const least = numbered ? Number(low) : all[0] === "+" ? 1 : 0;
    const most = numbered
      ? high ? Number(high) : comma ? Infinity : least
      : all[0] === "?"
      ? 1
      : Infinity;
    if (least > mostRepeats || most !== Infinity && most > mostRepeats) {
      return undefined;
    }
    return repeated(part, least, most);
  }

  #atom(): Part | undefined {
    if (this.#take("(")) {
      if (!this.#take("?:") && this.#take("?")) return undefined;
      const part = this.alternatives();
      return this.#take(")") ? part : undefined;
    }
    if (this.#take("^")) return places((_, i) => i === 0);
    if (this.#take("$")) return places((text, i) => i === text.length);
    const [one] =
      /^(?:\[\^?\]?(?:\\.|[^\]\\])*\]|\\[dDwWsS.\-_()[\]{}+*?|^$\\]|[^\\*+?{}()[\]])/
        .exec(this.#pattern.slice(this.#at)) ?? [];
    if (one === undefined) return undefined;
    this.#at += one.length;
    const letter = letterOf(one);
    return letter &&
      ((text, from) =>
        new Set(
          [...from].filter((i) => i < text.length && letter.test(text[i]!))
            .map((i) => i + 1),
        ));
  }
}

/** A single letter's expression; `undefined` if it cannot be read. */
function letterOf(one: string): RegExp | undefined {
  try {
    return new RegExp(`^${one}$`, "s");
  } catch {
    return undefined;
  }
}

function places(are: (text: string, at: number) => boolean): Part {
  return (text, from) => new Set([...from].filter((i) => are(text, i)));
}

function repeated(part: Part, least: number, most: number): Part {
  return (text, from) => {
    let now = new Set(from);
    for (let i = 0; i < least; i++) now = part(text, now);
    const all = new Set(now);
    for (let i = least; i < most && now.size > 0; i++) {
      now = new Set([...part(text, now)].filter((at) => !all.has(at)));
      for (const at of now) all.add(at);
    }
    return all;
  };
}
