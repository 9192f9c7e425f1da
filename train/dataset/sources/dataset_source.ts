import type { Options, Values } from "../../../lib/core/command/option.ts";
import type { PictureSource } from "./source.ts";

/** Request of a build to the source that it opens. */
export interface SourceRequest<O extends Options = Options> {
  /** Values of the source's own options. */
  readonly options: Values<O>;
  /** Names of the classes to read; all where absent. */
  readonly classes?: readonly string[];
  /** File of captions that go with the annotations. */
  readonly captions?: string;
}

/** A form of annotations that data sets are built from. */
export interface DatasetSource<O extends Options = Options> {
  /** Its name, which is also the option that takes its annotations: `coco` is `--coco FILE`. */
  readonly name: string;
  /** Its name in sentences, such as `OpenImages`. */
  readonly title: string;
  /** Annotation file in words, as the middle of a sentence. */
  readonly summary: string;
  /** Word that stands for the annotation file in help, such as `BOXES.csv`. @default {"FILE"} */
  readonly value?: string;
  /** Options that it alone has. @default {none} */
  readonly options?: O;
  /** Words for the file of captions that it reads, such as `COCO's captions file`. @default {none} */
  readonly captions?: string;
  /**
   * Whether `open` selects the requested classes itself, as where a class stands for its children.
   * Otherwise the build keeps the instances of those classes. @default {false}
   */
  readonly selectsClasses?: boolean;
  /**
   * Opens annotations.
   *
   * @throws {LocRefError} if a file is missing or broken.
   */
  open(path: string, request: SourceRequest<O>): Promise<PictureSource>;
}

/** A source whose `open` receives its options with the types of their table. */
export function defineSource<O extends Options>(
  source: DatasetSource<O>,
): DatasetSource {
  return source as unknown as DatasetSource;
}
