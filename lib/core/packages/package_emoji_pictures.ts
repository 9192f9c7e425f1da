import "@lobehub/fluent-emoji-3d/package.json" with { type: "json" };
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

const file = import.meta.resolve("@lobehub/fluent-emoji-3d/package.json");

/** Folder of the package. */
export default dirname(fileURLToPath(file));
