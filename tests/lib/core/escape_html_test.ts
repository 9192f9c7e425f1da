import { assertEquals } from "@std/assert";
import { escapeHtml } from "../../../lib/core/escape_html.ts";

Deno.test("text keeps its characters in HTML, in content and in attributes", () => {
  assertEquals(
    escapeHtml(`a < "b" & c > &lt;`),
    "a &lt; &quot;b&quot; &amp; c &gt; &amp;lt;",
  );
});
