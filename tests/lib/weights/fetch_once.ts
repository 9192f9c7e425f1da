/** Fetches a repository and prints its folder: `fetch_once.ts ENDPOINT CACHE_DIR REPO`. */

import { fetchRepo } from "../../../lib/weights/hub/hub.ts";

const [endpoint, cacheDir, repo] = Deno.args;
console.log(
  await fetchRepo(repo!, { endpoint, cacheDir, token: "hf_x", offline: false }),
);
