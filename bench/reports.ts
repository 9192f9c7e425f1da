import { gpuReport } from "./gpu/report.ts";
import { browserReport } from "./reports/browser.ts";
import { growthReports } from "./reports/growth.ts";
import { loraReport } from "./reports/lora.ts";
import { scaleReports } from "./reports/scale.ts";
import { pictureMemoryReport } from "./reports/picture_memory.ts";
import { compileReport } from "./reports/training_compile.ts";
import { cutReport } from "./reports/training_cut.ts";
import { trainingGraphReports } from "./reports/training_graph.ts";
import { memoryReport } from "./reports/training_memory.ts";
import { lossesReports } from "./reports/training_losses.ts";
import { whereReports } from "./reports/where.ts";
import type { Report } from "./report.ts";

/** All reports by the order of the table. */
export const reports: readonly Report[] = [
  ...whereReports,
  ...growthReports,
  ...trainingGraphReports,
  ...lossesReports,
  loraReport,
  pictureMemoryReport,
  ...scaleReports,
  memoryReport,
  compileReport,
  cutReport,
  browserReport,
  gpuReport,
];
