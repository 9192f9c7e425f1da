/**
 * onnxruntime's telemetry, refused before the package is loaded.
 *
 * The Linux build gathers events for Microsoft unless this variable is set when its library is
 * loaded: a lasting device id, the processor, names of graphs, the path of the executable.
 */

import process from "node:process";

const variable = "ORT_DISABLE_TELEMETRY";

/**
 * Sets `ORT_DISABLE_TELEMETRY=1`, unless the user has set it to something.
 *
 * Without the permission to do so it warns in one sentence and leaves the choice to the user.
 */
function refuseTelemetry(): void {
  try {
    process.env[variable] ??= "1";
  } catch {
    console.warn(
      `onnxruntime may send usage data to Microsoft, since LocRef may not set ${variable}: allow --allow-env=${variable}, or start the program with ${variable}=1`,
    );
  }
}

refuseTelemetry();
