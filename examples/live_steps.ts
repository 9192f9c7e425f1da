/**
 * Watch a picture appear: `steps()` yields after every step, `preview()` decodes an intermediate
 * picture, and `picture` is the result. `run.cancel()` or an AbortSignal stops it.
 *
 *     deno run -A examples/live_steps.ts [OUT_FOLDER]
 */

import { box, scene } from "@locref/locref";

const [folder = "out/steps"] = Deno.args;
const hamburger = new URL("assets/hamburger.webp", import.meta.url);

const run = scene()
  .caption("a hamburger on a checked green ground")
  .place(hamburger, box.percent(15, 22, 85, 80))
  .steps({ seed: 4, signal: AbortSignal.timeout(120_000) });

for await (const { step, total, timestep, preview } of run) {
  console.log(`step ${step} of ${total}, timestep ${timestep}`);
  if (step % 5 !== 0) continue;
  const picture = await preview();
  await picture.save(`${folder}/step_${step}.png`);
}
const picture = await run.picture;
await picture.save(`${folder}/result.png`);
