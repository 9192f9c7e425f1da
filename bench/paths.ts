import { fileURLToPath } from "node:url";

/** The repository's folder, with a slash at the end. */
export const root: string = fileURLToPath(new URL("../", import.meta.url));

/** Python with the peers, made by `deno task bench:setup`, below {@linkcode root}. */
export const python = ".cache/bench/venv/bin/python";

/** Folder with onnxruntime-web, made by `deno task bench:setup`, below {@linkcode root}. */
export const webFolder = ".cache/bench/web";
