/** A worker thread that makes samples. */

import { serve } from "../../threads/serve.ts";
import { openContext, type WorkerTask } from "./process_context.ts";
import { processPicture } from "./process_picture.ts";

serve(
  openContext,
  ({ picture, donors }: WorkerTask, context) =>
    processPicture(picture, context, donors),
);
