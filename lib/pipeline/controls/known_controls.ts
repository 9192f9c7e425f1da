import { resolve } from "node:path";
import {
  type Control,
  openControl,
} from "../../adapters/controls/open_control.ts";
import { fileStamps } from "../list_model_folder.ts";

/** An open control, and its number among all that its model ever opened. */
export interface KnownControl {
  readonly control: Control;
  readonly id: number;
}

/** A path that was opened, with the files that lay there. */
interface Opening {
  readonly stamps: string;
  readonly id: number;
  readonly control: Promise<Control>;
}

/** The open controls of a model. They stay open while it is, or until their files change. */
export class KnownControls {
  readonly #open: (path: string) => Promise<Control>;
  readonly #stampsOf: (path: string) => Promise<unknown>;
  readonly #known = new Map<string, Opening>();
  /** No number comes twice, since programs are known by it. */
  #ids = 0;

  /**
   * Opens nothing yet.
   *
   * @param open Opens a control's folder or file.
   * @param stampsOf What differs once a path's files were written anew.
   */
  constructor(
    open: (path: string) => Promise<Control> = openControl,
    stampsOf: (path: string) => Promise<unknown> = fileStamps,
  ) {
    this.#open = open;
    this.#stampsOf = stampsOf;
  }

  /**
   * The control at a path, opened where it was not, or where its files were written anew since.
   *
   * @throws {LocRefError} if it is missing, broken, or another network.
   */
  async open(path: string): Promise<KnownControl> {
    const place = resolve(path);
    const stamps = JSON.stringify(await this.#stampsOf(path));
    let opening = this.#known.get(place);
    if (opening?.stamps !== stamps) {
      opening = { stamps, id: this.#ids++, control: this.#open(path) };
      this.#known.set(place, opening);
    }
    const { id, control } = opening;
    try {
      return { control: await control, id };
    } catch (error) {
      if (this.#known.get(place) === opening) this.#known.delete(place);
      throw error;
    }
  }
}
