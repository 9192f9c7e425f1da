import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { decodeImage } from "../lib/images/decode.ts";
import {
  type LoopbackRegistry,
  publishToLoopback,
} from "./published/loopback_registry.ts";
import {
  documentedPermissions,
  makeProject,
  shortTenLines,
  tenLines,
  type UserProject,
} from "./published/user_project.ts";

const root = fromFileUrl(new URL("../", import.meta.url));
const coco = fromFileUrl(new URL("./data/coco", import.meta.url));
const cli = ["run", "-A", "jsr:@locref/locref/cli"];

const oneStar = {
  version: 1,
  caption: "a star",
  instances: [{
    reference: "examples/assets/star.png",
    box: { percent: [10, 10, 60, 60] },
  }],
};

let registry: LoopbackRegistry;
let project: UserProject;

Deno.test.beforeAll(async () => {
  const config = await Deno.readTextFile(join(root, "deno.json"));
  const { version } = JSON.parse(config);
  registry = await publishToLoopback();
  project = await makeProject({
    imports: { "@locref/locref": `jsr:@locref/locref@^${version}` },
  }, { JSR_URL: registry.url });
  await Deno.writeTextFile(
    join(project.folder, "scene.json"),
    JSON.stringify(oneStar),
  );
});

Deno.test.afterAll(async () => {
  await project[Symbol.asyncDispose]();
  await registry[Symbol.asyncDispose]();
});

async function sizeOf(path: string): Promise<[number, number]> {
  const bytes = await Deno.readFile(join(project.folder, path));
  const { width, height } = await decodeImage(bytes);
  return [width, height];
}

Deno.test("the README's ten lines make a picture with the published package", async () => {
  await Deno.writeTextFile(join(project.folder, "ten.ts"), await tenLines());
  await project.succeed("run", "-A", "ten.ts");
  assertEquals(await sizeOf("out/first.png"), [256, 256]);
});

Deno.test("the published package draws previews", async () => {
  await project.succeed(
    ...cli,
    "preview",
    "scene.json",
    "-o",
    "out/preview.png",
  );
  const [width] = await sizeOf("out/preview.png");
  assert(width > 64);
});

Deno.test("the published package runs the demo", async () => {
  await project.succeed(...cli, "demo", "--steps", "2", "-o", "out/demo");
  assertEquals(await sizeOf("out/demo/demo.png"), [256, 256]);
});

Deno.test("the published package's doctor knows the model that comes with it", async () => {
  const copies = join(project.folder, "../cache/locref/package");
  const [copy] = Array.from(Deno.readDirSync(copies), ({ name }) => name);
  const model = join(copies, copy!, "models/pocket");
  const said = await project.succeed(...cli, "doctor", model);
  assertStringIncludes(said, "with a LocRef adapter");
});

Deno.test("the published package exports a model", async () => {
  await project.succeed(
    ...cli,
    "export",
    "--model",
    "pocket",
    "-o",
    "out/onnx",
  );
  const names = Array.from(
    Deno.readDirSync(join(project.folder, "out/onnx")),
    ({ name }) => name,
  );
  assert(names.some((name) => name.endsWith(".onnx")), names.join(", "));
});

Deno.test("the published package builds a data set in threads and trains on it", async () => {
  await project.succeed(
    ...[...cli, "dataset", "build", "--coco", join(coco, "instances.json")],
    ...["--images", join(coco, "images"), "-o", "out/shards"],
  );
  const config = {
    stage: "locref",
    name: "tiny",
    out: "out/train",
    model: { base: "pocket", imageEncoder: "pocket/image_encoder" },
    appearanceNet: { input: "patch" },
    data: { shards: "out/shards", side: 64 },
    backend: "wasm",
    batch: 1,
    steps: 1,
  };
  await Deno.writeTextFile(
    join(project.folder, "train.json"),
    JSON.stringify(config),
  );
  const said = await project.succeed(...cli, "train", "train.json");
  const { step, finished } = JSON.parse(said.trim().split("\n").at(-1)!);
  assertEquals([step, finished], [1, true]);
});

Deno.test("messages of the published package name commands that a user has", async () => {
  const scene = ["generate", "scene.json", "-o", "out/never.png"];
  const { code, err } = await project.deno(
    ...[...cli, ...scene, "--backend", "tensorflow-gpu"],
  );
  assertEquals(code, 1);
  assertStringIncludes(
    err,
    "`deno run -A jsr:@locref/locref/cli setup-tensorflow --gpu`",
  );
  const help = await project.succeed(...cli, "setup-tensorflow", "--help");
  assertStringIncludes(
    help,
    "Usage: deno run -A jsr:@locref/locref/cli setup-tensorflow",
  );
});

Deno.test("the package works from any address that serves its files", async () => {
  const program = (await shortTenLines())
    .replace("@locref/locref", `${registry.folder}mod.ts`)
    .replace("out/first.png", "out/http.png");
  await Deno.writeTextFile(join(project.folder, "http.ts"), program);
  await project.succeed("run", "-A", "http.ts");
  assertEquals(await sizeOf("out/http.png"), [256, 256]);
});

for (const nodeModulesDir of ["none", "auto", "manual"]) {
  Deno.test(`deno add makes the package usable with nodeModulesDir ${nodeModulesDir}`, async () => {
    await using added = await makeProject({ nodeModulesDir }, {
      JSR_URL: registry.url,
    });
    const program = join(added.folder, "ten.ts");
    await Deno.writeTextFile(program, await shortTenLines());
    await added.succeed("add", "jsr:@locref/locref");
    await added.succeed("run", ...documentedPermissions, "ten.ts");
    await Deno.stat(join(added.folder, "out/first.png"));
  });
}

for (const nodeModulesDir of ["none", "auto", "manual"]) {
  Deno.test(`a project with nodeModulesDir ${nodeModulesDir} makes a picture with a checkout`, async () => {
    await using project = await makeProject({
      imports: { "@locref/locref": join(root, "mod.ts") },
      nodeModulesDir,
    });
    const program = join(project.folder, "ten.ts");
    await Deno.writeTextFile(program, await shortTenLines());
    if (nodeModulesDir === "manual") await project.succeed("install");
    await project.succeed("run", ...documentedPermissions, "ten.ts");
    const picture = join(project.folder, "out/first.png");
    const { width, height } = await decodeImage(await Deno.readFile(picture));
    assertEquals([width, height], [256, 256]);
  });
}
