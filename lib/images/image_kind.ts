/** Formats of pictures that are read. */
export type ReadFormat = "png" | "jpeg" | "webp" | "avif" | "gif" | "tiff";

const read: readonly string[] = ["png", "jpeg", "webp", "avif", "gif", "tiff"];

/** Whether files of this kind are read. */
export function isReadFormat(kind: string | undefined): kind is ReadFormat {
  return kind !== undefined && read.includes(kind);
}

/** First bytes of formats, in Latin-1. */
const beginnings: readonly (readonly [RegExp, string])[] = [
  [/^\x89PNG\r\n[^]\n/, "png"],
  [/^\xff\xd8\xff/, "jpeg"],
  [/^RIFF[^]{4}WEBP/, "webp"],
  [/^[^]{4}ftyp[^]{0,60}?avi[fs]/, "avif"],
  [/^[^]{4}ftyp(heic|heix|hevc|heim|heis|mif1|msf1)/, "HEIC"],
  [/^GIF8[79]a/, "gif"],
  [/^(II[*+]\0|MM\0[*+])/, "tiff"],
  [/^BM[^]{4}\0\0\0\0/, "BMP"],
  [/^(\xff\n|\0\0\0[^]JXL )/, "JPEG XL"],
  [/^\0\0\0[^]jP {2}/, "JPEG 2000"],
  [/^%PDF-/, "PDF"],
  [/^8BPS/, "PSD"],
  [
    /^(\ufeff|\xef\xbb\xbf)?\s*(<\?xml|<!--|<!DOCTYPE svg|<svg)[^]*<svg/i,
    "svg",
  ],
  [/^(\xef\xbb\xbf)?\s*<svg/i, "svg"],
  [/^(\xef\xbb\xbf)?\s*<(!doctype html|html)/i, "an HTML page"],
  [/^version https:\/\/git-lfs/, "a Git LFS pointer"],
];

/**
 * The kind of a file by its first bytes: a format that is read, a word for another one, or
 * `undefined`. The file's name does not matter.
 *
 * Other formats never reach the decoder, whose readers of documents follow links and run long.
 */
export function imageKind(bytes: Uint8Array): string | undefined {
  const head = String.fromCharCode(...bytes.subarray(0, 1024));
  return beginnings.find(([pattern]) => pattern.test(head))?.[1];
}
