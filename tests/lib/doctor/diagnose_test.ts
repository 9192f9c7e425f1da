import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { LocRefError } from "../../../lib/core/error.ts";
import { cp } from "node:fs/promises";
import { join } from "@std/path";
import type { Diagnosis } from "../../../lib/doctor/diagnosis.ts";
import { listModelFolder } from "../../../lib/pipeline/list_model_folder.ts";
import { refuseFiles } from "../../../lib/pipeline/load/refuse_files.ts";
import { LocRef } from "../../../lib/model/locref.ts";
import { diagnose } from "../../../lib/doctor/diagnose.ts";
import { openSafetensors } from "../../../lib/weights/safetensors/safetensors.ts";
import {
  type WritableTensor,
  writeSafetensors,
} from "../../../lib/weights/safetensors/write_safetensors.ts";
import { REPO, startHub } from "../weights/loopback_hub.ts";
import { inTempDir } from "../weights/temp_dir.ts";

const goldens = new URL("../../goldens/", import.meta.url).pathname;
const tiny = join(goldens, "sd-tiny");
const vae = join(tiny, "vae/diffusion_pytorch_model.safetensors");

/** Copies a weight file, with what `change` does to its tensors. */
async function damaged(
  from: string,
  to: string,
  change: (tensors: Map<string, WritableTensor>) => void,
) {
  const file = await openSafetensors(from);
  const tensors = new Map<string, WritableTensor>(
    file.names().map((name) => [name, {
      shape: file.info(name)!.shape,
      dtype: "F16",
      data: () => file.read(name),
    }]),
  );
  change(tensors);
  const { metadata } = file;
  await writeSafetensors(to, tensors, { metadata, allowNonFinite: true });
}

Deno.test("A whole model is fine, and what is in it is said", async () => {
  const { ok, files, problems, what, settings } = await diagnose(tiny);
  assert(ok);
  assertEquals(problems, []);
  assertEquals(what, "model of the Stable Diffusion kind");
  assertStringIncludes(settings!, 'family "sd" at ');
  assertStringIncludes(settings!, 'predicts noise; by default sampler "');
  assertEquals(files.map((file) => file.kind), ["clip-text", "unet", "vae"]);
  assertEquals(files[0]!.dtypes, { F16: 52, I64: 1 });
});

Deno.test("The model that comes with the package is known by its name, and so are its parts", async () => {
  const pocket = await diagnose("pocket");
  assertEquals([pocket.ok, pocket.target], [true, "pocket"]);
  const part = await diagnose("pocket/unet");
  assertEquals(part.files.map((file) => file.kind), ["unet"]);
  assert(part.ok, JSON.stringify(part.files[0]!.problems));
  for (const name of ["pocket/nope", "pocket/../../deno.json"]) {
    await assertRejects(
      () => diagnose(name),
      LocRefError,
      `The pocket model has no file or folder "${name}"`,
    );
  }
});

Deno.test("Advice on a part alone holds: a base takes its file, or its folder where only that will do", async () => {
  const parts = [
    ["text_encoder/model.safetensors", "textEncoder"],
    ["vae/diffusion_pytorch_model.safetensors", "vae"],
    ["unet/diffusion_pytorch_model.safetensors", "unet"],
  ] as const;
  for (const [path, option] of parts) {
    await inTempDir(async (dir) => {
      const file = join(dir, "part.safetensors");
      await Deno.copyFile(join(tiny, path), file);
      const { ok, next } = await diagnose(file);
      assert(ok);
      assertStringIncludes(next, `LocRef.load(BASE, { ${option}: FILE })`);
      await using model = await LocRef.load(tiny, { [option]: file });
      assert(model instanceof LocRef);
    });
  }
  const { next } = await diagnose("pocket/unet");
  assertStringIncludes(next, "LocRef.load(BASE, { unet: FOLDER })");
});

Deno.test("Adapters of every form are fine, with and without their base", async () => {
  for (
    const path of [
      "ip-adapter/ip-adapter-base.safetensors",
      "ip-adapter/ip-adapter-full.safetensors",
      "ip-adapter/ip-adapter-plus.safetensors",
      "locref/locref-tiny.safetensors",
    ]
  ) {
    for (const base of [undefined, tiny]) {
      const found = await diagnose(join(goldens, path), { base });
      assert(found.ok, `${path}: ${JSON.stringify(found.problems)}`);
    }
  }
});

