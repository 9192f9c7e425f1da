export * as default from "@rgrove/parse-xml";
