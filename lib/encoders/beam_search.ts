/** Log-probabilities of the next token for each of some sequences, one row a sequence. */
export type NextTokens = (
  sequences: readonly (readonly number[])[],
) => Promise<Float32Array[]>;

/** Options of {@linkcode beamSearch}. */
export interface BeamSearchOptions {
  /** Number of beams; 1 is greedy decoding. @default {1} */
  beams?: number;
  /** Most tokens that are added to the prompt. @default {20} */
  maxNewTokens?: number;
  /** Token that ends a sequence. */
  end: number;
  /** Exponent of the length that scores are divided by. @default {1} */
  lengthPenalty?: number;
}

interface Beam {
  readonly tokens: readonly number[];
  /** Sum of the log-probabilities of the tokens after the prompt. */
  readonly sum: number;
}

/**
 * The most likely continuation of `prompt` by beam search, with the prompt and without the end token.
 * Procedure and scores are those of transformers' `generate`.
 */
export async function beamSearch(
  prompt: readonly number[],
  next: NextTokens,
  options: BeamSearchOptions,
): Promise<number[]> {
  const { beams: width = 1, maxNewTokens = 20, end, lengthPenalty = 1 } =
    options;
  const score = ({ tokens, sum }: Beam, extra = 0) =>
    sum / (tokens.length - prompt.length + extra) ** lengthPenalty;
  let alive: Beam[] = [{ tokens: prompt, sum: 0 }];
  let finished: { beam: Beam; score: number }[] = [];
  for (let step = 0; step < maxNewTokens; step++) {
    const candidates = bestCandidates(
      alive,
      await next(alive.map(({ tokens }) => tokens)),
      width,
    );
    alive = [];
    for (const [rank, { from, token, sum }] of candidates.entries()) {
      if (token === end) {
        // The end token counts for the length, and only among the best as many as there are beams.
        const beam = { tokens: from.tokens, sum };
        if (rank < width) finished.push({ beam, score: score(beam, 1) });
      } else if (alive.length < width) {
        alive.push({ tokens: [...from.tokens, token], sum });
      }
    }
    finished = finished.sort((a, b) => b.score - a.score).slice(0, width);
    const attainable = Math.max(...alive.map((beam) => score(beam)));
    const complete = finished.length === width &&
      finished.at(-1)!.score >= attainable;
    if (complete || (width === 1 && finished.length > 0)) break;
    if (step === maxNewTokens - 1) {
      finished.push(...alive.map((beam) => ({ beam, score: score(beam) })));
    }
  }
  const best = finished.reduce((a, b) => b.score > a.score ? b : a);
  return [...best.beam.tokens];
}

/** The best continuations of all beams by one token, best first: two for each beam that is kept. */
function bestCandidates(
  alive: readonly Beam[],
  rows: readonly Float32Array[],
  width: number,
): { from: Beam; token: number; sum: number }[] {
  const wanted = 2 * width;
  const best: { from: Beam; token: number; sum: number }[] = [];
  for (const [i, from] of alive.entries()) {
    for (const [token, value] of rows[i]!.entries()) {
      const sum = from.sum + value;
      if (best.length === wanted && sum <= best.at(-1)!.sum) continue;
      const place = best.findIndex((other) => other.sum < sum);
      best.splice(place < 0 ? best.length : place, 0, { from, token, sum });
      if (best.length > wanted) best.pop();
    }
  }
  return best;
}
