/** The page of all commands, as Markdown. */

import type { Command, Group } from "../../lib/core/command/command.ts";
import {
  defaultOf,
  labelOf,
  paragraphs,
  summaryOf,
  usageLines,
} from "../../lib/core/command/help.ts";
import { markdownTable } from "./markdown_table.ts";

/** Sections of a group's commands, each with its options in a table. */
export async function commandSections(
  { commands }: Group,
  path = "",
): Promise<string[]> {
  const sections: string[] = [];
  for (const [name, { summary, load }] of Object.entries(commands)) {
    const { command } = await load();
    const below = `${path} ${name}`.trim();
    const heading = `## ${below}`;
    if ("commands" in command) {
      sections.push(...await commandSections(command, below));
    } else {
      const line = `${summary[0]!.toUpperCase()}${summary.slice(1)}.`;
      sections.push(
        [heading, paragraphs(line, asIs), ...blocks(below, command)]
          .join("\n\n"),
      );
    }
  }
  return sections;
}

function blocks(path: string, command: Command): string[] {
  const { about, notes, options, headings = {} } = command;
  const parts: string[][][] = [];
  const titles: (string | undefined)[] = [];
  for (const [name, one] of Object.entries(options)) {
    if (parts.length === 0 || headings[name] !== undefined) {
      parts.push([]);
      titles.push(headings[name]);
    }
    const without = defaultOf(one);
    parts.at(-1)!.push([
      `\`${labelOf(name, one)}\``,
      summaryOf(one),
      without ?? "",
    ]);
  }
  return [
    ["```sh", ...usageLines(path, command), "```"].join("\n"),
    paragraphs(about, asIs),
    ...parts.flatMap((rows, i) => [
      ...titles[i] === undefined ? [] : [`${titles[i]}:`],
      markdownTable(["option", "meaning", "default"], rows),
    ]),
    ...notes === undefined ? [] : [paragraphs(notes, asIs)],
  ];
}

function asIs(text: string): string {
  return text;
}
