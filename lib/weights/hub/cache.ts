import { randomUUID } from "node:crypto";
import {
  copyFile,
  link,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
} from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { writeFileAtomically } from "../../core/files/write_file.ts";
import { formatBytes } from "./disk_space.ts";
import { checkRelativePath, isRelativePath } from "./name.ts";

/** How the hub lists one file of a repository. */
export interface HubFile {
  /** Bytes. */
  readonly size: number;
  /** Hash of the content as git makes it, or of a pointer to it where `sha256` is given. */
  readonly gitHash: string;
  /** SHA-256 of the content, given for large files. */
  readonly sha256?: string;
}

/** Whether size and hashes are such, and nothing else: the hashes become file names in the cache. */
export function isSoundFile({ size, gitHash, sha256 }: HubFile): boolean {
  return isHex(gitHash, 40) && (sha256 === undefined || isHex(sha256, 64)) &&
    Number.isSafeInteger(size) && size >= 0;
}

function isHex(text: unknown, length: number): boolean {
  return typeof text === "string" && text.length === length &&
    /^[0-9a-f]+$/.test(text);
}

/** Name of a file's content in the cache; the hub's ETag for it. */
export function blobName(file: HubFile): string {
  return file.sha256 ?? file.gitHash;
}

/** Files of a repository at one commit, by path. */
export type HubListing = ReadonlyMap<string, HubFile>;

/** The folders of one repository in the cache, laid out as Python's `huggingface_hub` does. */
export interface RepoCache {
  /** `models--org--repo` in the cache. */
  readonly folder: string;
  /** Content by its hash. */
  readonly blobs: string;
  /** Lock files of this repository, by the name of the blob. */
  readonly locks: string;
}

/** The place of repository `id` in `cacheDir`. Makes nothing. */
export function repoCache(cacheDir: string, id: string): RepoCache {
  const name = `models--${id.replaceAll("/", "--")}`;
  const folder = join(cacheDir, name);
  return {
    folder,
    blobs: join(folder, "blobs"),
    locks: join(cacheDir, ".locks", name),
  };
}

/** The folder that shows the repository as of one commit. */
export function snapshotFolder(cache: RepoCache, commit: string): string {
  return join(cache.folder, "snapshots", commit);
}

/** Whether a revision is the full name of a commit, which never changes. */
export function isCommit(revision: string): boolean {
  return /^[0-9a-f]{40}$/.test(revision);
}

/** The commit that a branch or tag was last resolved to, if it is in the cache. */
export async function readRef(
  cache: RepoCache,
  revision: string,
): Promise<string | undefined> {
  if (isCommit(revision)) return revision;
  checkRelativePath(revision, "Revision");
  const text = await readFile(join(cache.folder, "refs", revision), "utf-8")
    .catch(() => "");
  return isCommit(text.trim()) ? text.trim() : undefined;
}

/** Notes which commit a branch or tag is at. */
export async function writeRef(
  cache: RepoCache,
  revision: string,
  commit: string,
): Promise<void> {
  if (await readRef(cache, revision) === commit) return;
  await writeFileAtomically(join(cache.folder, "refs", revision), commit);
}

/**
 * The listing of a commit, if it is in the cache: as Python keeps it, or as {@linkcode writeListing}
 * does.
 */
export async function readListing(
  cache: RepoCache,
  commit: string,
): Promise<HubListing | undefined> {
  const folder = join(cache.folder, "trees");
  for (const name of [`${commit}.json`, `${commit}.locref.json`]) {
    const text = await readFile(join(folder, name), "utf-8").catch(() => "");
    const listing = parseListing(text);
    if (listing) return listing;
  }
}

interface StoredFile {
  size: number;
  blob_id: string;
  lfs_sha256?: string;
  lfs_size?: number;
}

function parseListing(text: string): HubListing | undefined {
  try {
    const stored = JSON.parse(text) as {
      format_version: number;
      files: Record<string, StoredFile>;
    };
    if (stored.format_version !== 1) return undefined;
    const listing = new Map<string, HubFile>(
      Object.entries(stored.files).map(([path, file]) => [path, {
        size: file.lfs_size ?? file.size,
        gitHash: file.blob_id,
        sha256: file.lfs_sha256,
      }]),
    );
    // Its paths and hashes become file names, whoever wrote it.
    const sound = [...listing].every(([path, file]) =>
      isRelativePath(path) && isSoundFile(file)
    );
    return sound ? listing : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Stores the listing of a commit in Python's form, but under its own name. Under Python's name it
 * would mean that all files of the repository were fetched.
 */
export async function writeListing(
  cache: RepoCache,
  commit: string,
  listing: HubListing,
): Promise<void> {
  const files: Record<string, StoredFile> = {};
  for (const path of [...listing.keys()].sort()) {
    const { size, gitHash, sha256 } = listing.get(path)!;
    files[path] = sha256 === undefined
      ? { size, blob_id: gitHash }
      : { size, blob_id: gitHash, lfs_sha256: sha256, lfs_size: size };
  }
  await writeFileAtomically(
    join(cache.folder, "trees", `${commit}.locref.json`),
    JSON.stringify({ format_version: 1, files }, null, 1),
  );
}

/** Paths of all files of a snapshot folder, with `/` between parts, sorted. */
export async function listSnapshot(folder: string): Promise<string[]> {
  const entries = await readdir(folder, {
    recursive: true,
    withFileTypes: true,
  }).catch(() => []);
  return entries.filter((entry) => !entry.isDirectory()).map((entry) =>
    relative(folder, join(entry.parentPath, entry.name)).replaceAll("\\", "/")
  ).sort();
}

/** Whether `path` exists, also through a link, and has `size` bytes where that is known. */
export async function isWhole(path: string, size?: number): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found !== undefined && found.isFile() &&
    (size === undefined || found.size === size);
}

/**
 * Makes the content `blob` appear at `path` of a snapshot: by a symbolic link where that is
 * allowed, else by a hard link, else by a copy, which `warn` reports.
 */
export async function linkBlob(
  blob: string,
  path: string,
  warn: (message: string) => void,
): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  // Made beside and renamed, since the existing file may be a broken link.
  const temporary = join(dirname(path), `.${randomUUID()}.tmp`);
  await symlink(relative(dirname(path), blob), temporary)
    // Deno allows symbolic links only to programs that may write anywhere.
    .catch(() => link(blob, temporary))
    .catch(async () => {
      const { size } = await stat(blob);
      warn(
        `Neither symbolic nor hard links can be made at ${path}, so its ${
          formatBytes(size)
        } are copied and take their place on disk twice`,
      );
      await copyFile(blob, temporary);
    });
  await rename(temporary, path);
  // Renaming one hard link onto another of the same file leaves both.
  await rm(temporary, { force: true });
}
