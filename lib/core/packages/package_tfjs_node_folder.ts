import "@tensorflow/tfjs-node/package.json" with { type: "json" };
import { packageFolder } from "./package_folder.ts";

export default packageFolder("@tensorflow/tfjs-node/package.json");
