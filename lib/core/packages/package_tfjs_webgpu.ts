export * as default from "@tensorflow/tfjs-backend-webgpu";
