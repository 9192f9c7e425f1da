/** An error of the operating system, in words. */

import { LocRefError } from "../error.ts";
import { shorten } from "../quote.ts";

const reasons: Readonly<Record<string, string>> = {
  EACCES: "permission is denied",
  EBUSY: "it is in use",
  EDQUOT: "the disk quota is used up",
  EEXIST: "it exists already",
  EFBIG: "it is too large for its file system",
  EIO: "its device reports an error",
  EISDIR: "it is a folder",
  ELOOP: "its links lead in a circle",
  EMFILE: "too many files are open",
  ENAMETOOLONG: "its name is too long",
  ENFILE: "too many files are open",
  ENODEV: "its file system does not hold such files",
  ENOENT: "it is missing",
  ENOSPC: "no space is left on its device",
  ENOTDIR: "part of its path is a file",
  ENOTEMPTY: "the folder is not empty",
  EPERM: "permission is denied",
  EROFS: "its file system is read-only",
  ETXTBSY: "it is in use",
  EXDEV: "it lies on another device",
};

/** Names of Deno's errors that have no code of their own. */
const codes: Readonly<Record<string, string>> = {
  AlreadyExists: "EEXIST",
  FilesystemLoop: "ELOOP",
  IsADirectory: "EISDIR",
  NotADirectory: "ENOTDIR",
  NotFound: "ENOENT",
  PermissionDenied: "EACCES",
};

/** Why the system refused, such as `no space is left on its device`; `undefined` for other errors. */
export function systemReason(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code } = error as { code?: unknown };
  return reasons[typeof code === "string" ? code : codes[error.name] ?? ""];
}

/** A refusal of the system as one sentence that names the file; `undefined` for other errors. */
export function systemError(error: unknown): LocRefError | undefined {
  const reason = systemReason(error);
  if (reason === undefined) return undefined;
  const { message, path, dest } = error as Error & {
    path?: string;
    dest?: string;
  };
  const quoted = /: \w+ '([^']{1,4096})'/.exec(message)?.[1];
  const name = dest ?? path ?? quoted;
  return new LocRefError(
    "file-refused",
    name === undefined
      ? `A file cannot be used: ${reason}`
      : `File ${quotePath(name)} cannot be used: ${reason}`,
    { cause: error },
  );
}

/** The error of a file that could not be written, as one sentence where the system refused. */
export function writeError(path: string, error: unknown): unknown {
  const reason = systemReason(error);
  if (reason === undefined) return error;
  return new LocRefError(
    "file-refused",
    `File ${quotePath(path)} cannot be written: ${reason}`,
    { cause: error },
  );
}

/** A path in quotes, long ones cut. */
export function quotePath(path: string): string {
  return JSON.stringify(shorten(path, 300));
}
