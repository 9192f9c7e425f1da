import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { cp } from "node:fs/promises";
import { blocksOf } from "../docs/run_page.ts";
import { root } from "./imports.ts";

/** One entry of a registry. */
interface Entry {
  readonly name: string;
  readonly from: string;
  /** The line that the list begins with. */
  readonly list: string;
}

/** Files that the tests add to a copy of the sources. */
const files = new Map<string, string>();
/** Names that they add to a list in a file, with the import that each needs. */
const entries = new Map<string, Entry>();
const add = (path: string, text: string) => void files.set(path, text);
const enter = (path: string, entry: Entry) => void entries.set(path, entry);

let folder = "";
Deno.test.beforeAll(async () => {
  folder = await copyPackage();
  for (const [path, text] of files) {
    const file = join(folder, path);
    await Deno.mkdir(join(file, ".."), { recursive: true });
    await Deno.writeTextFile(file, text);
  }
  for (const [path, { name, from, list }] of entries) {
    const text = await Deno.readTextFile(join(folder, path));
    assertEquals(text.split(list).length, 2, `${path} holds no "${list}"`);
    const entered = text.replace(list, `${list}\n  ${name},`);
    await Deno.writeTextFile(
      join(folder, path),
      `import { ${name} } from "${from}";\n${entered}`,
    );
  }
});
Deno.test.afterAll(() => Deno.remove(folder, { recursive: true }));

async function copyPackage(): Promise<string> {
  const folder = await Deno.makeTempDir();
  for (const name of ["lib", "train", "eval", "cli", "mod.ts", "cli.ts"]) {
    await cp(join(root, name), join(folder, name), { recursive: true });
  }
  for (const name of ["deno.json", "deno.lock"]) {
    await Deno.copyFile(join(root, name), join(folder, name));
  }
  await Deno.symlink(join(root, "node_modules"), join(folder, "node_modules"));
  return folder;
}

/** Runs Deno in the copy and returns what it printed. */
async function deno(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args,
    cwd: folder,
    env: { NO_COLOR: "1" },
    stdout: "piped",
    stderr: "piped",
  }).output();
  const decoder = new TextDecoder();
  assertEquals(code, 0, decoder.decode(stderr));
  return decoder.decode(stdout);
}

Deno.test("every addition passes the type check beside the others, and so do the programs of docs/extending.md", async () => {
  const programs = [...files.keys()].filter((path) => !path.includes("/"));
  // in one process, whose time is that of reading all types once
  const documented = (await blocksOf("extending.md", "ts")).map(
    (text, i) => ({ path: `documented_${i}.ts`, text }),
  );
  for (const { path, text } of documented) {
    await Deno.writeTextFile(join(folder, path), text);
  }
  const paths = documented.map(({ path }) => path);
  assertEquals(paths.length, 4);
  await deno("check", "cli.ts", ...programs, ...paths);
});

add(
  "lib/ddim/samplers/added.ts",
  `import type { SamplerKind } from "../sampler.ts";
    import { euler } from "./euler.ts";
    export const added: SamplerKind<"added"> = {
      name: "added",
      summary: "a sampler that a test adds",
      takes: [],
      steps: 9,
      plan: (schedule, options) => euler.plan(schedule, options),
    };`,
);
enter("lib/ddim/samplers.ts", {
  name: "added",
  from: "./samplers/added.ts",
  list: "export const builtInSamplers = [",
});
add(
  "sampler.ts",
  `import { chooseSampler, planRun, type SamplerName } from "./lib/ddim/samplers.ts";
    import { noiseSchedule } from "./lib/ddim/noise_schedule.ts";
    const name: SamplerName = "added";
    const plan = planRun(noiseSchedule({}), chooseSampler(name));
    console.log(plan.steps);
    try {
      chooseSampler("aded");
    } catch (error) {
      console.log((error as Error).message);
    }`,
);

Deno.test("a sampler is one file and its entry: types, errors and help know it", async () => {
  const [steps, message] = (await deno("run", "-A", "sampler.ts"))
    .trim().split("\n");
  assertEquals(steps, "9");
  assert(message!.includes('"added"'), message);
  const help = await deno("run", "-A", "cli.ts", "generate", "--help");
  assert(/\badded\b/.test(help), help);
});

