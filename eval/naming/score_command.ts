import { join } from "node:path";
import { defineCommand } from "../../lib/core/command/command.ts";
import {
  argument,
  needed,
  repeated,
  text,
  toggle,
} from "../../lib/core/command/option.ts";
import { LocRefError } from "../../lib/core/error.ts";
import { checkOutputFolder } from "../../lib/core/files/check_output.ts";
import { portableName } from "../../lib/core/files/portable_name.ts";
import { readBytes } from "../../lib/core/files/read_bytes.ts";
import { readJson } from "../../lib/core/files/read_json.ts";
import { writeFileAtomically } from "../../lib/core/files/write_file.ts";
import { quotePath } from "../../lib/core/machine/system_error.ts";
import { parseReplies } from "./replies.ts";
import { countReplies } from "./count_replies.ts";
import { countsTable, type ReaderCounts } from "./counts_table.ts";
import { parseJudged } from "./judged.ts";
import type { KeyReference, KeyScene, NamingKey } from "./naming_key.ts";

/** `deno task eval naming score`. */
export const command = defineCommand({
  about:
    `Counts the replies of people who named the objects of sheets that \`deno task eval naming draw\`
    wrote, and writes counts.json beside the sheets. Free names count by themselves where their words
    are those of the name, or some of them with its main noun. All others are listed; those that
    somebody finds right go into the file of --judged.`,
  options: {
    sheets: needed(argument("DIR", "folder of the sheets")),
    answers: needed(repeated(text("FILE", "replies of one reader"))),
    judged: text("FILE", "pairs that count as right, guess = name, one a line"),
    json: toggle("print the counts as JSON"),
  },
  async main({ sheets, answers: files, judged, json }) {
    const key = await readKey(join(sheets, "key.json"));
    await checkOutputFolder(sheets);
    const judge = parseJudged(
      judged === undefined ? "" : await readText(judged),
      portableName(judged ?? ""),
    );
    const readers: ReaderCounts[] = [];
    for (const file of files) {
      const name = portableName(file);
      const replies = parseReplies(await readText(file), { key, name });
      readers.push({ replies: name, ...countReplies(key, replies, judge) });
    }
    const counts = { run: key.run, readers };
    await writeFileAtomically(
      join(sheets, "counts.json"),
      `${JSON.stringify(counts, null, 1)}\n`,
    );
    console.log(json ? JSON.stringify(counts) : countsTable(readers));
    return 0;
  },
});

async function readKey(path: string): Promise<NamingKey> {
  const key = await readJson<Partial<NamingKey>>(path);
  const scenes: readonly Partial<KeyScene>[] = listOf(key?.scenes);
  const references: readonly Partial<KeyReference>[] = listOf(key?.references);
  const isWhole = scenes.length > 0 && references.length > 0 &&
    scenes.every((one) => Array.isArray(one?.objects)) &&
    references.every((one) => typeof one?.object === "string");
  if (isWhole) return key as NamingKey;
  throw new LocRefError(
    "file-invalid",
    `File ${
      quotePath(path)
    } is no key of sheets: it must hold scenes and references`,
  );
}

function listOf<T>(value: readonly T[] | undefined): readonly T[] {
  return Array.isArray(value) ? value : [];
}

async function readText(path: string): Promise<string> {
  return new TextDecoder().decode(await readBytes(path));
}
