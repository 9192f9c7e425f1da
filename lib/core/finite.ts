import { commandLine } from "./command/command_line.ts";
import { LocRefError } from "./error.ts";
import type { Tensor } from "./tensor.ts";

/**
 * Refuses a result that holds NaN or infinity, which no later stage can repair and which would be
 * saved as a black picture.
 *
 * @param stage Name of what computed it, such as `text encoder`.
 * @param files File or folder of its weights.
 * @throws {LocRefError} `not-finite`, naming the stage and what to do.
 */
export function checkFinite(
  { data }: Pick<Tensor, "data">,
  { stage, files }: { stage: string; files: string },
): void {
  // The product of a finite number and 0 is 0; sums of anything else are not finite.
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum += data[i]! * 0;
  if (sum === 0) return;
  const count = Array.from(data).filter((one) => !Number.isFinite(one)).length;
  const doctor = commandLine(`doctor ${JSON.stringify(files)}`);
  throw new LocRefError(
    "not-finite",
    `The result of the ${stage} is not finite (${count} of ${data.length} values are NaN or infinity): \`${doctor}\` finds broken weights; otherwise a guidance scale or a strength is too large`,
  );
}
