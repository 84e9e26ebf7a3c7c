package org.peft4j.transformers.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.error.PeftException;
import org.peft4j.safetensors.TensorSource;
import org.peft4j.transformers.CausalLanguageModel;
import org.peft4j.transformers.Golden;
import org.peft4j.transformers.Transformers;

/** Checkpoints with another number of tokens. */
class ResizedVocabularyTest {
  private static final Path CASE = Golden.folder("resized");
  private static final Path BASE = Golden.base("llama_biases");

  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path folder;

  private static INDArray rows(INDArray table, long from, long to) {
    return table.get(NDArrayIndex.interval(from, to), NDArrayIndex.all());
  }

  @Test
  void anAdapterOfAResizedModelGivesPythonsLogits() {
    Path resized = folder.resolve("resized");

    int tokens = ResizedVocabulary.writeFor(BASE, CASE.resolve("adapter"), resized);

    assertThat(tokens).isEqualTo(60);
    INDArray ids = Golden.integers(CASE.resolve("inputs.safetensors"), "input_ids");
    INDArray expected = Golden.floats(CASE.resolve("expected.safetensors"), "logits");
    try (CausalLanguageModel model = Transformers.load(resized);
        PeftModel<ComputationGraph> peft = Peft.load(model.graph(), CASE.resolve("adapter"))) {
      INDArray difference = peft.network().output(ids)[0].sub(expected);
      double relative = difference.amaxNumber().doubleValue() / expected.amaxNumber().doubleValue();
      assertThat(relative).isLessThan(1e-5);
    }
  }

  @Test
  void newRowsAreTheMeanOfTheOldAndTheRestStays() {
    ResizedVocabulary.write(BASE, 58, folder.resolve("larger"));

    Path before = BASE.resolve("model.safetensors");
    Path after = folder.resolve("larger/model.safetensors");
    try (TensorSource source = TensorSource.open(before)) {
      for (String name : source.tensors().keySet()) {
        INDArray old = Golden.floats(before, name);
        INDArray found = Golden.floats(after, name);
        if (!name.equals("lm_head.weight") && !name.equals("model.embed_tokens.weight")) {
          assertThat(found).as(name).isEqualTo(old);
          continue;
        }
        assertThat(rows(found, 0, 56)).as(name).isEqualTo(old);
        INDArray error = rows(found, 56, 58).subRowVector(old.mean(0));
        assertThat(error.amaxNumber().doubleValue()).as(name).isCloseTo(0, within(1e-6));
      }
    }
  }

  @Test
  void aTiedTableInHalfPrecisionLosesItsLastRows() {
    Path base = Golden.base("llama_f16");

    ResizedVocabulary.write(base, 50, folder.resolve("smaller"));

    String name = "model.embed_tokens.weight";
    Path file = folder.resolve("smaller/model.safetensors");
    INDArray old = Golden.floats(base.resolve("model.safetensors"), name);
    assertThat(Golden.floats(file, name)).isEqualTo(rows(old, 0, 50).dup());
    try (CausalLanguageModel model = Transformers.load(folder.resolve("smaller"))) {
      assertThat(model.architecture().head().tied()).isTrue();
    }
  }

  @Test
  void anAdapterWithoutEmbeddingsTellsNoNumber() {
    Path adapter = Golden.folder("llama_qv").resolve("adapter");

    assertThatThrownBy(
            () -> ResizedVocabulary.writeFor(Golden.base("llama"), adapter, folder.resolve("x")))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("has no token embeddings and no output head")
        .hasMessageContaining("Give --tokens");
    assertThat(folder.resolve("x")).doesNotExist();
  }
}
