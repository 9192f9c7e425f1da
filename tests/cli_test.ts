import sharp from "sharp";
import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { decodeImage } from "../lib/images/decode.ts";
import { readProvenance } from "../lib/pipeline/provenance/read_provenance.ts";
import { scene } from "../lib/scene/begin_scene.ts";
import { cli, shell } from "./run_cli.ts";
import { makeProject } from "./published/user_project.ts";
import { withTempDir } from "./train/temp_dir.ts";

const root = fromFileUrl(new URL("../", import.meta.url));
const two = join(root, "examples/scenes/two.json");
const basketball = join(root, "examples/assets/basketball.png");

async function writeScene(folder: string, json: unknown): Promise<string> {
  const path = join(folder, "scene.json");
  await Deno.writeTextFile(path, JSON.stringify(json));
  await Deno.copyFile(basketball, join(folder, "basketball.png"));
  return path;
}

const good = {
  caption: "a basketball",
  instances: [{
    reference: "basketball.png",
    box: { percent: [10, 10, 60, 60] },
  }],
};

Deno.test("the command line lists its commands", async () => {
  const { code, out } = await shell("--help");
  assertEquals(code, 0);
  for (const name of ["demo", "generate", "preview", "train", "doctor"]) {
    assertMatch(out, new RegExp(`^  ${name} +\\S`, "m"));
  }
});

Deno.test("bad usage is one sentence and exit code 2", async () => {
  for (
    const [args, sentence] of [
      [["nope"], 'Unknown command "nope"'],
      [["genrate"], 'Unknown command "genrate", did you mean "generate"?'],
      [["preview"], "Argument SCENE.json is missing"],
      [["preview", "a.json", "--colour"], "Unknown option '--colour'"],
      [["preview", "a.json", "--model", "x"], "--model takes pocket or sd15"],
      [
        ["generate", "a.json", "--steps", "2.5"],
        "--steps takes a whole number from 1 to 1000",
      ],
      [["generate", "a.json", "--size", "big"], "--size takes WIDTHxHEIGHT"],
      [["demo", "--seed", "-1"], "--seed"],
      [["demo", "--backend", "gpu"], "--backend takes auto, "],
      [
        ["generate", "a.json", "--sampler", "dpm"],
        'Sampler "dpm" is not known, did you mean "dpm2"?',
      ],
      [
        ["generate", "a.json", "--num-inference-steps", "20"],
        "it is called --steps here",
      ],
      [["train", "a.json", "--resmue"], "did you mean --resume?"],
      [["eval", "run", "--scens", "pocket"], "did you mean --scenes?"],
      [["dataset", "build", "--cocco", "a"], "did you mean --coco?"],
    ] as const
  ) {
    const { code, out, err } = await cli(...args);
    assertEquals([code, out], [2, ""], args.join(" "));
    assertStringIncludes(err, sentence);
    assertEquals(err.split("\n").length, 1, err);
  }
});

Deno.test("what fails is one sentence with the file and exit code 1, and nothing is written", async () => {
  await withTempDir(async (folder) => {
    const out = join(folder, "out.png");
    const missing = await cli("generate", join(folder, "none.json"), "-o", out);
    assertEquals(missing.code, 1);
    assertMatch(missing.err, /^Scene ".*none.json" cannot be read/);
    const box = { percent: [50, 0, 130, 50] };
    const path = await writeScene(folder, {
      instances: [{ reference: "a.png", box }],
    });
    const wrong = await cli("generate", path, "-o", out);
    assertEquals(wrong.code, 1);
    assertMatch(
      wrong.err,
      /scene.json: Instance 1 \("a.png"\): box .* leaves the canvas by 30 %$/,
    );
    const gone = await cli(
      "preview",
      await writeScene(folder, {
        instances: [{ ...good.instances[0], reference: "gone.png" }],
      }),
      "-o",
      out,
    );
    assertEquals(gone.code, 1);
    assertMatch(
      gone.err,
      /^Instance 1 \(".*gone.png"\): reference: no such file$/,
    );
    assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name).sort(), [
      "basketball.png",
      "scene.json",
    ]);
  });
});

Deno.test("preview shows the mask and the controls that flags name", async () => {
  await withTempDir(async (folder) => {
    const out = join(folder, "sheet.png");
    const path = await writeScene(folder, good);
    const photo = join(folder, "photo.png");
    await sharp(join(folder, "basketball.png")).flatten().toFile(photo);
    const size = async (...flags: string[]) => {
      const { code, err } = await cli("preview", path, "-o", out, ...flags);
      assertEquals(code, 0);
      // a preview needs no network, and says where a run would miss one
      if (!flags.includes("--control")) assertEquals(err, "");
      else assertStringIncludes(err, 'Control 1 ("net") does not exist');
      const bytes = new DataView((await Deno.readFile(out)).buffer);
      return bytes.getUint32(16) * bytes.getUint32(20);
    };
    const plain = await size();
    const painted = await size("--inpaint", photo, "--instance", "0");
    const controlled = await size("--control", `net=${photo},edges=canny`);
    assert(painted > plain && controlled > plain);
    const both = await cli(
      "preview",
      path,
      "--init",
      photo,
      "--inpaint",
      photo,
    );
    assertStringIncludes(
      both.err,
      "--init and --inpaint both begin on a picture",
    );
  });
});

