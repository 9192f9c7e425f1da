import { assert, assertEquals } from "@std/assert";
import { commands } from "../../../../cli/commands.ts";
import {
  type Command,
  defineCommand,
  type Group,
} from "../../../../lib/core/command/command.ts";
import { helpText } from "../../../../lib/core/command/help.ts";
import {
  argument,
  choice,
  flagOf,
  needed,
  repeated,
  text,
  toggle,
  whole,
} from "../../../../lib/core/command/option.ts";

/** Every command and group with the words that lead to it. */
async function all(
  of: Command | Group,
  path = "",
): Promise<[string, Command | Group][]> {
  const found: [string, Command | Group][] = [[path, of]];
  if (!("commands" in of)) return found;
  for (const [name, { load }] of Object.entries(of.commands)) {
    const { command } = await load();
    found.push(...await all(command, `${path} ${name}`.trim()));
  }
  return found;
}

Deno.test("help is made of a command's table", () => {
  const command = defineCommand({
    about: `Draws a scene
      as it is.`,
    options: {
      scene: needed(argument("SCENE.json", "a scene")),
      output: needed(text("FILE", "picture to write", { short: "o" })),
      steps: whole("number of steps", { min: 1, max: 50, default: 20 }),
      sampler: choice(["ddim", "euler"], "sampler", { otherwise: "ddim" }),
      root: repeated(text("DIR", "folder of files")),
      aVeryLongNameOfAnOption: text("VALUE", "an option"),
      noIs: toggle("leave them as they are"),
    },
    headings: { root: "Files" },
    notes: "Exits with 1 if it fails.",
    main: () => Promise.resolve(0),
  });
  assertEquals(
    helpText("draw", command),
    `Usage: deno task draw SCENE.json -o FILE [OPTION…]

Draws a scene as it is.

  SCENE.json         a scene
  -o, --output FILE  picture to write
  --steps N          number of steps (1 to 50) [20]
  --sampler NAME     sampler: ddim, euler [ddim]

Files:
  --root DIR         folder of files; may be repeated
  --a-very-long-name-of-an-option VALUE
                     an option
  --no-is            leave them as they are

Exits with 1 if it fails.`,
  );
});

Deno.test("the help of every command names all that it takes, in lines of 80", async () => {
  for (const [path, command] of await all(commands)) {
    const help = helpText(path, command);
    const lines = help.split("\n").filter((line) =>
      !/^(Usage:| {6}) deno task/.test(line)
    );
    for (const line of lines) assert(line.length <= 80, `${path}: ${line}`);
    const names = "commands" in command
      ? Object.keys(command.commands)
      : Object.entries(command.options).map(([name, { argument, value }]) =>
        argument ? value! : flagOf(name)
      );
    for (const name of names) {
      assert(
        new RegExp(`^  (-\\w, )?${RegExp.escape(name)}`, "m").test(help),
        `${path}: ${name}`,
      );
    }
  }
});

Deno.test("commands say what they are for in lower case, without a full stop", async () => {
  for (const [path, command] of await all(commands)) {
    const summaries = "commands" in command
      ? Object.values(command.commands).map(({ summary }) => summary)
      : Object.values(command.options).map(({ summary }) => summary);
    for (const summary of summaries) {
      assert(!summary.endsWith("."), `${path}: ${summary}`);
      assert(!/^[A-Z][a-z]+ [a-z]/.test(summary), `${path}: ${summary}`);
    }
  }
});

Deno.test("no command has two options of one name or letter", async () => {
  for (const [path, command] of await all(commands)) {
    if ("commands" in command) continue;
    const names = Object.entries(command.options)
      .flatMap((
        [name, { short, former }],
      ) => [flagOf(name).slice(2), former, short])
      .filter((name) => name !== undefined);
    assertEquals(new Set(names).size, names.length, path);
    assert(!names.includes("help") && !names.includes("h"), path);
  }
});
