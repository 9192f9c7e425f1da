import { assertEquals, assertThrows } from "@std/assert";
import { parseArgs } from "../../../../lib/core/command/parse_args.ts";
import { UsageError } from "../../../../lib/core/command/usage.ts";

const options = {
  output: { type: "string", short: "o" },
  seed: { type: "string" },
  steps: { type: "string" },
  guidance: { type: "string" },
  sampler: { type: "string" },
  backend: { type: "string" },
  size: { type: "string" },
  n: { type: "string" },
  json: { type: "boolean" },
  pictures: { type: "string", multiple: true },
} as const;

function sentence(...args: string[]): string {
  return assertThrows(
    () => parseArgs({ args, allowPositionals: true, options }),
    UsageError,
  ).message;
}

Deno.test("flags that exist are parsed as node parses them", () => {
  const { values, positionals } = parseArgs({
    args: [
      "a.json",
      "-o",
      "b.png",
      "--seed=-1",
      "--json",
      "--pictures",
      "a",
      "--pictures",
      "b",
    ],
    allowPositionals: true,
    options,
  });
  assertEquals(positionals, ["a.json"]);
  assertEquals({ ...values }, {
    output: "b.png",
    seed: "-1",
    json: true,
    pictures: ["a", "b"],
  });
});

Deno.test("an unknown flag is refused with the one that was meant", () => {
  const rows: [string[], string][] = [
    [["--sead", "3"], "Unknown option '--sead', did you mean --seed?"],
    [
      ["--denoise", "0.5"],
      "Unknown option '--denoise': it is called --strength here, beside --init or --inpaint",
    ],
    [
      ["--refiner", "x"],
      "Unknown option '--refiner': a refiner is not run, and a picture is whole without one",
    ],
    [
      ["--strength-clip", "1"],
      "Unknown option '--strength-clip': it stands behind the file, --lora FILE:SCALE:TEXTSCALE",
    ],
    [
      ["--picture", "x"],
      "Unknown option '--picture', did you mean --pictures?",
    ],
    [["--sead=3"], "Unknown option '--sead', did you mean --seed?"],
    [["--stpes", "3"], "Unknown option '--stpes', did you mean --steps?"],
    [["-seed", "3"], "Unknown option '-seed', did you mean --seed?"],
    [
      ["--num-inference-steps", "3"],
      "Unknown option '--num-inference-steps', it is called --steps here",
    ],
    [
      ["--num_inference_steps", "3"],
      "Unknown option '--num_inference_steps', it is called --steps here",
    ],
    [
      ["--guidance_scale", "3"],
      "Unknown option '--guidance_scale', it is called --guidance here",
    ],
    [["--width", "64"], "Unknown option '--width', it is called --size here"],
    [
      ["--prompt", "a cat"],
      "Unknown option '--prompt': the caption is \"caption\" in the scene's file",
    ],
    [
      ["--negative_prompt", "a"],
      "Unknown option '--negative_prompt': it is \"negative\" in the scene's file",
    ],
    [
      ["--quxquxqux"],
      "Unknown option '--quxquxqux', known are --output, --seed, --steps, --guidance, --sampler, --backend, --size, --n, --json, --pictures",
    ],
  ];
  for (const [args, message] of rows) assertEquals(sentence(...args), message);
});

Deno.test("a flag without its value, or with one too many, is refused", () => {
  const rows: [string[], string][] = [
    [["--seed"], "Option --seed needs a value, got nothing"],
    [
      ["--seed", "-x"],
      'Option --seed needs a value, got "-x": a value that begins with a hyphen is written --seed=VALUE',
    ],
    [["-o"], "Option --output needs a value, got nothing"],
    [["--json=yes"], 'Option --json takes no value, got "yes"'],
  ];
  for (const [args, message] of rows) assertEquals(sentence(...args), message);
});

Deno.test("a number below 0 behind a flag is its value", () => {
  const args = ["--seed", "-1", "--guidance", "-.5", "-o", "a.png", "--", "-2"];
  const { values, positionals } = parseArgs({
    ...{ args, allowPositionals: true, options },
  });
  assertEquals({ ...values }, { seed: "-1", guidance: "-.5", output: "a.png" });
  assertEquals(positionals, ["-2"]);
  assertEquals(
    sentence("--json", "-1"),
    "Unknown option '-1', known are --output, --seed, --steps, --guidance, --sampler, --backend, --size, --n, --json, --pictures",
  );
});

Deno.test("flags of ComfyUI's and A1111's users say what stands for them", () => {
  const cases: [string, string][] = [
    ["scheduler", "it is called --sampler here; a spacing of noise stands"],
    ["sigmas", "a spacing of noise stands behind the sampler, as in --sampler"],
    ["timesteps", "as in --sampler euler:timesteps=999/500"],
    ["sampler_name", "it is called --sampler here"],
    ["lora-scale", "--lora FILE:SCALE:TEXTSCALE"],
    ["clip-vision", "it is called --image-encoder here"],
    [
      "hires-fix",
      "a picture is made larger by a second run on it, with --init",
    ],
    [
      "enable_hr",
      "a picture is made larger by a second run on it, with --init",
    ],
    ["textual-inversion", "textual inversions are not read"],
    ["hypernetwork", "hypernetworks are not read: give a LoRA"],
    ["controlnet", "it is written --control NETWORK=PICTURE:SCALE"],
    ["restore-faces", "faces are not restored afterwards"],
  ];
  for (const [flag, text] of cases) {
    const message = sentence(`--${flag}`, "x");
    assertEquals(message.includes(text), true, message);
  }
});
