import { checkOptions } from "../../core/check_options.ts";
import { oneOf, whole } from "../../core/kinds.ts";
import { quote } from "../../core/quote.ts";
import { formatOfPath, type ImageFormat } from "../../images/encode.ts";
import type { SaveOptions } from "./save_options.ts";

/**
 * Checks how a picture is encoded, and that format, file name and the other options fit together.
 *
 * @param path File that the picture is written to; absent where it becomes bytes.
 * @returns the format that is written.
 * @throws {TypeError | RangeError} naming the option, its value and what is allowed.
 */
export function checkSaveOptions(
  options: SaveOptions,
  of: "encode" | "save",
  path?: string,
): ImageFormat {
  checkOptions<SaveOptions>(options, {
    of,
    fields: {
      format: oneOf(["png", "webp", "jpeg"]),
      quality: whole({ min: 1, max: 100 }),
      scale: whole({ min: 1, max: 16 }),
      enlarge: oneOf(["lanczos", "nearest"]),
      provenance: oneOf(["full", "portable", "none"]),
    },
    elsewhere: {
      ...{ type: "format", mime: "format", extension: "format" },
      ...{ size: "scale", zoom: "scale", upscale: "scale", kernel: "enlarge" },
    },
  });
  const format = formatOf(options, path);
  if (format === "png" && options.quality !== undefined) {
    throw new RangeError(
      `Option quality is ${options.quality}: it is for webp and jpeg, a PNG file loses nothing`,
    );
  }
  if (options.enlarge !== undefined && options.scale === undefined) {
    throw new RangeError(
      `Option enlarge is ${
        quote(options.enlarge)
      }: it goes with scale, which is missing`,
    );
  }
  if (format !== "png" && options.provenance === "full") {
    throw new RangeError(
      `Option provenance is "full": only a PNG file holds it, and this one is ${format}`,
    );
  }
  return format;
}

/** The format by option or file name, which must not contradict each other. */
function formatOf(
  { format }: SaveOptions,
  path: string | undefined,
): ImageFormat {
  if (path === undefined) return format ?? "png";
  if (format === undefined) return formatOfPath(path);
  const named = knownFormat(path);
  if (named === undefined || named === format) return format;
  throw new RangeError(
    `Option format is ${quote(format)}, but the name ${
      quote(path)
    } is one of a ${named} file`,
  );
}

function knownFormat(path: string): ImageFormat | undefined {
  try {
    return formatOfPath(path);
  } catch {
    return undefined;
  }
}
