export * as default from "@huggingface/hub";
