package org.peft4j.transformers.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.error.PeftException;
import org.peft4j.transformers.CausalLanguageModel;
import org.peft4j.transformers.Golden;
import org.peft4j.transformers.Transformers;

/** A real model and its tokenizer; skipped where they are not at hand. */
class TokenizerTest {
  private static final Path DATA = Path.of(System.getProperty("peft4j.data", "data"));
  private static final Path MODEL = DATA.resolve("models/stories260k");

  @Test
  void textComesBack() {
    assumeTrue(Files.isDirectory(MODEL), MODEL + " is not there");
    try (Tokenizer tokenizer = Tokenizer.load(MODEL)) {
      int[] ids = tokenizer.encode("Once upon a time", true);

      assertThat(ids).containsExactly(1, 403, 407, 261, 378);
      assertThat(tokenizer.decode(ids, true)).isEqualTo("Once upon a time");
      assertThat(tokenizer.vocabularySize()).isEqualTo(512);
      assertThat(tokenizer.beginOfText()).hasValue(1);
      assertThat(tokenizer.endOfText()).containsExactly(2);
    }
  }

  @Test
  void aRealModelPredictsText() throws IOException {
    assumeTrue(Files.isDirectory(MODEL), MODEL + " is not there");
    String text = Files.readString(DATA.resolve("datasets/wizard_of_oz/wizard_of_oz.txt"));
    try (Tokenizer tokenizer = Tokenizer.load(MODEL);
        CausalLanguageModel model = Transformers.load(MODEL)) {
      int[] ids = tokenizer.encode(text.substring(0, 4000), false);
      INDArray block = Nd4j.createFromArray(new int[][] {java.util.Arrays.copyOf(ids, 256)});

      double loss =
          model.graph().score(new MultiDataSet(new INDArray[] {block}, new INDArray[] {block}));

      // The reference: transformers 5.18 on the same ids.
      assertThat(loss).isCloseTo(3.6103797, within(1e-4));
    }
  }

  @Test
  void aFolderWithoutTokenizerIsRefused() {
    assertThatThrownBy(() -> Tokenizer.load(Golden.base("llama")))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("has no tokenizer.json");
  }
}
