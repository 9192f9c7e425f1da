import "@lobehub/fluent-emoji-3d/package.json" with { type: "json" };
import { packageFolder } from "./package_folder.ts";

export default packageFolder("@lobehub/fluent-emoji-3d/package.json");
