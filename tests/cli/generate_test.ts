import { assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { decodeImage } from "../../lib/images/decode.ts";
import { startHub } from "../lib/weights/loopback_hub.ts";
import {
  tinyParts,
  writeSingleFile,
} from "../lib/weights/single_file/tiny_checkpoint.ts";
import { inTempDir } from "../lib/weights/temp_dir.ts";

const root = fromFileUrl(new URL("../../", import.meta.url));
const goldens = join(root, "tests/goldens");

/** All files of a folder, by their paths. */
async function filesIn(
  folder: string,
  inside = "",
): Promise<Record<string, Uint8Array>> {
  const found: Record<string, Uint8Array> = {};
  for await (
    const { name, isDirectory } of Deno.readDir(join(folder, inside))
  ) {
    const path = inside === "" ? name : `${inside}/${name}`;
    if (isDirectory) Object.assign(found, await filesIn(folder, path));
    else found[path] = await Deno.readFile(join(folder, path));
  }
  return found;
}

/** Small stand-ins under the public names. */
async function publicNames(dir: string) {
  const file = await writeSingleFile(
    join(dir, "community.safetensors"),
    tinyParts(),
  );
  const xl = await filesIn(join(goldens, "sdxl-tiny"));
  const onnx = new Uint8Array(64);
  const text = (value: unknown) =>
    new TextEncoder().encode(JSON.stringify(value));
  return {
    "stable-diffusion-v1-5/stable-diffusion-v1-5": await filesIn(
      join(goldens, "sd-tiny"),
    ),
    "stabilityai/stable-diffusion-xl-base-1.0": {
      ...xl,
      "unet/model.onnx": onnx,
      "sd_xl_base_1.0.safetensors": onnx,
      "unet/openvino_model.bin": onnx,
    },
    "stabilityai/sdxl-turbo": {
      ...xl,
      "scheduler/scheduler_config.json": text({
        ...JSON.parse(
          new TextDecoder().decode(xl["scheduler/scheduler_config.json"]),
        ),
        _class_name: "EulerAncestralDiscreteScheduler",
        timestep_spacing: "trailing",
      }),
    },
    "madebyollin/taesdxl": await filesIn(join(goldens, "taesd-tiny")),
    "someone/community": { "community.safetensors": await Deno.readFile(file) },
  };
}

/** What a command printed, and its exit code. */
interface Done {
  readonly code: number;
  readonly text: string;
}

async function run(
  commands: readonly (readonly string[])[],
  { cwd, env }: { cwd: string; env: Record<string, string> },
): Promise<Done[]> {
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "-A", "--config", join(root, "deno.json")],
      ...[join(root, "tests/cli/run_commands.ts"), JSON.stringify(commands)],
    ],
    ...{ cwd, env },
  }).output();
  const text = new TextDecoder();
  const lines = text.decode(stdout).trim().split("\n");
  if (lines.length !== commands.length) throw new Error(text.decode(stderr));
  return lines.map((line) => JSON.parse(line));
}

Deno.test("the commands that a newcomer types first work on models under their public names", async () => {
  await inTempDir(async (dir) => {
    const repos = await publicNames(dir);
    const hub = startHub({ files: {}, repos });
    const xl = "stabilityai/stable-diffusion-xl-base-1.0";
    const small = ["--steps", "1", "--size", "64x64", "--backend", "onnx"];
    const generate = (model: string, output: string, ...more: string[]) => [
      ...["generate", "scene.json", "--model", model, "-o", output],
      ...[...small, ...more],
    ];
    const scene = {
      ...{ size: { width: 64, height: 64 }, caption: "a red apple on a table" },
      instances: [],
    };
    await Deno.writeTextFile(join(dir, "scene.json"), JSON.stringify(scene));
    try {
      const done = await run([
        ["doctor", xl],
        ["doctor", "someone/community/community.safetensors"],
        generate("stable-diffusion-v1-5/stable-diffusion-v1-5", "15.png"),
        generate(xl, "xl.png", "--variant", "fp16"),
        generate("stabilityai/sdxl-turbo", "turbo.png", "--recipe", "turbo-1"),
        generate("someone/community/community.safetensors", "file.png"),
        generate(xl, "taesd.png", ...[
          ...["--taesd", "madebyollin/taesdxl", "--decoder", "taesd"],
        ]),
        ["generate", "xl.png", "-o", "again.png", "--backend", "onnx"],
        [
          "generate",
          "scene.json",
          "--model",
          "stabilityai/sdxl-turbo",
          "--vae",
        ],
        ["generate", "scene.json", "--model", xl, "--lora", "none.safetensors"],
      ], {
        cwd: dir,
        env: {
          HF_ENDPOINT: hub.endpoint,
          HF_HOME: join(dir, "cache"),
          HF_HUB_OFFLINE: "0",
        },
      });
      assertEquals(
        done.map(({ code }) => code),
        [0, 0, 0, 0, 0, 0, 0, 0, 2, 1],
        JSON.stringify(done, null, 1),
      );
      assertStringIncludes(done[9]!.text, '"none.safetensors"');
      const pixels = async (name: string) =>
        (await decodeImage(await Deno.readFile(join(dir, name)))).data;
      assertEquals(await pixels("again.png"), await pixels("xl.png"));
      const needless = hub.downloads.filter((one) =>
        /onnx|sd_xl_base|openvino/.test(one)
      );
      assertEquals(needless, []);
    } finally {
      await hub.stop();
    }
  });
});
