import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  argument,
  choice,
  needed,
  number,
  option,
  repeated,
  size,
  text,
  toggle,
  whole,
} from "../../../../lib/core/command/option.ts";
import { readOptions } from "../../../../lib/core/command/read_options.ts";
import { UsageError } from "../../../../lib/core/command/usage.ts";

const table = {
  scene: needed(argument("SCENE", "a scene")),
  output: needed(text("FILE", "a file", { short: "o" })),
  imageEncoder: text("FOLDER", "a folder"),
  steps: whole("steps", { min: 1, max: 1000, default: 20 }),
  guidance: number("guidance", { min: 0 }),
  dtype: choice(["F16", "F32", "BF16"], "type", { default: "F16" }),
  size: size("size"),
  tag: repeated(text("TAG", "a tag")),
  count: whole("pictures", { min: 1, former: "n" }),
  json: toggle("as JSON"),
};

const least = ["a.json", "-o", "b.png"];

function refusal(...args: string[]): string {
  return assertThrows(() => readOptions(table, args), UsageError).message;
}

Deno.test("values that are not given are the table's defaults", () => {
  assertEquals(readOptions(table, least), {
    ...{ scene: "a.json", output: "b.png", imageEncoder: undefined },
    ...{ steps: 20, guidance: undefined, dtype: "F16", size: undefined },
    ...{ tag: undefined, count: undefined, json: false },
  });
});

Deno.test("values have the types of the table", () => {
  const values = readOptions(table, [
    ...[...least, "--image-encoder", "e", "--steps=7", "--guidance", "2.5"],
    ...["--dtype", "BF16", "--size", "640x480", "--json"],
    ...["--tag", "x", "--tag=y", "--n", "3"],
  ]);
  // the compiler checks these types too
  const steps: number = values.steps;
  const dtype: "F16" | "F32" | "BF16" = values.dtype;
  const guidance: number | undefined = values.guidance;
  const tags: readonly string[] | undefined = values.tag;
  assertEquals([steps, dtype, guidance, tags, values.json], [
    ...[7, "BF16", 2.5, ["x", "y"], true],
  ]);
  assertEquals(values.size, { width: 640, height: 480 });
  assertEquals([values.imageEncoder, values.count], ["e", 3]);
});

Deno.test("a wrong command line is refused in one sentence", () => {
  const rows: [string[], string][] = [
    [["-o", "b"], "Argument SCENE is missing"],
    [["a"], "Option --output FILE is missing"],
    [[...least, "c"], 'Unexpected argument "c", the command takes SCENE'],
    [
      [...least, "--steps", "0"],
      'Option --steps takes a whole number from 1 to 1000, got "0"',
    ],
    [
      [...least, "--steps", ""],
      'Option --steps takes a whole number from 1 to 1000, got ""',
    ],
    [
      [...least, "--guidance", "Infinity"],
      'Option --guidance takes a number of at least 0, got "Infinity"',
    ],
    [
      [...least, "--dtype", "BF61"],
      'Option --dtype takes F16, F32 or BF16, got "BF61", did you mean BF16?',
    ],
    [
      [...least, "--size", "0x64"],
      'Option --size takes WIDTHxHEIGHT, whole numbers of pixels from 1 to 16384, got "0x64"',
    ],
    [
      [...least, "--size", "99999x64"],
      'Option --size takes WIDTHxHEIGHT, whole numbers of pixels from 1 to 16384, got "99999x64"',
    ],
    [
      [...least, "--imageEncoder", "e"],
      "Unknown option '--imageEncoder', did you mean --image-encoder?",
    ],
    [
      [...least, "--n", "0"],
      'Option --n takes a whole number of at least 1, got "0"',
    ],
    [
      [...least, "--n", "2", "--count", "2"],
      "Options --n and --count are the same",
    ],
    [[...least, "--json=no"], 'Option --json takes no value, got "no"'],
  ];
  for (const [args, message] of rows) assertEquals(refusal(...args), message);
});

Deno.test("whole numbers of the range are read, and no other text", () => {
  const own = { steps: whole("steps", { min: 1, max: 1000 }) };
  fc.assert(fc.property(fc.oneof(fc.integer(), fc.double()), (value) => {
    const fits = Number.isInteger(value) && value >= 1 && value <= 1000;
    const read = () => readOptions(own, [`--steps=${value}`]);
    if (fits) assertEquals(read(), { steps: value });
    else assertThrows(read, UsageError);
  }));
});

Deno.test("any text that is no option arrives as it was typed", () => {
  const own = { file: needed(argument("FILE", "")), name: text("NAME", "") };
  const typed = fc.string({ minLength: 1 });
  fc.assert(fc.property(typed, typed, (file, name) => {
    const read = readOptions(own, [`--name=${name}`, "--", file]);
    assertEquals(read, { file, name });
  }));
});

Deno.test("an argument that may be repeated takes what others leave", () => {
  const own = {
    format: needed(argument("FORMAT", "")),
    files: repeated(argument("FILE", "")),
  };
  assertEquals(readOptions(own, ["a"]), { format: "a", files: undefined });
  assertEquals(readOptions(own, ["a", "b", "c"]), {
    format: "a",
    files: ["b", "c"],
  });
});

Deno.test("an option can have a kind of its own", () => {
  const must = "two letters";
  const parse = (given: string) => given.length === 2 ? [...given] : undefined;
  const own = { pair: option({ must, parse }, "a pair", { value: "AB" }) };
  assertEquals(readOptions(own, ["--pair", "xy"]), { pair: ["x", "y"] });
  assertEquals(
    assertThrows(() => readOptions(own, ["--pair", "xyz"]), UsageError).message,
    'Option --pair takes two letters, got "xyz"',
  );
});

Deno.test("an empty value is refused, but where any text is allowed", () => {
  assertEquals(
    refusal(...least, "--image-encoder", ""),
    'Option --image-encoder takes a path, got ""',
  );
  assertEquals(
    refusal("", "-o", "b.png"),
    'SCENE takes a text that is not empty, got ""',
  );
  const free = { caption: text("TEXT", "a caption") };
  assertEquals(readOptions(free, ["--caption="]).caption, "");
});