Deno.test("Missing, extra, misshapen and non-finite tensors are all named", async () => {
  await inTempDir(async (dir) => {
    const path = join(dir, "vae.safetensors");
    await damaged(vae, path, (tensors) => {
      tensors.delete("decoder.conv_out.bias");
      tensors.set("stranger", { shape: [1], data: Float32Array.of(1) });
      const out = tensors.get("decoder.conv_norm_out.weight")!;
      tensors.set("decoder.conv_norm_out.weight", {
        ...out,
        shape: [1, ...out.shape],
      });
      tensors.set("encoder.conv_in.bias", {
        ...tensors.get("encoder.conv_in.bias")!,
        data: new Float32Array(32).fill(NaN, 3, 5),
      });
    });
    const { ok, files: [file] } = await diagnose(path);
    assert(!ok);
    assertEquals([...file!.missing], [["decoder.conv_out.bias", [3]]]);
    assertEquals([...file!.extra.keys()], ["stranger"]);
    assertEquals([...file!.misshapen.keys()], ["decoder.conv_norm_out.weight"]);
    assertEquals([...file!.nonFinite!], [["encoder.conv_in.bias", 2]]);
    assertEquals(file!.problems, [
      "1 tensor missing",
      "1 tensor extra",
      "1 tensor misshapen",
      "1 tensor with NaN or infinity",
    ]);
    const unread = await diagnose(path, { values: false });
    assertEquals(unread.files[0]!.nonFinite, undefined);
  });
});

const vital = {
  "ip-adapter/ip-adapter-base.safetensors": "ip_adapter.31.to_v_ip.weight",
  "ip-adapter/ip-adapter-full.safetensors": "image_proj.proj.2.bias",
  "ip-adapter/ip-adapter-plus.safetensors": "image_proj.norm_out.bias",
  "locref/locref-tiny.safetensors": "layout_net.7.to_k_ci.weight",
  "blip-tiny/model.safetensors":
    "text_decoder.bert.encoder.layer.0.crossattention.self.key.bias",
  "clip-vision-gelu/model.safetensors":
    "vision_model.encoder.layers.1.mlp.fc2.bias",
  "sd-tiny/text_encoder/model.safetensors":
    "text_model.final_layer_norm.weight",
  "sd-tiny/unet/diffusion_pytorch_model.safetensors": "conv_out.bias",
  "sd-tiny/vae/diffusion_pytorch_model.safetensors":
    "decoder.conv_norm_out.weight",
};

for (const [path, lost] of Object.entries(vital)) {
  Deno.test(`One missing tensor is found out in ${path}`, async () => {
    await inTempDir(async (dir) => {
      const copy = join(dir, "copy.safetensors");
      await damaged(join(goldens, path), copy, (tensors) => {
        assert(tensors.delete(lost));
      });
      const { files: [file], ok } = await diagnose(copy, { base: tiny });
      assert(!ok);
      assertEquals([...file!.missing.keys()], [lost]);
      assertEquals(file!.extra.size + file!.misshapen.size, 0);
    });
  });
}

Deno.test("A tensor without which the sizes are unknown is named", async () => {
  await inTempDir(async (dir) => {
    const copy = join(dir, "unet.safetensors");
    const from = join(tiny, "unet/diffusion_pytorch_model.safetensors");
    const lost = "down_blocks.1.resnets.0.conv1.weight";
    await damaged(from, copy, (tensors) => {
      assert(tensors.delete(lost));
    });
    const { ok, files: [file] } = await diagnose(copy);
    assert(!ok);
    assertStringIncludes(file!.problems[0]!, `Tensor ${lost}, which defines`);
  });
});

