/** The page that an exported model comes with: it runs the graphs with onnxruntime-web. */
export function exportPage(provider: "wasm" | "webgpu"): string {
  return `<!doctype html><meta charset="utf-8"><title>LocRef</title>
<canvas></canvas><p>…</p>
<script type="module">
import * as ort from "https://cdn.jsdelivr.net/npm/onnxruntime-web@1.30.0/dist/ort.${provider}.min.mjs";
const { graphs, example } = await (await fetch("manifest.json")).json();
const open = ({ file, data }) => ort.InferenceSession.create(file, { executionProviders: ["${provider}"], externalData: data.map((path) => ({ path, data: path })) });
const bytes = await (await fetch(example.file)).arrayBuffer();
const start = 8 + Number(new DataView(bytes).getBigUint64(0, true)), header = JSON.parse(new TextDecoder().decode(bytes.slice(8, start)));
const read = (name) => new ort.Tensor("float32", new Float32Array(bytes.slice(...header[name].data_offsets.map((at) => start + at))), header[name].shape);
const fixed = Object.fromEntries(Object.keys(graphs.unet.inputs).filter((name) => name in header).map((name) => [name, read(name)]));
const unet = await open(graphs.unet), vae = await open(graphs.vae_decoder), { dims, data } = read("noise");
let x = data, n = x.length;
for (const [i, [a, b]] of example.steps.entries()) {
  const { prediction: { data: e } } = await unet.run({ ...fixed, time: read("time." + i), sample: new ort.Tensor("float32", Float32Array.of(...x, ...x), [2, ...dims.slice(1)]) });
  x = x.map((value, j) => a * value + b * (e[j] + example.guidance * (e[n + j] - e[j])));
  document.querySelector("p").textContent = \`step \${i + 1} of \${example.steps.length}\`;
}
const { picture } = await vae.run({ latent: new ort.Tensor("float32", x.map((value) => value / example.latentScale), dims) });
const [, , height, width] = picture.dims, size = width * height, canvas = Object.assign(document.querySelector("canvas"), { width, height });
canvas.getContext("2d").putImageData(new ImageData(Uint8ClampedArray.from({ length: 4 * size }, (_, i) => i % 4 > 2 ? 255 : 127.5 * picture.data[(i % 4) * size + (i >> 2)] + 127.5), width, height), 0, 0);
</script>
`;
}