add(
  "lib/ops/added/added_backend.ts",
  `import type { Backend } from "../backend.ts";
    export const addedBackend: Backend<"added"> = {
      name: "added",
      summary: "a backend that a test adds",
      optIn: true,
      writesGraphs: true,
      open: async (options) => {
        const { onnxExecutor } = await import("../onnx/executor.ts");
        return await onnxExecutor(options);
      },
    };`,
);
enter("lib/ops/backends.ts", {
  name: "addedBackend",
  from: "./added/added_backend.ts",
  list: "export const builtInBackends = [",
});
add(
  "backend.ts",
  `import { type BackendName, LocRef, scene } from "./mod.ts";
    const backend: BackendName = "added";
    {
      await using model = await LocRef.load(Deno.args[0]!, { backend });
      const picture = await scene(64, 64).caption("a star").generate({ model, steps: 1 });
      console.log(model.backend.name, picture.data.length);
    }
    await LocRef.load("pocket", { backend: "aded" }).catch((error) => console.log(error.message));`,
);

Deno.test("a backend is one file and its entry: models run on it, help and errors know it", async () => {
  const [ran, message] = (await deno(
    ...["run", "-A", "backend.ts", join(root, "models/pocket")],
  )).trim().split("\n");
  assert(ran!.startsWith("added "), ran);
  assert(message!.includes('"added"'), message);
  const help = await deno("run", "-A", "cli.ts", "generate", "--help");
  assert(/\badded\b/.test(help), help);
});

add(
  "train/dataset/sources/added_source.ts",
  `import { text } from "../../../lib/core/command/option.ts";
    import { cocoSource } from "./coco_source.ts";
    import { type DatasetSource, defineSource } from "./dataset_source.ts";
    export const addedSource: DatasetSource = defineSource({
      name: "added",
      title: "Added",
      summary: "annotations that a test adds",
      options: { folder: text("DIR", "folder of the annotations") },
      open: async (path, { options: { folder = "." } }) => {
        const request = { options: {} };
        return { ...await cocoSource.open(folder + "/" + path, request), dataset: "added" };
      },
    });`,
);
enter("train/dataset/sources/dataset_sources.ts", {
  name: "addedSource",
  from: "./added_source.ts",
  list: "const builtInSources: readonly DatasetSource[] = [",
});

Deno.test("a dataset source is one file and its entry: builds read it, help knows it", async () => {
  const data = join(root, "tests/data/coco");
  const text = await deno(
    ...["run", "-A", "cli.ts", "dataset", "build"],
    ...["--added", "instances.json", "--folder", data],
    ...["--images", join(data, "images"), "-o", "out", "--json"],
    ...["--size", "64", "--ref-size", "32", "--threads", "1"],
  );
  const report = JSON.parse(text) as { samples: number };
  assert(report.samples > 0, text);
  const help = await deno("run", "-A", "cli.ts", "dataset", "--help");
  assert(/\bAdded\b/.test(help), help);
});

add(
  "lib/adapters/added/added_format.ts",
  `import type { Adapter, AdapterFormat, AdapterSource } from "../adapter.ts";
    import type { AdapterGraph } from "../../bases/hooks.ts";
    import { tensor } from "../../core/tensor.ts";
    import { checkAdapterWeights } from "../check_adapter.ts";
    const graph = (weights: AdapterSource): AdapterGraph => ({
      prefix: "added",
      acts: ["afterSelf", "residual"],
      weights,
      inputs: () => ({ gate: { kind: "float", shape: [1, 1, 1] } }),
      hooks: (ops, params, { gate }) => ({
        afterSelf: (_, x) => ops.add(x, ops.mul(params.get("shift", [1]), gate!)),
        residual: ({ channels }, x) => ops.addChannels(x, params.get(\`bias.\${channels}\`, [1, channels])),
      }),
    });
    export const addedFormat: AdapterFormat = {
      name: "added",
      matches: ({ metadata }) => metadata.format === "added",
      open: (file) => {
        const own: Adapter = {
          kind: "added",
          file: file.path,
          weights: file,
          reads: [],
          graph: () => graph(file),
          programs: () => [],
          check: (base) => checkAdapterWeights(own, base),
          prepare: () => {
            const gate = tensor([1, 1, 1], Float32Array.of(1));
            return Promise.resolve({
              inputsAt: ({ step }) => step === 0 ? { gate } : undefined,
            });
          },
        };
        return own;
      },
    };`,
);
enter("lib/adapters/adapter_formats.ts", {
  name: "addedFormat",
  from: "./added/added_format.ts",
  list: "const builtInFormats: readonly AdapterFormat[] = [",
});
add(
  "adapter.ts",
  `import { LocRef, scene } from "./mod.ts";
    import { openBase } from "./lib/bases/bases.ts";
    import { writeSafetensors } from "./lib/weights/safetensors/write_safetensors.ts";
    const [folder] = Deno.args;
    const { skips } = (await openBase(folder!)).places({ height: 16, width: 16 });
    const widths = [...new Set(skips.map(({ channels }) => channels))];
    const write = async (value: number) => {
      const weights = new Map<string, { shape: number[]; data: Float32Array }>();
      weights.set("shift", { shape: [1], data: Float32Array.of(value) });
      for (const width of widths) {
        const data = new Float32Array(width).fill(value);
        weights.set("bias." + width, { shape: [1, width], data });
      }
      await writeSafetensors("added.safetensors", weights, { metadata: { format: "added" } });
    };
    const picture = async (adapter: string[]) => {
      await using model = await LocRef.load(folder!, { adapter, backend: "onnx" });
      return (await scene(64, 64).caption("a star").generate({ model, steps: 2, seed: 1 })).data;
    };
    const plain = await picture([]);
    for (const value of [0, 1]) {
      await write(value);
      const own = await picture(["added.safetensors"]);
      console.log(own.every((one, i) => one === plain[i]));
    }`,
);

