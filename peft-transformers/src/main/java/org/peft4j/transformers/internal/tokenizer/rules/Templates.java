package org.peft4j.transformers.internal.tokenizer.rules;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import org.peft4j.error.PeftException;

/**
 * What a tokenizer class of transformers 5 puts around texts, where it builds that anew.
 *
 * @param named special tokens by name
 * @param ids of all tokens by their texts
 */
record Templates(TokenizerClass kind, Map<String, AddedToken> named, Map<String, Integer> ids) {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  /** Sets {@code post_processor} of {@code file}, or leaves the file's own. */
  void apply(ObjectNode file, TokenizerConfig config) {
    switch (kind) {
      case T5 ->
          file.set(
              "post_processor", template("A eos_token", "A eos_token B eos_token", "eos_token"));
      case XLM_ROBERTA ->
          file.set(
              "post_processor",
              template(
                  "bos_token A eos_token",
                  "bos_token A eos_token eos_token B eos_token",
                  "bos_token",
                  "eos_token"));
      case MBART ->
          file.set(
              "post_processor",
              template("A eos_token src_lang", "A B eos_token src_lang", "eos_token", "src_lang"));
      case MBART50 ->
          file.set(
              "post_processor",
              template("src_lang A eos_token", "src_lang A B eos_token", "src_lang", "eos_token"));
      case BERT ->
          file.set(
              "post_processor",
              template(
                  "cls_token A sep_token",
                  "cls_token A sep_token B:1 sep_token:1",
                  "cls_token",
                  "sep_token"));
      case GPT_NEOX -> file.set("post_processor", template("A", "A B:1"));
      case ROBERTA -> file.set("post_processor", roberta(config));
      case AS_IS, LLAMA, GPT2, QWEN2, GEMMA -> {}
    }
  }

  private ObjectNode roberta(TokenizerConfig config) {
    ObjectNode processor = NODES.objectNode();
    processor.put("type", "RobertaProcessing");
    processor.set("sep", NODES.arrayNode().add(text("sep_token")).add(id("sep_token")));
    processor.set("cls", NODES.arrayNode().add(text("cls_token")).add(id("cls_token")));
    processor.put("trim_offsets", config.flag("trim_offsets", true));
    processor.put("add_prefix_space", config.flag("add_prefix_space", false));
    return processor;
  }

  /** A template of pieces such as {@code B:1}: a text or the name of a token, and its type. */
  private ObjectNode template(String single, String pair, String... tokens) {
    ObjectNode processor = NODES.objectNode();
    processor.put("type", "TemplateProcessing");
    processor.set("single", pieces(single));
    processor.set("pair", pieces(pair));
    ObjectNode special = processor.putObject("special_tokens");
    for (String token : tokens) {
      ObjectNode entry = special.putObject(text(token));
      entry.put("id", text(token));
      entry.putArray("ids").add(id(token));
      entry.putArray("tokens").add(text(token));
    }
    return processor;
  }

  private JsonNode pieces(String pieces) {
    ArrayNode list = NODES.arrayNode();
    for (String piece : pieces.split(" ")) {
      String name = piece.replace(":1", "");
      boolean sequence = name.length() == 1;
      ObjectNode node = list.addObject().putObject(sequence ? "Sequence" : "SpecialToken");
      node.put("id", sequence ? name : text(name));
      node.put("type_id", piece.endsWith(":1") ? 1 : 0);
    }
    return list;
  }

  private String text(String name) {
    if (!named.containsKey(name)) {
      throw new PeftException(
          "tokenizer_config.json has no %s, which a tokenizer of class %s needs."
              .formatted(name, kind));
    }
    return named.get(name).content();
  }

  private int id(String name) {
    Integer id = ids.get(text(name));
    if (id == null) {
      throw new PeftException(
          "The tokenizer has no token \"%s\", its %s.".formatted(text(name), name));
    }
    return id;
  }
}
