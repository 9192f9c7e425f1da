/**
 * Watch a picture appear: `steps()` says a word after every step and can show what the model has
 * in mind; it is what `generate()` runs to its end. An AbortSignal stops it.
 *
 *     deno run -A examples/live_steps.ts [OUT_FOLDER]
 */

import { box, scene } from "@locref/locref";

const [folder = "out/steps"] = Deno.args;
const basketball = new URL("assets/basketball.png", import.meta.url);

const run = scene()
  .caption("a basketball on a green background")
  .place(basketball, box.percent(20, 20, 80, 80))
  .steps({ seed: 4, signal: AbortSignal.timeout(120_000) });

for (;;) {
  const { done, value } = await run.next();
  if (done) {
    await value.save(`${folder}/result.png`);
    break;
  }
  console.log(`step ${value.step} of ${value.of}, timestep ${value.timestep}`);
  if (value.step % 5 !== 0) continue;
  const preview = await value.preview();
  await preview.save(`${folder}/step_${value.step}.png`);
}