Deno.test("an adapter is one folder and its entry: its weights act on features and skips", async () => {
  const pocket = join(root, "models/pocket");
  assertEquals(
    (await deno("run", "-A", "adapter.ts", pocket)).trim(),
    "true\nfalse",
  );
});

add(
  "lib/bases/added/added_base.ts",
  `import type { Base } from "../base.ts";
    import type { BaseKind } from "../base_kind.ts";
    import { openModelFolder } from "../../weights/model_folder.ts";
    import { stableDiffusion } from "../sd/stable_diffusion.ts";
    export const addedBase: BaseKind = {
      ...stableDiffusion,
      family: "added",
      summary: "a base that a test adds",
      pipelines: ["AddedPipeline"],
      matches: ({ path }) => path.endsWith("of_added"),
      open: async (): Promise<Base> => {
        const source = await openModelFolder(Deno.args[0]!);
        return { ...await stableDiffusion.open(source), family: "added" };
      },
    };`,
);
enter("lib/bases/bases.ts", {
  name: "addedBase",
  from: "./added/added_base.ts",
  list: "const builtInBases: readonly BaseKind[] = [",
});
add(
  "base.ts",
  `import { baseKindOf, openBase } from "./lib/bases/bases.ts";
    for (const folder of ["model_of_added", Deno.args[0]!]) {
      console.log((await openBase(folder)).family);
    }
    try {
      baseKindOf({
        path: "other",
        index: { value: { _class_name: "OtherPipeline" }, file: "other" },
        has: () => false,
      });
    } catch (error) {
      console.log((error as Error).message);
    }`,
);

Deno.test("a base is one folder and its entry: a folder of its kind is opened by it", async () => {
  const tiny = join(root, "tests/goldens/sd-tiny");
  const [first, second, message] = (await deno("run", "-A", "base.ts", tiny))
    .trim()
    .split("\n");
  assertEquals([first, second], ["added", "sd"]);
  assert(message!.includes('"AddedPipeline" (a base that a test adds)'));
});

add(
  "lib/weights/lora/kinds/added.ts",
  `import type { DifferenceKind } from "../difference_kind.ts";
    import { matrix, read, shapeOf } from "../difference_tensors.ts";
    export const added: DifferenceKind = {
      name: "added",
      endings: [[/\\.doubled$/, "doubled"]],
      roles: [["doubled"]],
      size: (one) => matrix(shapeOf(one, "doubled")),
      open: async (one, factor) => {
        const values = await read(one, "doubled");
        return (x, { from, of }) => {
          const start = from * values.length / of;
          for (let i = 0; i < x.length; i++) x[i]! += 2 * factor * values[start + i]!;
        };
      },
    };`,
);
enter("lib/weights/lora/difference_kinds.ts", {
  name: "added",
  from: "./kinds/added.ts",
  list: "export const differenceKinds: readonly DifferenceKind[] = [",
});
add(
  "lora.ts",
  `import { LoraSet } from "./lib/weights/lora/apply_loras.ts";
    import { openLora } from "./lib/weights/lora/lora_file.ts";
    import { openSafetensors } from "./lib/weights/safetensors/safetensors.ts";
    import { writeSafetensors } from "./lib/weights/safetensors/write_safetensors.ts";
    const open = async (file: string, name: string) => {
      const weight = { shape: [1, 2], data: Float32Array.of(1, 2) };
      await writeSafetensors(file, new Map([[name, weight]]));
    };
    await open("base.safetensors", "conv_in.weight");
    await open("doubled.safetensors", "unet.conv_in.doubled");
    const loras = new LoraSet([{ file: await openLora("doubled.safetensors"), scale: 0.5, textScale: 1 }]);
    const merged = loras.merge("unet", await openSafetensors("base.safetensors"));
    console.log([...await merged.read("conv_in.weight")].join());`,
);

Deno.test("a LoRA formula is one file and its entry: its tensors change weights", async () => {
  assertEquals((await deno("run", "-A", "lora.ts")).trim(), "2,4");
});
