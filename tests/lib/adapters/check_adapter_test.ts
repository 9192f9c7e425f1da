import { assertStringIncludes, assertThrows } from "@std/assert";
import { neededImageEncoder } from "../../../lib/adapters/check_adapter.ts";
import { LocRefError } from "../../../lib/core/error.ts";

Deno.test("an adapter without its image encoder names the option that gives it", () => {
  const error = assertThrows(
    () => neededImageEncoder("ip.safetensors", {}),
    LocRefError,
    'Adapter "ip.safetensors" needs an image encoder',
  );
  assertStringIncludes(error.message, "as option imageEncoder");
});
