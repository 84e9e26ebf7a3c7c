package org.peft4j.examples.tiny;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.peft4j.transformers.checkpoint.RandomCheckpoint;

/** A BERT encoder with random weights that knows some words. */
public final class TinyEncoder {
  private static final String CONFIG =
      """
      {"architectures": ["BertModel"], "model_type": "bert", "vocab_size": %d, "hidden_size": 32,
       "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 48,
       "max_position_embeddings": 64, "initializer_range": 0.3, "pad_token_id": 0}
      """;

  private static final String TOKENIZER =
      """
      {"version": "1.0", "truncation": null, "padding": null,
       "added_tokens": [%s],
       "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
         "strip_accents": null, "lowercase": true},
       "pre_tokenizer": {"type": "BertPreTokenizer"},
       "post_processor": {"type": "TemplateProcessing",
         "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}},
           {"Sequence": {"id": "A", "type_id": 0}},
           {"SpecialToken": {"id": "[SEP]", "type_id": 0}}],
         "pair": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}},
           {"Sequence": {"id": "A", "type_id": 0}},
           {"SpecialToken": {"id": "[SEP]", "type_id": 0}},
           {"Sequence": {"id": "B", "type_id": 1}},
           {"SpecialToken": {"id": "[SEP]", "type_id": 1}}],
         "special_tokens": {
           "[CLS]": {"id": "[CLS]", "ids": [2], "tokens": ["[CLS]"]},
           "[SEP]": {"id": "[SEP]", "ids": [3], "tokens": ["[SEP]"]}}},
       "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": true},
       "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
         "max_input_chars_per_word": 100, "vocab": {%s}}}
      """;

  private static final String ADDED =
      """
      {"id": %d, "content": "%s", "single_word": false, "lstrip": false, "rstrip": false,
       "normalized": false, "special": true}""";

  private static final List<String> SPECIAL = List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]");

  private TinyEncoder() {}

  /** Writes the checkpoint into a folder within {@code folder}, and returns it. */
  public static Path write(Path folder, List<String> words) throws IOException {
    List<String> vocabulary = new ArrayList<>(SPECIAL);
    vocabulary.addAll(words);
    List<String> ids = new ArrayList<>();
    List<String> added = new ArrayList<>();
    for (int i = 0; i < vocabulary.size(); i++) {
      ids.add("\"%s\": %d".formatted(vocabulary.get(i), i));
      if (i < SPECIAL.size()) {
        added.add(ADDED.formatted(i, vocabulary.get(i)));
      }
    }
    Path config = folder.resolve("config.json");
    Files.writeString(config, CONFIG.formatted(vocabulary.size()));
    Path model = folder.resolve("tiny-encoder");
    RandomCheckpoint.init(config, model, 7);
    Files.writeString(
        model.resolve("tokenizer.json"),
        TOKENIZER.formatted(String.join(",", added), String.join(",", ids)));
    return model;
  }

  /** What a program prints. */
  public static String printed(Program program) throws IOException {
    PrintStream before = System.out;
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (PrintStream stream = new PrintStream(bytes, true, UTF_8)) {
      System.setOut(stream);
      program.run();
    } finally {
      System.setOut(before);
    }
    return bytes.toString(UTF_8);
  }

  /** Something to run. */
  public interface Program {
    void run() throws IOException;
  }
}
