import "@tensorflow/tfjs-node-gpu/package.json" with { type: "json" };
import { packageFolder } from "./package_folder.ts";

export default packageFolder("@tensorflow/tfjs-node-gpu/package.json");
