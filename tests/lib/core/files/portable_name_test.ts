import { assertEquals } from "@std/assert";
import {
  portableName,
  withoutFolders,
  withoutPaths,
} from "../../../../lib/core/files/portable_name.ts";

Deno.test("paths of a machine become their last part, and everything else stays", () => {
  const cases = {
    "/home/ann/models/mine": "mine",
    "/home/ann/models/mine/": "mine",
    "../../ann/adapter.safetensors": "adapter.safetensors",
    "a/../../b": "b",
    "~/models/mine": "mine",
    "file:///home/ann/a.png": "a.png",
    "C:\\Users\\ann\\mine": "mine",
    "\\\\server\\share\\mine": "mine",
    "/c/hub/models--h94--IP-Adapter/snapshots/abc/models/a.safetensors":
      "h94/IP-Adapter@abc/models/a.safetensors",
    "/": "",
    "h94/IP-Adapter/models/image_encoder":
      "h94/IP-Adapter/models/image_encoder",
    "org/repo@main": "org/repo@main",
    "runs/mine": "runs/mine",
    "a cat ... on a mat": "a cat ... on a mat",
    pocket: "pocket",
  };
  for (const [given, wanted] of Object.entries(cases)) {
    assertEquals(portableName(given), wanted, given);
  }
});

Deno.test("JSON keeps its form, and paths at any depth lose their folders", () => {
  assertEquals(
    withoutPaths({
      data: { shards: ["/home/ann/shards", "shards"] },
      files: { "../../ann/a.bin": "0a" },
      steps: 3,
      none: null,
    }),
    {
      data: { shards: ["shards", "shards"] },
      files: { "a.bin": "0a" },
      steps: 3,
      none: null,
    },
  );
});

Deno.test("messages of the system keep the file and lose its folders", () => {
  assertEquals(
    withoutFolders("Permission denied (os error 13): open '/home/ann/a b.jpg'"),
    "Permission denied (os error 13): open 'a b.jpg'",
  );
  assertEquals(withoutFolders("It's a cat's"), "It's a cat's");
});
