import { assert, assertEquals, assertRejects } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { LocRef, scene } from "../../../../mod.ts";
import { LocRefError } from "../../../../lib/core/error.ts";

const tests = fromFileUrl(new URL("../../../", import.meta.url));
const own = join(tests, "data/edits/controlnet-sdxl");
// a folder that is not below the current one, from which nothing is read unless it is named
const elsewhere = await Deno.makeTempDir();
const network = join(elsewhere, "controlnet-sdxl");
const hint = join(tests, "goldens/picture.png");

await copyNetwork(network);

const model = await LocRef.load(join(tests, "goldens/sdxl-tiny"));
const picture = await scene(64, 64).caption("a dog")
  .control(network, await square(hint), { scale: 0.5 })
  .generate({ model, steps: 1, guidance: 1 });

async function square(path: string): Promise<Uint8Array<ArrayBuffer>> {
  const { default: sharp } = await import("sharp");
  const bytes = await sharp(path).resize(64, 64, { fit: "fill" }).png()
    .toBuffer();
  return Uint8Array.from(bytes);
}

/** A folder with the picture, and a hint and network where `place` says. */
async function saved(
  run: (place: { dir: string; png: string }) => Promise<void>,
): Promise<void> {
  const dir = await Deno.makeTempDir();
  try {
    await Deno.writeFile(join(dir, "hint.png"), await square(hint));
    const made = await scene(64, 64).caption("a dog")
      .control(network, join(dir, "hint.png"), { scale: 0.5 })
      .generate({ model, steps: 1, guidance: 1 });
    assertEquals(made.data, picture.data);
    const png = join(dir, "out.png");
    await made.save(png);
    await run({ dir, png });
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

async function copyNetwork(to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name } of Deno.readDir(own)) {
    await Deno.copyFile(join(own, name), join(to, name));
  }
}

Deno.test("a network is found beside the picture by its bytes", () =>
  saved(async ({ dir, png }) => {
    await copyNetwork(join(dir, "controlnet-sdxl"));
    const { scene: again, options } = await scene.fromImage(png);
    const made = await again.generate({ ...options, model });
    assertEquals(made.data, picture.data);
    assertEquals(made.warnings, picture.warnings);
  }));

Deno.test("a network is found in a folder that root names", () =>
  saved(async ({ dir, png }) => {
    const root = await Deno.makeTempDir();
    try {
      await copyNetwork(join(root, "controlnet-sdxl"));
      const found = await scene.fromImage(png, { root: [dir, root] });
      const made = await found.scene.generate({ ...found.options, model });
      assertEquals(made.data, picture.data);
    } finally {
      await Deno.remove(root, { recursive: true });
    }
  }));

Deno.test("a network of other bytes beside the picture runs with a warning", () =>
  saved(async ({ dir, png }) => {
    const to = join(dir, "controlnet-sdxl");
    await copyNetwork(to);
    const file = join(to, "diffusion_pytorch_model.safetensors");
    const bytes = await Deno.readFile(file);
    bytes[bytes.length - 2]! ^= 1;
    await Deno.writeFile(file, bytes);
    const { scene: again, options } = await scene.fromImage(png);
    const { warnings } = await again.generate({ ...options, model });
    assert(
      warnings.some((one) => one.includes("its network has changed since")),
      warnings.join("\n"),
    );
  }));

Deno.test("a network that is missing is refused with where to put it", () =>
  saved(async ({ png }) => {
    const { scene: again, options } = await scene.fromImage(png);
    await assertRejects(
      () => again.generate({ ...options, model }),
      LocRefError,
      'Control 1 ("controlnet-sdxl") is neither beside the picture nor where it was: put it there, or name the folder that it lies in with { root }',
    );
  }));

Deno.test("full provenance keeps the network's place, which is read since its bytes are known", () =>
  saved(async ({ dir, png }) => {
    const { scene: kept } = await scene.fromImage(png, { root: false });
    assertEquals(kept.toJSON().controls![0]!.model, "controlnet-sdxl");
    const made = await scene(64, 64).caption("a dog")
      .control(network, join(dir, "hint.png"), { scale: 0.5 })
      .generate({ model, steps: 1, guidance: 1 });
    const full = join(dir, "full.png");
    await made.save(full, { provenance: "full" });
    const { scene: again, options } = await scene.fromImage(full);
    const other = await again.generate({ ...options, model });
    assertEquals(other.data, picture.data);
  }));

globalThis.addEventListener("unload", () => {
  Deno.removeSync(elsewhere, { recursive: true });
});
