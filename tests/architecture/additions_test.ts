import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { cp } from "node:fs/promises";
import { root } from "./imports.ts";

/** A copy of the sources that a test adds to. */
interface Copy extends AsyncDisposable {
  /** Adds a file. */
  add(path: string, text: string): Promise<void>;
  /** Adds a name to a list in a file, with the import that it needs. */
  enter(path: string, entry: Entry): Promise<void>;
  /** Runs Deno in the copy and returns what it printed. */
  deno(...args: string[]): Promise<string>;
}

/** One entry of a registry. */
interface Entry {
  readonly name: string;
  readonly from: string;
  /** The line that the list begins with. */
  readonly list: string;
}

async function copyPackage(): Promise<Copy> {
  const folder = await Deno.makeTempDir();
  for (const name of ["lib", "train", "eval", "cli", "mod.ts", "cli.ts"]) {
    await cp(join(root, name), join(folder, name), { recursive: true });
  }
  for (const name of ["deno.json", "deno.lock"]) {
    await Deno.copyFile(join(root, name), join(folder, name));
  }
  await Deno.symlink(join(root, "node_modules"), join(folder, "node_modules"));
  return {
    add: async (path, text) => {
      const file = join(folder, path);
      await Deno.mkdir(join(file, ".."), { recursive: true });
      await Deno.writeTextFile(file, text);
    },
    enter: async (path, { name, from, list }) => {
      const text = await Deno.readTextFile(join(folder, path));
      assertEquals(text.split(list).length, 2, `${path} holds no "${list}"`);
      const entered = text.replace(list, `${list}\n  ${name},`);
      await Deno.writeTextFile(
        join(folder, path),
        `import { ${name} } from "${from}";\n${entered}`,
      );
    },
    deno: async (...args) => {
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
    },
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

Deno.test("a sampler is one file and its entry: types, errors and help know it", async () => {
  await using copy = await copyPackage();
  await copy.add(
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
  await copy.enter("lib/ddim/samplers.ts", {
    name: "added",
    from: "./samplers/added.ts",
    list: "export const builtInSamplers = [",
  });
  await copy.add(
    "program.ts",
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
  const [steps, message] =
    (await copy.deno("run", "--check", "-A", "program.ts"))
      .trim().split("\n");
  assertEquals(steps, "9");
  assert(message!.includes('"added"'), message);
  const help = await copy.deno("run", "-A", "cli.ts", "generate", "--help");
  assert(/\badded\b/.test(help), help);
});

Deno.test("an adapter format is one folder and its entry: a file of its kind is opened by it", async () => {
  await using copy = await copyPackage();
  await copy.add(
    "lib/adapters/added/added_format.ts",
    `import type { Adapter, AdapterFormat } from "../adapter.ts";
    export const addedFormat: AdapterFormat = {
      name: "added",
      matches: ({ metadata }) => metadata.format === "added",
      open: (file) => ({ file: file.path, fit: "cover" }) as Adapter,
    };`,
  );
  await copy.enter("lib/adapters/adapter_formats.ts", {
    name: "addedFormat",
    from: "./added/added_format.ts",
    list: "export const adapterFormats: readonly AdapterFormat[] = [",
  });
  await copy.add(
    "program.ts",
    `import { openAdapter } from "./lib/adapters/adapter_formats.ts";
    import { writeSafetensors } from "./lib/weights/safetensors/write_safetensors.ts";
    const lora = { shape: [1, 1], data: Float32Array.of(1) };
    await writeSafetensors(
      "added.safetensors",
      new Map([["unet.down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k.lora_A.weight", lora]]),
      { metadata: { format: "added" } },
    );
    console.log((await openAdapter("added.safetensors")).fit);`,
  );
  assertEquals(
    (await copy.deno("run", "-A", "program.ts")).trim(),
    "cover",
  );
});

Deno.test("a base is one folder and its entry: a folder of its kind is opened by it", async () => {
  await using copy = await copyPackage();
  await copy.add(
    "lib/bases/added/added_base.ts",
    `import type { Base, BaseKind } from "../base.ts";
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
  await copy.enter("lib/bases/bases.ts", {
    name: "addedBase",
    from: "./added/added_base.ts",
    list: "const builtInBases: readonly BaseKind[] = [",
  });
  await copy.add(
    "program.ts",
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
  const tiny = join(root, "tests/goldens/sd-tiny");
  const [first, second, message] =
    (await copy.deno("run", "--check", "-A", "program.ts", tiny)).trim()
      .split("\n");
  assertEquals([first, second], ["added", "sd"]);
  assert(message!.includes('"AddedPipeline" (a base that a test adds)'));
});
