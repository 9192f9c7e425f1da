export * as default from "@huggingface/tokenizers";
