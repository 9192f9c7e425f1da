import { counted } from "../lib/core/counted.ts";
import { diagnose } from "../lib/doctor/diagnose.ts";
import type { Diagnosis } from "../lib/doctor/diagnosis.ts";
import type { WeightReport } from "../lib/doctor/diagnose_weights.ts";
import { diagnosePublic } from "../lib/doctor/diagnose_public.ts";
import { UsageError } from "../lib/core/command/usage.ts";
import { formatBytes } from "../lib/weights/hub/disk_space.ts";
import { commandLine } from "../lib/core/command/command_line.ts";
import { defineCommand } from "../lib/core/command/command.ts";
import {
  argument,
  repeated,
  text,
  toggle,
} from "../lib/core/command/option.ts";

/** Tensors named of each kind without --all. */
const SHOWN = 8;

/** `deno task doctor`. */
export const command = defineCommand({
  about:
    `Says what a weight file, a model's folder or a repository is: parts of Stable Diffusion, CLIP,
    BLIP, IP-Adapter, LocRef, LoRA, ControlNet, or a single-file checkpoint. Names what is missing,
    extra, misshapen or not finite, its types and size, the base it fits and what to do next. A
    repository that is not in the cache is read by range requests: headers and settings alone.
    Pickles (.bin, .ckpt, .pt) are named and never opened: "deno task convert" takes their tensors
    out.`,
  options: {
    targets: repeated(argument(
      "FILE|FOLDER|REPO",
      "what to look at; REPO is org/repo, org/repo@revision, org/repo/path or org/repo@revision:path",
    )),
    hub: toggle(
      "look at every public file that the documentation names, by range requests, and say what differs",
    ),
    base: text("FOLDER", "model whose layers an adapter is compared with"),
    variant: text("NAME", "variant of the weights, such as fp16"),
    headers: toggle("read no values, so do not look for NaN and infinity"),
    all: toggle("name every tensor, not only the first of each kind"),
    json: toggle("print an array of one object each"),
  },
  notes: "Exits with 1 if anything cannot be used as it is.",
  async main({ targets = [], hub, base, variant, headers, all, json }) {
    if (targets.length === 0 && !hub) {
      throw new UsageError("Give a FILE, FOLDER or REPO, or --hub");
    }
    const found: Diagnosis[] = [];
    const add = (diagnosis: Diagnosis) => {
      found.push(diagnosis);
      if (!json) console.log(toText(diagnosis, all));
    };
    const options = { base, variant, values: !headers };
    for (const target of targets) add(await diagnose(target, options));
    if (hub) {
      for await (const diagnosis of diagnosePublic({ variant })) add(diagnosis);
    }
    if (json) console.log(JSON.stringify(found, plain, 1));
    return found.every((diagnosis) => diagnosis.ok) ? 0 : 1;
  },
});

/** Maps as objects, for JSON. */
function plain(_key: string, value: unknown): unknown {
  return value instanceof Map ? Object.fromEntries(value) : value;
}

function toText(diagnosis: Diagnosis, all: boolean): string {
  const { target, what, files, refused, problems, warnings, next, ok } =
    diagnosis;
  const { settings } = diagnosis;
  const lines = [`${target}: ${what}`];
  for (const file of files) lines.push(...fileLines(file, all));
  for (const path of refused) {
    lines.push(
      `  not opened: ${path} (Python pickle; "${
        commandLine("convert")
      }" takes its tensors out)`,
    );
  }
  if (settings !== undefined) lines.push(`  settings: ${settings}`);
  for (const problem of problems) lines.push(`  wrong: ${problem}`);
  for (const warning of warnings) lines.push(`  note: ${warning}`);
  lines.push(`  ${ok ? "fine" : "not usable as it is"}`, `  next: ${next}`);
  return lines.join("\n");
}

function fileLines(file: WeightReport, all: boolean): string[] {
  const types = Object.entries(file.dtypes).map(([dtype, count]) =>
    `${count} ${dtype}`
  );
  const lines = [
    `  ${file.file}`,
    `    ${file.what}${file.base ? `, fits ${file.base}` : ""}`,
    `    ${formatBytes(file.size)}, ${
      formatCount(file.parameters)
    } values in ${file.tensors} tensors (${types.join(", ")})`,
  ];
  for (const note of file.notes) lines.push(`    note: ${note}`);
  for (const problem of file.problems) lines.push(`    wrong: ${problem}`);
  const limit = all ? Infinity : SHOWN;
  const shape = (dims: readonly number[]) => `[${dims.join(", ")}]`;
  lines.push(
    ...tensorLines("missing", file.missing, shape, limit),
    ...tensorLines("extra", file.extra, shape, limit),
    ...tensorLines(
      "misshapen",
      file.misshapen,
      ({ found, expected }) =>
        `${shape(found)} where ${shape(expected)} was expected`,
      limit,
    ),
    ...tensorLines(
      "not finite",
      file.nonFinite ?? new Map<string, number>(),
      (count) => counted(count, "value"),
      limit,
    ),
  );
  return lines;
}

function tensorLines<V>(
  label: string,
  tensors: ReadonlyMap<string, V>,
  text: (value: V) => string,
  limit: number,
): string[] {
  const lines = [...tensors].slice(0, limit).map(([name, value]) =>
    `      ${label}: ${name} ${text(value)}`
  );
  const more = tensors.size - lines.length;
  return more > 0 ? [...lines, `      ${label}: and ${more} more`] : lines;
}

function formatCount(count: number): string {
  if (count < 10_000) return String(count);
  if (count < 10_000_000) return `${(count / 1e6).toFixed(2)} million`;
  return `${Math.round(count / 1e6)} million`;
}
