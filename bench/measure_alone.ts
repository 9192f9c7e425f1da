import { median } from "./summarise.ts";
import { type Contender, startContender } from "./contender.ts";

/** What one contender took, measured without another beside it. */
export interface Alone {
  /** Median over the rounds. */
  readonly seconds: number;
  readonly fastest: number;
  readonly slowest: number;
  readonly peakBytes?: number;
}

/** Runs a contender once uncounted, then `rounds` times. */
export async function measureAlone(
  contender: Contender,
  rounds: number,
): Promise<Alone> {
  const running = await startContender(contender);
  await running.run();
  const seconds: number[] = [];
  for (let i = 0; i < rounds; i++) seconds.push((await running.run()).seconds);
  return {
    seconds: median(seconds),
    fastest: Math.min(...seconds),
    slowest: Math.max(...seconds),
    peakBytes: await running.stop(),
  };
}
