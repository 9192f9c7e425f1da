import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  LocRef,
  type SamplerChoice,
  type SamplerKind,
  samplers,
  scene,
} from "../../../mod.ts";
import { UsageError } from "../../../lib/core/command/usage.ts";
import { schemaOf } from "../../../lib/ddim/sampler.ts";
import { chooseSampler } from "../../../lib/ddim/samplers.ts";
import { euler } from "../../../lib/ddim/samplers/euler.ts";
import {
  samplerOption,
  samplerText,
} from "../../../lib/pipeline/options/sampler_option.ts";

const seen: unknown[] = [];

const mine: SamplerKind<
  "mine",
  { strength?: number; form?: string; warm?: boolean; levels?: number[] }
> = {
  name: "mine",
  summary: "a sampler of a test",
  takes: ["timesteps"],
  options: {
    strength: { summary: "strength of it", range: [0, 2] },
    form: { summary: "form of it", oneOf: ["round", "square"] },
    warm: { summary: "whether it is warm", flag: true },
    levels: { summary: "levels by hand", list: true },
  },
  defaults: { strength: 0.5 },
  steps: 2,
  plan(schedule, { strength, form, warm, levels, ...options }) {
    seen.push({ strength, form, warm, levels });
    return euler.plan(schedule, options);
  },
};
samplers.add(mine);

const read = (given: string) => samplerOption.read([given], "Option --sampler");

Deno.test("a picture is made by an added sampler with an option of its own, and replays with it", async () => {
  await using model = await LocRef.load("pocket", { backend: "onnx" });
  const sampler: SamplerChoice = { name: "mine", strength: 1 };
  seen.length = 0;
  const picture = await scene(64, 64).caption("a star")
    .generate({ model, steps: 2, sampler });
  assertEquals(seen.at(-1), {
    ...{ strength: 1, form: undefined, warm: undefined, levels: undefined },
  });
  assertEquals(picture.provenance.sampler, sampler);
});

Deno.test("the command line reads an added sampler's options by their kinds", () => {
  const text = "mine:strength=1,form=square,warm=true,levels=3/1";
  const choice = read(text)!;
  assertEquals<unknown>(choice, {
    ...{ name: "mine", strength: 1, form: "square", warm: true },
    levels: [3, 1],
  });
  assertEquals(
    samplerText({ ...choice as object, name: "mine" }),
    text.replace("mine:", "mine:"),
  );
  assert(samplerOption.choices!.includes("mine"));
});

for (
  const [given, message] of [
    [
      "mine:strenght=1",
      'Option "strenght" of sampler "mine" is not known, did you mean "strength"?',
    ],
    ["mine:strength=3", "it must be a number from 0 to 2"],
    ["mine:strength=much", "it must be a number from 0 to 2"],
    ["mine:strength=", "it must be a number from 0 to 2"],
    ["mine:form=rund", 'is "rund": it must be round, square'],
    ["mine:warm=yes", 'must be true or false, got "yes"'],
    ["mine:eta=1", 'Sampler "mine" has no option "eta": ddim'],
    ["ddim:strength=1", 'Sampler "ddim" has no option "strength": mine has it'],
    ["mine:strength", 'takes NAME:OPTION=VALUE, got "strength"'],
    [
      "mine:levels=999,500",
      'takes a list with slashes, as in timesteps=999/500, got "500" behind a comma',
    ],
    ["mime:strength=1", 'Sampler "mime" is not known'],
  ] as const
) {
  Deno.test(`the command line refuses the sampler ${given}`, () => {
    assertThrows(() => read(given), UsageError, message);
  });
}

Deno.test("an option of the wrong kind is refused in code as on the command line", () => {
  for (const strength of ["1", NaN, true, null, []]) {
    assertThrows(
      () => chooseSampler({ name: "mine", strength } as never),
      Error,
      'Option "strength" of sampler "mine"',
    );
  }
});

Deno.test("the schema of a sampler has its shared options and its own", () => {
  assertEquals(Object.keys(schemaOf(mine)), [
    ...["timesteps", "strength", "form", "warm", "levels"],
  ]);
});

for (
  const options of [[], "x", { name: { summary: "x" } }, { x: 1 }, {
    steps: { summary: "x" },
  }]
) {
  Deno.test(`a sampler with the options ${JSON.stringify(options)} is refused`, () => {
    assertThrows(
      () =>
        samplers.add(
          { ...euler, name: "other", aliases: {}, options } as never,
        ),
      TypeError,
      "Option options of samplers.add must be a table of options",
    );
  });
}