Deno.test("A folder without a part, with a pickle in its place, is not fine", async () => {
  await inTempDir(async (dir) => {
    for (const part of ["unet", "text_encoder", "tokenizer", "scheduler"]) {
      await Deno.mkdir(join(dir, part));
      for await (const { name } of Deno.readDir(join(tiny, part))) {
        await Deno.copyFile(join(tiny, part, name), join(dir, part, name));
      }
    }
    await Deno.writeTextFile(join(dir, "model_index.json"), "{}");
    await Deno.mkdir(join(dir, "vae"));
    await Deno.writeTextFile(join(dir, "vae/config.json"), "{}");
    await Deno.writeTextFile(join(dir, "vae/pytorch_model.bin"), "pickle");
    const found = await diagnose(dir);
    assert(!found.ok);
    assertEquals(found.refused, ["vae/pytorch_model.bin"]);
    assertStringIncludes(
      found.problems[0]!,
      "vae/ has no safetensors weights: pytorch_model.bin is a Python pickle",
    );
    assertEquals(found.files.length, 2);
  });
});

Deno.test("A file cut short is not fine, and a pickle is refused unseen", async () => {
  await inTempDir(async (dir) => {
    const path = join(dir, "x.safetensors");
    await Deno.copyFile(vae, path);
    await Deno.truncate(path, 100_000);
    const found = await diagnose(path);
    assert(!found.ok);
    assertStringIncludes(found.problems[0]!, "is cut short");
    assertStringIncludes(found.next, "Fetch the file again");
  });
  const pickle = await diagnose("no/such/model.ckpt");
  assert(!pickle.ok);
  assertStringIncludes(pickle.problems[0]!, "is a Python pickle");
});

Deno.test("Of a file on the hub only the header is read", async () => {
  const from = join(tiny, "unet/diffusion_pytorch_model.safetensors");
  const files = { "unet/model.safetensors": await Deno.readFile(from) };
  const hub = startHub({ files, faults: ["cut", "status-503"] });
  try {
    await inTempDir(async (cacheDir) => {
      const found = await diagnose(`${REPO}/unet/model.safetensors`, {
        endpoint: hub.endpoint,
        cacheDir,
        offline: false,
        retry: { delay: 1 },
      });
      assert(found.ok, JSON.stringify(found.problems));
      assertEquals(found.files[0]!.kind, "unet");
      assertEquals(found.files[0]!.nonFinite, undefined);
      const path = "unet/model.safetensors bytes=0-131071";
      assertEquals(hub.downloads, [path, path, path]);
    });
  } finally {
    await hub.stop();
  }
});

Deno.test("A model on the hub whose UNet sees coordinates is fine, and is not refused", async () => {
  const pocket = new URL("../../../models/pocket/", import.meta.url).pathname;
  const files: Record<string, Uint8Array> = {};
  for (const path of await listModelFolder(pocket)) {
    files[path] = await Deno.readFile(join(pocket, path));
  }
  const hub = startHub({ files });
  try {
    await inTempDir(async (cacheDir) => {
      const place = { endpoint: hub.endpoint, cacheDir, offline: false };
      await refuseFiles(REPO, { adapter: undefined, ...place });
      const { ok, files, problems } = await diagnose(REPO, place);
      const said = files.flatMap((file) => file.problems);
      assert(ok, [...problems, ...said].join());
    });
  } finally {
    await hub.stop();
  }
});

Deno.test("A scheduler that is not understood is named", async () => {
  await inTempDir(async (dir) => {
    const model = join(dir, "model");
    await cp(tiny, model, { recursive: true });
    await Deno.writeTextFile(
      join(model, "scheduler/scheduler_config.json"),
      '{ "prediction_type": "v-prediction" }',
    );
    const { ok, problems } = await diagnose(model);
    assert(!ok);
    assertStringIncludes(
      problems[0]!,
      'key "prediction_type" must be "epsilon", "v_prediction" or "sample", got "v-prediction"',
    );
  });
});

Deno.test("The scheduler of a model on the hub is read, and its unknown keys are named", async () => {
  const files: Record<string, Uint8Array> = {};
  for (const path of await listModelFolder(tiny)) {
    files[path] = await Deno.readFile(join(tiny, path));
  }
  const scheduler = (config: object) => {
    files["scheduler/scheduler_config.json"] = new TextEncoder().encode(
      JSON.stringify(config),
    );
  };
  scheduler({ beta_schedule: "sigmoid" });
  const hub = startHub({ files });
  const said = async () => {
    let found: Diagnosis | undefined;
    await inTempDir(async (cacheDir) => {
      const { endpoint } = hub;
      found = await diagnose(REPO, { endpoint, cacheDir, offline: false });
    });
    return found!;
  };
  try {
    const { ok, problems } = await said();
    assert(!ok);
    assertStringIncludes(problems.join(), 'key "beta_schedule" must be ');
    scheduler({ beta_schedul: "linear" });
    const { ok: fine, warnings } = await said();
    assert(fine);
    assertStringIncludes(warnings.join(), 'key "beta_schedul" is not known');
  } finally {
    await hub.stop();
  }
});

