/** Everything about a pocket scene that no model does: masks, composite image, preview, PNG. */

import { encodeImage } from "../../lib/images/encode.ts";
import { LocRef } from "../../lib/model/locref.ts";
import { benchScene } from "../bench_scene.ts";
import { serve } from "./serve.ts";

const model = await LocRef.load("pocket", { backend: "onnx" });
await serve(async () => {
  const preview = await benchScene().preview({ model });
  await encodeImage(preview.composite, { format: "png" });
});
