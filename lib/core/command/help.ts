import { taskLine, withCommandLines } from "./command_line.ts";
import type { Command, Described, Group } from "./command.ts";
import { flagOf, type Option, type Options } from "./option.ts";

/** Widest line of a help text. */
const widest = 80;

/** Widest name of an option that has its meaning beside it. */
const widestLabel = 24;

/** Help text of a command or a group, under the name it has here. */
export function helpText(path: string, of: Command | Group): string {
  const blocks = "commands" in of ? groupBlocks(path, of) : blocksOf(path, of);
  return blocks.filter((block) => block !== "").join("\n\n");
}

function groupBlocks(path: string, { about = "", commands }: Group): string[] {
  const rows = Object.entries(commands)
    .map(([name, { summary }]) => [name, summary] as const);
  const above = path === "" ? "" : `${path} `;
  return [
    withCommandLines(`Usage: ${taskLine(`${above}COMMAND`)} [OPTION…]`),
    paragraphs(about),
    columns(rows),
    withCommandLines(`${taskLine(`${above}COMMAND`)} --help says more.`),
  ];
}

function blocksOf(path: string, described: Described): string[] {
  const { about, options, headings = {}, notes = "" } = described;
  const rows = Object.entries(options)
    .map(([name, one]) => ({ name, row: [labelOf(name, one), meaning(one)] }));
  const width = columnWidth(rows.map(({ row }) => row[0]!));
  const lines = rows.flatMap(({ name, row }) => {
    const heading = headings[name];
    const text = columns([row as [string, string]], width);
    return heading === undefined ? [text] : ["", `${heading}:`, text];
  });
  return [
    usageLines(path, described)
      .map((line, i) => withCommandLines(`${i ? "      " : "Usage:"} ${line}`))
      .join("\n"),
    paragraphs(about),
    lines.join("\n").replace(/^\n/, ""),
    paragraphs(notes),
  ];
}

/** Forms of a command line, one a line. */
export function usageLines(
  path: string,
  { usage, options }: Described,
): string[] {
  return (usage ?? [formOf(options)])
    .map((form) => `${taskLine(path)} ${form}`.trim());
}

/** Usage line of a command: arguments, then required options. */
function formOf(options: Options): string {
  const entries = Object.entries(options);
  const places = entries.filter(([, { argument }]) => argument)
    .map(([, { value, needed, many }]) => {
      const word = many ? `${value}…` : value!;
      return needed ? word : `[${word}]`;
    });
  const named = entries.filter(([, one]) => !one.argument && one.needed)
    .map(([name, { short, value }]) =>
      `${short ? `-${short}` : flagOf(name)} ${value}`
    );
  const free = entries.some(([, one]) => !one.argument && !one.needed);
  return [...places, ...named, ...free ? ["[OPTION…]"] : []].join(" ");
}

/** How an option is typed: `-o, --output FILE`. */
export function labelOf(name: string, one: Option<unknown>): string {
  const { argument, short, value, many } = one;
  if (argument) return many ? `${value}…` : value!;
  const flag = short ? `-${short}, ${flagOf(name)}` : flagOf(name);
  return value === undefined ? flag : `${flag} ${value}`;
}

/** Meaning of an option with its default in brackets. */
function meaning(one: Option<unknown>): string {
  const without = defaultOf(one);
  return `${summaryOf(one)}${without === undefined ? "" : ` [${without}]`}`;
}

/** Meaning of an option with the values that it takes. */
export function summaryOf(one: Option<unknown>): string {
  const { summary, choices, range, many, argument } = one;
  const values = choices === undefined ? "" : `: ${choices.join(", ")}`;
  const within = range === undefined ? "" : ` (${range})`;
  const often = many && !argument ? "; may be repeated" : "";
  return `${summary}${values}${within}${often}`;
}

/** Words for the value of an option that is not given. */
export function defaultOf(
  { default: value, otherwise }: Option<unknown>,
): string | undefined {
  if (otherwise !== undefined) return otherwise;
  return value === undefined || value === false ? undefined : String(value);
}

function columnWidth(labels: readonly string[]): number {
  const fitting = labels.map(({ length }) => length)
    .filter((length) => length <= widestLabel);
  return Math.max(0, ...fitting) + 4;
}

/** Names beside what they mean, both within 80 columns. */
function columns(
  rows: readonly (readonly [string, string])[],
  width: number = columnWidth(rows.map(([label]) => label)),
): string {
  return rows.map(([label, text]) => {
    const lines = wrap(text, widest - width);
    const head = `  ${label}`;
    const own = head.length > width - 2;
    const first = own ? [head] : [];
    const rest = lines.map((line, i) =>
      (i === 0 && !own ? head : "").padEnd(width) + line
    );
    return [...first, ...rest].join("\n");
  }).join("\n");
}

/** Paragraphs, each within 80 columns. */
export function paragraphs(text: string, as = withCommandLines): string {
  return text.trim().split(/\n\s*\n/)
    .map((one) => wrap(as(one.replace(/\s+/g, " ").trim()), widest).join("\n"))
    .join("\n\n");
}

/** A text in lines of at most `width` characters, where its words and code allow. */
function wrap(text: string, width: number): string[] {
  const lines = [""];
  for (const word of text.match(/(`[^`]*`|\S)+/g) ?? []) {
    const last = lines.at(-1)!;
    const longer = last === "" ? word : `${last} ${word}`;
    if (longer.length > width && last !== "") lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  return lines;
}
