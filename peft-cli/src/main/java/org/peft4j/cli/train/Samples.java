package org.peft4j.cli.train;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.nio.file.Path;
import java.util.List;
import org.peft4j.cli.options.OpenModel;
import org.peft4j.internal.json.JsonWriter;
import org.peft4j.transformers.generation.GenerationConfig;
import org.peft4j.transformers.generation.Generator;
import org.peft4j.transformers.tokenizer.Tokenizer;

/**
 * How a language model continues prompts before and after its training.
 *
 * @param before the first of them
 */
record Samples(OpenModel open, Path model, List<String> prompts, List<String> before) {
  private static final int TOKENS = 48;

  /** The continuations now; none without prompts. */
  static Samples before(OpenModel open, Path model, List<String> prompts) {
    return new Samples(
        open, model, prompts, prompts.isEmpty() ? List.of() : texts(open, model, prompts));
  }

  private static List<String> texts(OpenModel open, Path model, List<String> prompts) {
    Generator generator = open.generator();
    try (Tokenizer tokenizer = Tokenizer.load(model)) {
      GenerationConfig greedy =
          GenerationConfig.builder()
              .maxNewTokens(TOKENS)
              .eosTokenIds(tokenizer.endOfText())
              .build();
      return prompts.stream()
          .map(
              prompt ->
                  tokenizer.decode(
                      generator
                          .generate(List.of(tokenizer.encode(prompt, true)), greedy)
                          .rows()
                          .get(0)
                          .tokens()
                          .stream()
                          .mapToInt(Integer::intValue)
                          .toArray(),
                      true))
          .toList();
    }
  }

  /** Continues them again, and writes {@code samples.json}; nothing without prompts. */
  void write(Path output) {
    if (prompts.isEmpty()) {
      return;
    }
    List<String> after = texts(open, model, prompts);
    ArrayNode all = JsonNodeFactory.instance.arrayNode();
    for (int i = 0; i < prompts.size(); i++) {
      all.addObject()
          .put("prompt", prompts.get(i))
          .put("before", before.get(i))
          .put("after", after.get(i));
    }
    JsonWriter.write(output.resolve("samples.json"), all);
  }
}
