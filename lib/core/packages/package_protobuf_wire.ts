export * as default from "@bufbuild/protobuf/wire";
