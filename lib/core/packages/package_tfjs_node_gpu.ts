export * as default from "@tensorflow/tfjs-node-gpu";