Deno.test("preview draws a sheet and says what it found as JSON", async () => {
  await withTempDir(async (folder) => {
    const out = join(folder, "sheet.webp");
    const path = await writeScene(folder, good);
    const { code, out: text, err } = await cli(
      "preview",
      path,
      "-o",
      out,
      "--json",
    );
    assertEquals([code, err], [0, ""]);
    const { output, warnings, sizes } = JSON.parse(text);
    assertEquals([output, warnings], [out, []]);
    assert(sizes.length >= 2);
    assert((await decodeImage(out)).width > 600);
  });
});

Deno.test("generate writes pictures that follow each other in seed, and makes one again from its file", async () => {
  await withTempDir(async (folder) => {
    const out = join(folder, "out.png");
    const path = await writeScene(folder, good);
    const run = await cli(
      "generate",
      path,
      "-o",
      out,
      "--steps",
      "2",
      "--n",
      "2",
      "--seed",
      "5",
      "--json",
    );
    assertEquals([run.code, run.err], [0, ""]);
    const made = JSON.parse(run.out);
    assertEquals(made.map(({ seed }: { seed: number }) => seed), [5, 6]);
    const first = join(folder, "out-1.png");
    assertEquals(
      (await scene.fromImage(first)).instances[0]!.reference,
      join(folder, "basketball.png"),
    );
    const again = join(folder, "again.png");
    assertEquals((await cli("generate", first, "-o", again)).code, 0);
    assertEquals(
      (await decodeImage(again)).data,
      (await decodeImage(first)).data,
    );
  });
});

Deno.test("the demo writes picture and sheet and says how long each part took", async () => {
  await withTempDir(async (folder) => {
    const { code, out } = await cli(
      "demo",
      "-o",
      join(folder, "new"),
      "--steps",
      "2",
      "--json",
    );
    assertEquals(code, 0);
    const { files, seconds, backend } = JSON.parse(out);
    assertEquals(typeof backend, "string");
    assert(Object.keys(seconds).length >= 7);
    const [picture, sheet] = await Promise.all(
      files.map((file: string) => decodeImage(file)),
    );
    assert(Math.min(picture.width, picture.height) >= 256);
    assert(sheet.width > 4 * picture.width);
    assert(sheet.height > 2 * picture.height);
    const { scene } = await readProvenance(files[0]);
    assertEquals(scene.instances.map(({ reference }) => reference), [
      "examples/assets/padlock.webp",
      "examples/assets/hamburger.webp",
      "examples/assets/vase.webp",
    ]);
  });
});

Deno.test("a scene reads files below its folder and the current one, others only where allowed", async () => {
  await withTempDir(async (folder) => {
    const out = join(folder, "sheet.png");
    const inner = join(folder, "in");
    await Deno.mkdir(inner);
    await writeScene(folder, good);
    const reference = join("..", "basketball.png");
    const path = join(inner, "scene.json");
    await Deno.writeTextFile(
      path,
      JSON.stringify({ instances: [{ ...good.instances[0], reference }] }),
    );
    const refused = await cli("preview", path, "-o", out);
    assertEquals(refused.code, 1);
    assertMatch(
      refused.err,
      /^Instance 1 .* reference lies outside .* \(--root on the command line\)$/,
    );
    for (const more of [["--root", folder], ["--allow-outside"]]) {
      assertEquals((await cli("preview", path, "-o", out, ...more)).code, 0);
    }
  });
});

