/** The part of `@std/path` that this project uses, for machines that cannot reach JSR. */

export { basename, dirname, join, relative } from "node:path";
export {
  fileURLToPath as fromFileUrl,
  pathToFileURL as toFileUrl,
} from "node:url";
