/**
 * A model as ONNX graphs for any runtime, with a page that runs them in the browser.
 *
 *     deno run -A examples/export_onnx.ts [MODEL] [NEW_FOLDER]
 */

import { LocRef } from "@locref/locref";

const [name = "pocket", folder = "out/onnx"] = Deno.args;

await using model = await LocRef.load(name);
await model.export(folder, { steps: 20 });

for (const { name } of Deno.readDirSync(folder)) console.log(name);
console.log(`Serve ${folder} with any web server and open index.html`);