Deno.test("Files on the hub that are no weights are named as well", async () => {
  const text = (content: string) => new TextEncoder().encode(content);
  const files = {
    "empty.safetensors": new Uint8Array(0),
    "page.safetensors": text("<!doctype html><title>Log in</title>"),
  };
  const hub = startHub({ files });
  try {
    await inTempDir(async (cacheDir) => {
      const options = { endpoint: hub.endpoint, cacheDir, offline: false };
      const said = async (name: string) =>
        (await diagnose(`${REPO}/${name}`, options)).what;
      assertEquals(await said("empty.safetensors"), "empty");
      assertStringIncludes(await said("page.safetensors"), "an HTML page");
    });
  } finally {
    await hub.stop();
  }
});

Deno.test("a ControlNet is fine, and one that lacks a tensor is not", async () => {
  const whole = new URL("../../data/edits/controlnet-sdxl", import.meta.url)
    .pathname;
  const { ok, problems } = await diagnose(whole);
  assertEquals([ok, problems], [true, []]);
  await inTempDir(async (dir) => {
    const broken = join(dir, "controlnet.safetensors");
    const file = join(whole, "diffusion_pytorch_model.safetensors");
    await damaged(file, broken, (tensors) => {
      tensors.delete("mid_block.attentions.0.proj_in.bias");
    });
    const { ok, files } = await diagnose(broken);
    assertEquals(ok, false);
    assertStringIncludes(files[0]!.problems.join(), "1 tensor missing");
  });
});

Deno.test("tiny VAEs are fine in both layouts, and are compared with what their networks need", async () => {
  for (
    const name of [
      "taesd-tiny",
      "taesd-raw/taesd_encoder.safetensors",
      "taesd-raw/taesd_decoder.safetensors",
    ]
  ) {
    const { ok, files } = await diagnose(join(goldens, name));
    assertEquals([ok, files.map(({ kind }) => kind)], [true, ["taesd"]], name);
  }
  await inTempDir(async (dir) => {
    const broken = join(dir, "taesd_decoder.safetensors");
    const whole = join(goldens, "taesd-raw/taesd_decoder.safetensors");
    await damaged(whole, broken, (tensors) => {
      tensors.delete("3.conv.2.bias");
    });
    const { problems, files } = await diagnose(broken);
    const found = [...problems, ...files.flatMap(({ problems }) => problems)];
    assertStringIncludes(found.join(), "1 tensor missing");
  });
});

Deno.test("files of eight bits with a scale a row are fine, and a scale without its weight is extra", async () => {
  const pocket = new URL("../../../models/pocket/", import.meta.url).pathname;
  for (const part of ["detector", "evaluation_encoder"]) {
    const { ok, files } = await diagnose(join(pocket, part));
    assert(ok, JSON.stringify(files));
    assertStringIncludes(files[0]!.notes.join(), "in eight bits");
  }
  const file = join(pocket, "detector/model.safetensors");
  await inTempDir(async (folder) => {
    const path = join(folder, "detector.safetensors");
    await damaged(file, path, (tensors) => tensors.delete("logits.weight"));
    const { ok } = await diagnose(path);
    assertEquals(ok, false);
  });
});

Deno.test("a VAE without the norm of its attention lacks that norm, and nothing is too much", async () => {
  await inTempDir(async (dir) => {
    const path = join(dir, "vae.safetensors");
    await damaged(vae, path, (tensors) => {
      for (const name of [...tensors.keys()]) {
        if (/mid_block\.attentions\.0\.group_norm/.test(name)) {
          tensors.delete(name);
        }
      }
    });
    const { ok, files: [file] } = await diagnose(path);
    assert(!ok);
    assertEquals(file!.problems, ["4 tensors missing"]);
  });
});
