package org.peft4j.transformers.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.peft4j.transformers.CausalLanguageModel;
import org.peft4j.transformers.Transformers;
import org.peft4j.transformers.tokenizer.Tokenizer;

/** A real model writes what it writes in transformers; skipped where it is not at hand. */
class GeneratedTextTest {
  private static final Path MODEL =
      Path.of(System.getProperty("peft4j.data", "data")).resolve("models/stories260k");

  @Test
  void textIsThatOfTheReferenceWholeAndPieceByPiece() {
    assumeTrue(Files.isDirectory(MODEL), MODEL + " is not there");
    try (Tokenizer tokenizer = Tokenizer.load(MODEL);
        CausalLanguageModel model = Transformers.load(MODEL)) {
      List<int[]> prompts = List.of(tokenizer.encode("Once upon a time", true));
      StringBuilder told = new StringBuilder();

      Generation generation =
          Generator.of(model)
              .generate(
                  prompts,
                  GenerationConfig.greedy(40),
                  TextListener.of(tokenizer, prompts, (row, text) -> told.append(text)));

      assertThat(generation.rows().get(0).text(tokenizer))
          .isEqualTo(
              ", there was a little girl named Lily. She loved to play outside in the park. One"
                  + " day, she saw a big, red ball.");
      assertThat(told.toString()).isEqualTo(generation.rows().get(0).text(tokenizer));
    }
  }
}
