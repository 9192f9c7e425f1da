import { assert, assertEquals, assertRejects } from "@std/assert";
import { decodeImage } from "../../../lib/images/decode.ts";
import { encodePng } from "../../../lib/images/encode_png.ts";
import { box } from "../../../lib/scene_data/box.ts";
import { scene } from "../../../lib/scene/begin_scene.ts";
import type { Reference } from "../../../lib/scene_data/reference.ts";

const path = "examples/assets/star.png";
const bytes = await Deno.readFile(path);
const star = await decodeImage(path);
const whole = box.fraction(0, 0, 1, 1);

async function shown(reference: Reference, options = {}) {
  const { references } = await scene().caption("a star")
    .place(reference, whole, options).preview();
  return references[0]!;
}

/** Serves one answer on this machine. */
async function serving(
  answer: () => Response,
  use: (url: string) => Promise<void>,
): Promise<void> {
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    answer,
  );
  try {
    await use(`http://127.0.0.1:${server.addr.port}/star.png`);
  } finally {
    await server.shutdown();
  }
}

Deno.test("a reference is the same picture in whatever form it comes", async () => {
  const { width, height, data } = star;
  const shifted = new Uint8Array(bytes.length + 3);
  shifted.set(bytes, 3);
  const words = new Uint16Array(Math.ceil(bytes.length / 2));
  new Uint8Array(words.buffer).set(bytes);
  const forms: Record<string, Reference> = {
    path,
    fileUrl: new URL(`../../../${path}`, import.meta.url),
    dataUrl: new URL(`data:image/png;base64,${bytes.toBase64()}`),
    bytes,
    view: shifted.subarray(3),
    clamped: Uint8ClampedArray.from(bytes),
    dataView: new DataView(shifted.buffer, 3),
    words,
    buffer: bytes.buffer,
    blob: new Blob([bytes]),
    file: new File([bytes], "star.png"),
    raster: star,
    imageData: { width, height, data: Uint8ClampedArray.from(data) },
  };
  for (const [name, form] of Object.entries(forms)) {
    assertEquals(await shown(form), star, name);
  }
});

Deno.test("pixels become a PNG file that holds each of them", async () => {
  const data = crypto.getRandomValues(new Uint8Array(5 * 3 * 4));
  for (let i = 3; i < data.length; i += 4) data[i] = Math.max(1, data[i]!);
  const raster = { width: 5, height: 3, data };
  assertEquals(await decodeImage(encodePng(raster)), raster);
});

Deno.test("masks and unwanted pictures take the same forms as references", async () => {
  const cut = await shown(star, { cutout: new Blob([bytes]) });
  assertEquals(cut.width, star.width);
  const { masks } = await scene().caption("a star")
    .place(path, whole, { region: bytes, negative: star }).preview();
  assert(masks[0]!.masks[0]!.some((value) => value > 0));
});

Deno.test("a picture given as a Blob is in the preview of a changed scene, too", async () => {
  const { references } = await scene().caption("a star").place(path, whole)
    .change(0, { reference: new Blob([bytes]) }).caption("two stars").preview();
  assertEquals(references[0], star);
});

Deno.test("a picture on the web is fetched once", async () => {
  let count = 0;
  await serving(() => {
    count++;
    return new Response(bytes);
  }, async (url) => {
    assertEquals(await shown(url), star);
    assertEquals(await shown(new URL(url)), star);
  });
  assertEquals(count, 2);
});

Deno.test("what the web does not send is one sentence", async () => {
  await serving(() => new Response("no", { status: 404 }), async (url) => {
    const { host } = new URL(url);
    await assertRejects(
      () => shown(url),
      Error,
      `Instance 1 ("${url}"): reference: ${host} sends no picture (status 404)`,
    );
  });
  await serving(() => new Response(new Uint8Array(2000)), async (url) => {
    const one = scene().caption("a").place(url, whole);
    await assertRejects(
      () => one.preview({ limits: { bytes: 1000 } }),
      Error,
      "reference: has 2 KiB or more, at most 1000 bytes are allowed",
    );
  });
  await serving(
    () =>
      new Response(null, {
        status: 302,
        headers: { location: "http://example.com/a" },
      }),
    async (url) => {
      await assertRejects(
        () => shown(url),
        Error,
        "only https: URLs are fetched, never http:",
      );
    },
  );
  await assertRejects(
    () => shown("http://example.com/a.png"),
    Error,
    'Instance 1 ("http://example.com/a.png"): reference: only https: URLs are fetched, never http:',
  );
  await assertRejects(
    () => shown("ftp://example.com/a.png"),
    Error,
    "only paths",
  );
});

Deno.test("a scene from a file does not fetch pictures unless it may", async () => {
  let count = 0;
  await serving(() => {
    count++;
    return new Response(bytes);
  }, async (url) => {
    const json = {
      caption: "a",
      instances: [{ reference: url, box: { percent: [0, 0, 50, 50] } }],
    };
    await assertRejects(
      () => scene.from(json, { root: "." }).preview(),
      Error,
      "URLs are not read in a scene from a file",
    );
    assertEquals(count, 0);
    assertEquals((await scene.from(json).preview()).references[0], star);
    const own = scene.from(json, { root: "." }).change(0, { reference: url });
    assertEquals((await own.preview()).references[0], star);
  });
});
