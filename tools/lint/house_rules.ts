/**
 * Rules of CONTRIBUTING as a plugin of `deno lint`, so that a check finds what a reader would.
 *
 * @module
 */

/** Longest file and longest function, in lines; most required parameters. */
export const limits = { file: 250, function: 45, parameters: 6 } as const;

/** Files that may be longer, each with the reason. */
export const longFiles: Readonly<Record<string, string>> = {
  "mod.ts": "it lists the public surface",
  "tests/lib/ops/tape/cases.ts": "it is a table of cases",
  "tests/lib/ops/tape/edge_cases.ts": "it is a table of cases",
};

type FunctionNode =
  | Deno.lint.FunctionDeclaration
  | Deno.lint.FunctionExpression
  | Deno.lint.ArrowFunctionExpression;

const functionTypes: ReadonlySet<string> = new Set([
  "FunctionDeclaration",
  "FunctionExpression",
  "ArrowFunctionExpression",
]);

/**
 * Reports a function whose own lines exceed the limit: those that are no comment, and of no function
 * inside it.
 */
const functionLength: Deno.lint.Rule = {
  create(context) {
    const inner = new Map<Deno.lint.Node, number>();
    const leave = (node: FunctionNode) => {
      const lines = context.sourceCode.getText(node).split("\n")
        .filter((line) => !/^\s*(\/\*|\*|\/\/)/.test(line)).length;
      const own = lines - (inner.get(node) ?? 0);
      if (own > limits.function && !isTest(context.filename)) {
        const message =
          `This function has ${own} lines of its own, more than ${limits.function}`;
        context.report({ node, message });
      }
      const outer = outerFunction(node);
      if (outer) inner.set(outer, (inner.get(outer) ?? 0) + lines - 1);
    };
    return {
      "FunctionDeclaration:exit": leave,
      "FunctionExpression:exit": leave,
      "ArrowFunctionExpression:exit": leave,
    };
  },
};

/** Tables of cases make tests long. */
function isTest(file: string): boolean {
  return file.endsWith("_test.ts");
}

function outerFunction(node: Deno.lint.Node): Deno.lint.Node | undefined {
  let parent = parentOf(node);
  while (parent && !functionTypes.has(parent.type)) parent = parentOf(parent);
  return parent;
}

function parentOf(node: Deno.lint.Node): Deno.lint.Node | undefined {
  return "parent" in node ? node.parent as Deno.lint.Node : undefined;
}

/** Reports a file that is too long to be about one thing. */
const fileLength: Deno.lint.Rule = {
  create: (context) => ({
    Program(node) {
      if (isTest(context.filename) || isLongFile(context.filename)) return;
      const lines = context.sourceCode.text.trimEnd().split("\n").length;
      if (lines <= limits.file) return;
      const message = `This file has ${lines} lines, more than ${limits.file}`;
      context.report({ node, message });
    },
  }),
};

function isLongFile(file: string): boolean {
  const root = new URL("../..", import.meta.url).pathname;
  return Object.keys(longFiles).some((path) => file === root + path);
}

/** Reports functions with many required parameters, which belong in an options object. */
const parameters: Deno.lint.Rule = {
  create: (context) => ({
    "ExportNamedDeclaration > FunctionDeclaration"(
      node: Deno.lint.FunctionDeclaration,
    ) {
      const required = node.params.filter(isRequired).length;
      if (required <= limits.parameters) return;
      const message =
        `This function has ${required} required parameters, more than ${limits.parameters}`;
      context.report({ node, message });
    },
  }),
};

function isRequired(parameter: Deno.lint.Parameter): boolean {
  if (parameter.type === "AssignmentPattern") return false;
  if (parameter.type === "RestElement") return false;
  return !("optional" in parameter && parameter.optional);
}

/** Reports messages of errors that do not begin with a capital letter or end in a full stop. */
const errorMessage: Deno.lint.Rule = {
  create: (context) => ({
    NewExpression(node) {
      const { callee } = node;
      if (isTest(context.filename)) return;
      if (callee.type !== "Identifier" || !namedErrors.has(callee.name)) return;
      const message = node.arguments[callee.name === "LocRefError" ? 1 : 0];
      if (message === undefined) return;
      const { first, last } = edges(message);
      if (/^[a-z]/.test(first)) {
        context.report({
          node: message,
          message: "An error begins with a capital letter",
        });
      }
      if (/[^.]\.$/.test(last)) {
        context.report({
          node: message,
          message: "An error has no full stop at its end",
        });
      }
    },
  }),
};

/** Errors that users see; a plain `Error` is a reason that another sentence quotes. */
const namedErrors: ReadonlySet<string> = new Set([
  "TypeError",
  "RangeError",
  "SyntaxError",
  "LocRefError",
]);

function edges(node: Deno.lint.Node): { first: string; last: string } {
  if (node.type === "Literal" && typeof node.value === "string") {
    return { first: node.value, last: node.value };
  }
  if (node.type !== "TemplateLiteral") return { first: "", last: "" };
  const { quasis } = node;
  return { first: quasis[0]!.cooked, last: quasis.at(-1)!.cooked };
}

/** Reports `export * from "./…"`: only entry points pass on names of other files. */
const noBarrel: Deno.lint.Rule = {
  create: (context) => ({
    ExportAllDeclaration(node) {
      if (!String(node.source.value).startsWith(".")) return;
      const message = "A file passes on everything of another: import that one";
      context.report({ node, message });
    },
  }),
};

/** Reports exported functions, classes, types and values without a doc comment. */
const docs: Deno.lint.Rule = {
  create: (context) => ({
    ExportNamedDeclaration(node) {
      if (!node.declaration) return;
      const comments = context.sourceCode.getCommentsBefore(node);
      const documented = comments.some((comment) =>
        comment.type === "Block" && comment.value.startsWith("*")
      );
      if (documented) return;
      context.report({
        node,
        message: "An exported symbol has no doc comment",
      });
    },
  }),
};

/** The rules, each named after the section of CONTRIBUTING that states it. */
const plugin: Deno.lint.Plugin = {
  name: "house",
  rules: {
    "function-length": functionLength,
    "file-length": fileLength,
    parameters,
    "error-message": errorMessage,
    "no-barrel": noBarrel,
    docs,
  },
};

export default plugin;
