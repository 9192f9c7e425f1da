import "./refuse_telemetry.ts"; // evaluated before the package, which reads the setting once
export * as default from "onnxruntime-node";
