import { LocRefError } from "../../core/error.ts";
import { readHead } from "../../images/decode.ts";
import { isPng, readPngText } from "../../images/png_text.ts";
import { readSource, sourceName } from "../../images/read_source.ts";
import { parseProvenance } from "./parse_provenance.ts";
import { type Provenance, provenanceKeyword } from "./provenance.ts";

/** Most bytes of a saved picture, which may hold its references. */
const mostBytes = 2 ** 28;

/**
 * The provenance in a PNG file that this package wrote.
 *
 * @param png a path or the file's bytes.
 * @throws {LocRefError} `image-invalid` if it is no PNG file, or its provenance is missing or wrong.
 */
export async function readProvenance(
  png: string | Uint8Array,
): Promise<Provenance> {
  const name = typeof png === "string"
    ? `Picture "${sourceName(png)}"`
    : `Picture of ${png.byteLength} bytes`;
  const bytes = typeof png === "string"
    ? await readSource(png, { name, limits: { bytes: mostBytes } })
    : png;
  const text = isPng(bytes) ? textOf(bytes, name) : undefined;
  if (text !== undefined) return parseProvenance(text, name);
  await readHead(bytes, { name });
  throw new LocRefError(
    "image-invalid",
    `${name} does not say how it was made: it must be a PNG file written by Picture.save`,
  );
}

function textOf(png: Uint8Array, name: string): string | undefined {
  try {
    return readPngText(png, provenanceKeyword);
  } catch (cause) {
    if (!(cause instanceof LocRefError)) throw cause;
    throw new LocRefError(cause.code, `${name}: ${cause.message}`, { cause });
  }
}
