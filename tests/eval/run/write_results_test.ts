import { assertStringIncludes } from "@std/assert";
import { ownColumns } from "../../../eval/run/columns.ts";
import { scoreColumn } from "../../../eval/run/results.ts";
import { textTable } from "../../../eval/run/write_results.ts";

Deno.test("a table of pictures that are no closed world has the paper's values", () => {
  const columns = ownColumns.map((column) => scoreColumn(column, [], []));
  const table = textTable(columns, "out");
  assertStringIncludes(table, "mAP, the paper's | CLIP-I, the paper's");
  assertStringIncludes(table, "0.683 | 0.828");
});
