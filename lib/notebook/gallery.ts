import { checkOptions } from "../core/check_options.ts";
import { anyText, whole } from "../core/kinds.ts";
import { quote } from "../core/quote.ts";
import type { Raster } from "../images/raster.ts";
import { drawSheet } from "../images/drawing/sheet.ts";
import { saveSheet } from "../images/drawing/save_sheet.ts";
import { type MediaBundle, sheetMedia } from "../images/media.ts";

/** Options of {@linkcode gallery}. */
export interface GalleryOptions {
  /** Pictures in a row. @default {4} */
  readonly columns?: number;
  /** Height at which every picture is shown, in pixels. @default {200} */
  readonly height?: number;
  /** One line above everything. */
  readonly heading?: string;
}

/** Titled pictures side by side; made by {@linkcode gallery}. */
export class Gallery {
  readonly #pictures: Readonly<Record<string, Raster>>;
  readonly #options: GalleryOptions;

  /** @ignore */
  constructor(
    pictures: Readonly<Record<string, Raster>>,
    options: GalleryOptions,
  ) {
    this.#pictures = pictures;
    this.#options = options;
  }

  /** The pictures as one sheet. */
  async sheet(): Promise<Raster> {
    const { columns = 4, height = 200, heading } = this.#options;
    const panels = Object.entries(this.#pictures).map(([title, raster]) => ({
      title,
      raster,
    }));
    const rows = Array.from(
      { length: Math.ceil(panels.length / columns) },
      (_, row) => panels.slice(row * columns, (row + 1) * columns),
    );
    return await drawSheet(rows, { panelHeight: height, heading });
  }

  /** Writes the sheet to `path` (.png, .webp, .jpg), whole or not at all. */
  async save(path: string): Promise<void> {
    await saveSheet(path, () => this.sheet());
  }

  /** Shows the sheet in a Jupyter notebook. */
  async [Symbol.for("Jupyter.display")](): Promise<MediaBundle> {
    return await sheetMedia(await this.sheet());
  }
}

/**
 * Titled pictures side by side, to be saved or shown in a notebook.
 *
 * @param pictures pictures or rasters by their titles.
 */
export function gallery(
  pictures: Readonly<Record<string, Raster>>,
  options: GalleryOptions = {},
): Gallery {
  checkPictures(pictures);
  checkOptions<GalleryOptions>(options, {
    of: "gallery",
    fields: {
      columns: whole({ min: 1, max: 100 }),
      height: whole({ min: 16, max: 4096 }),
      heading: anyText,
    },
    elsewhere: { title: "heading", cols: "columns", size: "height" },
  });
  return new Gallery(pictures, options);
}

function checkPictures(pictures: unknown): void {
  const object = typeof pictures === "object" && pictures !== null &&
    !(pictures instanceof Promise);
  const entries = object ? Object.entries(pictures) : [];
  if (entries.length === 0) {
    throw new TypeError(
      `Pictures of gallery must be an object of titled pictures, such as { first: picture }, got ${
        quote(pictures)
      }`,
    );
  }
  for (const [title, raster] of entries) {
    const { width, height, data } = (raster ?? {}) as Partial<Raster>;
    const bytes = data instanceof Uint8Array ? data.length : undefined;
    if (width! > 0 && height! > 0 && bytes === 4 * width! * height!) continue;
    throw new TypeError(
      `Picture ${quote(title)} of gallery must be ${
        bytes === undefined
          ? `a picture, got ${quote(raster)}`
          : `four bytes a pixel, got ${bytes} bytes for ${quote(width)} × ${
            quote(height)
          } pixels`
      }`,
    );
  }
}
