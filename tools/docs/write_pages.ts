/** `deno task docs`: writes the pages of docs/ that are made of tables in the code. */

import { commands } from "../../cli/commands.ts";
import { paragraphs } from "../../lib/core/command/help.ts";
import { commandSections } from "./command_sections.ts";
import { markdownTable } from "./markdown_table.ts";
import { writeFileAtomically } from "../../lib/core/files/write_file.ts";
import {
  type SamplerOptionInfo,
  samplerOptions,
} from "../../lib/ddim/sampler_options.ts";
import { schemaOf } from "../../lib/ddim/sampler.ts";
import { samplers } from "../../lib/ddim/samplers.ts";

const note =
  "<!-- Made by `deno task docs`: change the code, not this page. -->";

/** The page of all commands. */
async function commandsPage(): Promise<string> {
  return [
    "# Commands",
    note,
    paragraphs(
      "`deno task NAME` runs a command in a checkout, and `deno run -A jsr:@locref/locref/cli NAME` runs it anywhere else. `--help` behind a command prints its part of this page. Exit codes: 0 done, 1 failed, 2 wrong usage.",
      (text) => text,
    ),
    ...await commandSections(commands),
  ].join("\n\n");
}

/** The page of all samplers. */
function samplersPage(): string {
  const rows = [...samplers].map((kind) => [
    `\`${kind.name}\``,
    kind.summary,
    Object.keys(schemaOf(kind)).map((name) => `\`${name}\``).join(", "),
    `${kind.steps}`,
    kind.scheduler === undefined ? "" : `\`${kind.scheduler.name}\``,
    Object.keys(kind.aliases ?? {}).map((name) => `\`${name}\``).join(", "),
  ]);
  const schemas = Object.assign({}, ...[...samplers].map(schemaOf));
  const options = Object.entries<SamplerOptionInfo>({
    ...samplerOptions,
    ...schemas,
  }).map(([name, one]) => [
    `\`${name}\``,
    one.summary,
    one.oneOf?.map((value) => `\`${value}\``).join(", ") ??
      one.range?.join(" to ") ??
      (one.flag
        ? "true or false"
        : one.list
        ? "a list, written 999/499 on the command line"
        : "a number"),
  ]);
  return [
    "# Samplers",
    note,
    '`sampler: "NAME"` or `sampler: { name: "NAME", OPTION: VALUE }` in code,\n`--sampler NAME` or `--sampler NAME:OPTION=VALUE,…` on the command line.',
    markdownTable(
      ["name", "method", "options", "steps", "diffusers", "other names"],
      rows,
    ),
    "Their options:",
    markdownTable(["option", "meaning", "values"], options),
  ].join("\n\n");
}

/** Every page that is made of tables in the code, by its path. */
export async function docsPages(): Promise<Readonly<Record<string, string>>> {
  return {
    "docs/commands.md": `${await commandsPage()}\n`,
    "docs/samplers.md": `${samplersPage()}\n`,
  };
}

if (import.meta.main) {
  for (const [path, text] of Object.entries(await docsPages())) {
    await writeFileAtomically(path, text);
  }
}
