import { checkOptions, checkValue } from "../core/check_options.ts";
import { flag, text } from "../core/kinds.ts";
import type { DiagnoseOptions } from "../doctor/diagnose.ts";

/** Options of `LocRef.diagnose`. */
type PublicDiagnoseOptions = Pick<
  DiagnoseOptions,
  "base" | "variant" | "values"
>;

/**
 * Checks what is to be diagnosed.
 *
 * @throws {TypeError | RangeError} naming the option, its value and what is allowed.
 */
export function checkDiagnose(
  target: unknown,
  options: PublicDiagnoseOptions,
): void {
  checkValue(target, text("a file, a folder or a name on the hub"), {
    name: "What LocRef.diagnose reads",
  });
  checkOptions<PublicDiagnoseOptions>(options, {
    of: "LocRef.diagnose",
    fields: {
      base: text("a folder's path or a hub id"),
      variant: text('a variant\'s name, such as "fp16"'),
      values: flag,
    },
  });
}