Deno.test("generate says how much a picture holds of how it was made", async () => {
  await withTempDir(async (folder) => {
    const out = join(folder, "out.png");
    const path = await writeScene(folder, good);
    const run = async (level: string) => {
      const args = ["generate", path, "-o", out, "--steps", "1"];
      return await cli(...args, "--provenance", level);
    };
    assertEquals((await run("full")).code, 0);
    const { scene } = await readProvenance(out);
    assertEquals(
      scene.instances[0]!.reference,
      join(folder, "basketball.png"),
    );
    assertEquals((await run("none")).code, 0);
    const none = await cli("preview", out, "-o", join(folder, "sheet.png"));
    assertMatch(none.err, /out.png" does not say how it was made/);
    const wrong = await run("all");
    assertEquals(wrong.code, 2);
    assertMatch(wrong.err, /takes full, portable or none, got "all"$/);
  });
});

Deno.test("a random seed is printed, and makes the picture again", async () => {
  await withTempDir(async (folder) => {
    const path = await writeScene(folder, good);
    const out = join(folder, "out.png");
    const run = ["generate", path, "-o", out, "--steps", "1", "--seed"];
    const { code, out: text, err } = await cli(...run, "random");
    assertEquals([code, text], [0, out]);
    const [, seed] = /^Seed (\d+): /m.exec(err)!;
    const { data } = await decodeImage(out);
    assertEquals((await cli(...run, seed!)).code, 0);
    assertEquals((await decodeImage(out)).data, data);
  });
});

Deno.test("every command that writes says in one sentence that it cannot, before it works", async () => {
  await withTempDir(async (folder) => {
    const plain = join(folder, "plain");
    await Deno.writeTextFile(plain, "");
    const data = join(root, "tests", "data", "coco");
    const config = join(folder, "config.json");
    const paper = join(root, "train", "configs", "locref-sd15.json");
    const settings = JSON.parse(await Deno.readTextFile(paper));
    await Deno.writeTextFile(
      config,
      JSON.stringify({ ...settings, out: plain }),
    );
    const commands = [
      ["generate", two, "-o", join(plain, "x.png")],
      ["preview", two, "-o", join(plain, "x.png")],
      ["demo", "-o", plain],
      ["export", "-o", plain],
      ["adapter", "convert", "nobody/nothing/x.safetensors", "-o", folder],
      ["eval", "run", "--scenes=pocket", "-o", plain],
      ["eval", "export", "--format=gligen", "--scenes=pocket", "-o", plain],
      [
        ...["dataset", "build", "--coco", join(data, "instances.json")],
        ...["--images", join(data, "images"), "-o", plain],
      ],
      ["train", config],
      ["train", "--plot", join(plain, "x.svg"), folder],
      ["pocket", "--sheet", join(plain, "x.png")],
      ["ablation", "--out", plain],
    ];
    for (const args of commands) {
      const { code, err } = await cli(...args);
      assertEquals(code, 1, `${args.join(" ")}: ${err}`);
      assert(
        /^(File|Folder) ".+" cannot be written: .+$/.test(err),
        `${args.join(" ")}: ${err}`,
      );
    }
    assertEquals([...Deno.readDirSync(folder)].length, 2);
  });
});

Deno.test("what is repeated of a command line is bounded", async () => {
  const long = "a".repeat(100_000);
  for (const args of [[long], ["preview", long], ["preview", "a", long]]) {
    const { code, err } = await cli(...args);
    assert(code !== 0 && err.length <= 4000, `${args[0]}: ${err.length}`);
  }
});

Deno.test("a checkout's command line runs from any folder", async () => {
  await using project = await makeProject({});
  const demo = ["demo", "--steps", "2", "-o", "out"];
  await project.succeed("run", "-A", join(root, "cli.ts"), ...demo);
  await Deno.stat(join(project.folder, "out/demo.png"));
});

Deno.test("the example scene runs from any folder, whose pictures come with the package", async () => {
  await withTempDir(async (folder) => {
    const two = join(root, "examples/scenes/two.json");
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", join(root, "cli.ts"), "preview", two, "-o", "p.png"],
      cwd: folder,
    }).output();
    assertEquals([code, new TextDecoder().decode(stderr)], [0, ""]);
  });
});

Deno.test("a scene file may begin with a byte order mark", async () => {
  await withTempDir(async (folder) => {
    const path = join(folder, "bom.json");
    await Deno.writeTextFile(path, '\ufeff{ "caption": "a star" }');
    const out = join(folder, "out.png");
    assertEquals((await cli("preview", path, "-o", out)).code, 0);
  });
});

Deno.test("names that belong to nothing are one sentence at once, whatever they were to name", async () => {
  await withTempDir(async (folder) => {
    const path = await writeScene(folder, good);
    const file = join(folder, "scene.json");
    const out = join(folder, "o.png");
    const run = (...args: string[]) => ["generate", path, "-o", out, ...args];
    for (
      const [args, sentence] of [
        [
          run("--adapter", "runs/mine/adapter.safetensors"),
          'There is no file or folder "runs/mine/adapter.safetensors": names below',
        ],
        [run("--model", "runs/mine"), 'There is no folder "runs/mine"'],
        [run("--adapter", "nope"), 'Adapter "nope" does not exist'],
        [run("--image-encoder", "nope"), 'Image encoder "nope" does not exist'],
        [run("--base", folder), "holds no model: model_index.json, unet"],
        [
          run("--base", file),
          "not weights; take the safetensors file that belongs",
        ],
        [["doctor", "runs/mine"], 'There is no file or folder "runs/mine"'],
        [
          ["ablation", "--rulers", folder, "--scenes", "1"],
          "holds no rulers",
        ],
        [["ablation", "--out", file], "cannot be written: it is a file"],
        [["pocket", "--sheet", "x.gif"], "its name must end in .png"],
        [
          [
            "eval",
            "run",
            "--scenes",
            "pocket",
            "-o",
            out,
            "--detector",
            folder,
          ],
          "is a folder, where an ONNX file was expected",
        ],
      ] as const
    ) {
      const { code, err } = await cli(...args);
      assertEquals([code, err.split("\n").length], [1, 1], args.join(" "));
      assertStringIncludes(err, sentence);
    }
  });
});
