import { counted } from "../../lib/core/counted.ts";
import {
  type Count,
  type CountedReplies,
  countNames,
  type Counts,
} from "./count_replies.ts";

/** Counts of one reader. */
export interface ReaderCounts extends CountedReplies {
  /** Name of the file of replies. */
  readonly replies: string;
}

const titles: Readonly<Record<typeof countNames[number], string>> = {
  names: "free names",
  choices: "among four names",
  references: "references",
  patterns: "patterned grounds",
  plain: "plain grounds",
};

/** Counts as a table in Markdown; below it what is missing, and pairs that are to be judged. */
export function countsTable(readers: readonly ReaderCounts[]): string {
  return [
    `| | ${countNames.map((name) => titles[name]).join(" | ")} |`,
    `|---|${"--:|".repeat(countNames.length)}`,
    ...readers.flatMap(rowsOf),
    ...readers.flatMap(missingLines),
    ...openLines(readers),
  ].join("\n");
}

/** The row of a reader, and one of each size where there are several. */
function rowsOf({ replies, all, sizes }: ReaderCounts): string[] {
  const several = Object.keys(sizes).length > 1 ? Object.entries(sizes) : [];
  return [
    row(replies, all),
    ...several.map(([size, counts]) => row(`${replies}, ${size}`, counts)),
  ];
}

function row(name: string, counts: Counts): string {
  const cells = countNames.map((one) => cell(counts[one]));
  return `| ${[name.replaceAll("|", "\\|"), ...cells].join(" | ")} |`;
}

function cell({ right, of, judged }: Count): string {
  if (of === 0) return "–";
  return `${right} of ${of}${judged === 0 ? "" : ` (${judged} judged)`}`;
}

function missingLines({ replies, all }: ReaderCounts): string[] {
  return countNames.filter((name) => all[name].missing.length > 0).map(
    (name) => {
      const { missing } = all[name];
      return `${replies}: ${
        counted(missing.length, "reply", "replies")
      } missing, counted as wrong: ${titles[name]} ${missing.join(", ")}`;
    },
  );
}

/** Every pair once, as a file of judged pairs has it. */
function openLines(readers: readonly ReaderCounts[]): string[] {
  const pairs = readers.flatMap(({ toBeJudged }) =>
    toBeJudged.map(({ guess, name }) => `${guess} = ${name}`)
  );
  if (pairs.length === 0) return [];
  return [
    "",
    "To be judged, counted as wrong; put those that are right into a file for --judged:",
    ...new Set(pairs),
  ];
}
