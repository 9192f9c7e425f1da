/** Finds files whose names are written otherwise than on the disk. */

import { join } from "node:path";
import { ambiguous, foldName, pushTo, readingsOf } from "./file_names.ts";

/** A folder's entries by what their names have in common. */
type Listing = ReadonlyMap<string, readonly string[]>;

/**
 * Makes a search in a folder: it returns the path that a name means, or `undefined` if there is
 * none, and throws if several files fit. Folders are listed once.
 */
export function folderSearch(
  root: string,
): (name: string) => Promise<string | undefined> {
  const listings = new Map<string, Promise<Listing>>();
  const listed = (folder: string) => {
    const listing = listings.get(folder) ?? listingOf(folder);
    listings.set(folder, listing);
    return listing;
  };
  return async (name) => {
    for (const reading of readingsOf(name)) {
      const path = await walk(root, reading, listed);
      if (path !== undefined) return path;
    }
    return undefined;
  };
}

async function walk(
  root: string,
  name: string,
  listed: (folder: string) => Promise<Listing>,
): Promise<string | undefined> {
  let folder = root;
  for (const part of name.split("/")) {
    if (part === "" || part === ".") continue;
    const found = (await listed(folder)).get(foldName(part)) ?? [];
    if (found.length > 1 && !found.includes(part)) throw ambiguous(name, found);
    const entry = found.includes(part) ? part : found[0];
    if (entry === undefined) return undefined;
    folder = join(folder, entry);
  }
  return folder;
}

async function listingOf(folder: string): Promise<Listing> {
  const listing = new Map<string, string[]>();
  try {
    for await (const { name } of Deno.readDir(folder)) {
      pushTo(listing, foldName(name), name);
    }
  } catch {
    // no folder, or none that may be read: nothing is found in it
  }
  for (const names of listing.values()) names.sort();
  return listing;
}
