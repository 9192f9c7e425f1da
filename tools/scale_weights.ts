/**
 * Writes a model's matrices in eight bits with a scale a row, in place:
 *
 *     deno run -A tools/scale_weights.ts models/pocket/detector/model.safetensors
 *
 * The rulers of the package are kept so: JSR takes 20 MiB. Weights with one axis stay as they are.
 */

import { openSafetensors } from "../lib/weights/safetensors/safetensors.ts";
import {
  type WritableBytes,
  type WritableTensor,
  writeSafetensors,
} from "../lib/weights/safetensors/write_safetensors.ts";
import { inEightBits, scaledWeights } from "../lib/weights/scaled_weights.ts";

for (const path of Deno.args) {
  const weights = scaledWeights(await openSafetensors(path));
  const tensors = new Map<string, WritableTensor | WritableBytes>();
  for (const name of weights.names()) {
    const { shape } = weights.info(name)!;
    const data = await weights.read(name);
    if (shape.length < 2) tensors.set(name, { shape, dtype: "F16", data });
    else {for (const [own, t] of inEightBits(name, shape, data)) {
        tensors.set(own, t);
      }}
  }
  await writeSafetensors(path, tensors);
  console.log(path, (await Deno.stat(path)).size);
}
