/** Opens a large safetensors file and reads every tensor of it, one at a time. */

import { openSafetensors } from "../../lib/weights/safetensors/safetensors.ts";
import { largeWeights } from "../large_models.ts";
import { serve } from "./serve.ts";

await serve(async () => {
  const file = await openSafetensors(largeWeights("unet"));
  let sum = 0;
  for (const name of file.names()) sum += (await file.read(name))[0]!;
  return { sum };
});
