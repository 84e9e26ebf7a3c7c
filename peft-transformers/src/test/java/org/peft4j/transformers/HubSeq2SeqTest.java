package org.peft4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.error.PeftException;
import org.peft4j.internal.files.TensorFile;
import org.peft4j.lora.LoraConfig;
import org.peft4j.safetensors.TensorSource;
import org.peft4j.transformers.checkpoint.CheckpointWriter;
import org.peft4j.transformers.checkpoint.ResizedVocabulary;

/**
 * Encoder-decoders as they lie on hubs: the shared table under each of its names, tables of
 * positions that hold nothing learnt, and numbers that are added to the logits.
 */
class HubSeq2SeqTest {
  private static final INDArray IDS = Nd4j.createFromArray(new int[][] {{9, 17, 33, 2}});
  private static final INDArray START = Nd4j.createFromArray(new int[][] {{0, 5, 7}});

  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path folder;

  private static Map<String, INDArray> tensors(Path base) {
    Map<String, INDArray> tensors = new TreeMap<>();
    Path file = base.resolve("model.safetensors");
    try (TensorSource source = TensorSource.open(file)) {
      source.tensors().keySet().forEach(name -> tensors.put(name, Golden.floats(file, name)));
    }
    return tensors;
  }

  private Path written(String base, Map<String, INDArray> tensors) throws IOException {
    Files.copy(Golden.base(base).resolve("config.json"), folder.resolve("config.json"));
    TensorFile.write(folder.resolve("model.safetensors"), tensors, Map.of("format", "pt"));
    return folder;
  }

  private static INDArray logits(Path folder) {
    try (Seq2SeqLanguageModel model = Transformers.loadSeq2Seq(folder)) {
      return model.graph().output(IDS, START)[0].dup();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "mbart, model.encoder.embed_tokens.weight",
    "marian, lm_head.weight",
    "pegasus, model.decoder.embed_tokens.weight"
  })
  void theSharedTableHasAnyOfItsNames(String base, String name) throws IOException {
    Map<String, INDArray> tensors = tensors(Golden.base(base));
    tensors.put(name, tensors.remove("model.shared.weight"));

    assertThat(logits(written(base, tensors))).isEqualTo(logits(Golden.base(base)));
  }

  @Test
  void sinusoidsInAFileAreThoseThatAreComputed() throws IOException {
    Map<String, INDArray> tensors = tensors(Golden.base("pegasus"));
    assertThat(tensors.remove("model.encoder.embed_positions.weight")).isNotNull();
    assertThat(tensors.remove("model.decoder.embed_positions.weight")).isNotNull();

    INDArray computed = logits(written("pegasus", tensors));

    INDArray stored = logits(Golden.base("pegasus"));
    assertThat(computed.sub(stored).amaxNumber().doubleValue())
        .isLessThan(1e-5 * stored.amaxNumber().doubleValue());
  }

  /** Numbers added to logits, and a table that no module reads, are among them. */
  @ParameterizedTest
  @ValueSource(strings = {"mbart", "mbart_untied"})
  void whatWasReadIsWrittenBack(String base) {
    try (Seq2SeqLanguageModel model = Transformers.loadSeq2Seq(Golden.base(base))) {
      CheckpointWriter.of(model).write(folder.resolve("written"));
    }

    assertThat(tensors(folder.resolve("written"))).isEqualTo(tensors(Golden.base(base)));
  }

  /** Under a config that unties the head, transformers reads no table as another's. */
  @Test
  void aHeadThatAnAdapterUntiesLeavesEachStackItsTable() {
    Path written = folder.resolve("written");
    LoraConfig config = LoraConfig.builder().rank(2).targetModules("lm_head").build();
    try (Seq2SeqLanguageModel model = Transformers.loadSeq2Seq(Golden.base("mbart"));
        PeftModel<ComputationGraph> peft = Peft.wrap(model.graph(), config)) {
      CheckpointWriter.of(model).merging(peft).write(written);
    }

    assertThat(tensors(written).keySet())
        .contains(
            "lm_head.weight",
            "model.shared.weight",
            "model.encoder.embed_tokens.weight",
            "model.decoder.embed_tokens.weight");
    assertThat(logits(written)).isEqualTo(logits(Golden.base("mbart")));
  }

  @Test
  void withoutNumbersNothingIsAdded() throws IOException {
    Map<String, INDArray> tensors = tensors(Golden.base("mbart"));
    INDArray added = tensors.remove("final_logits_bias");

    INDArray plain = logits(written("mbart", tensors));

    INDArray expected = logits(Golden.base("mbart"));
    assertThat(plain.slice(0).addRowVector(added).sub(expected.slice(0)).amaxNumber().doubleValue())
        .isLessThan(1e-5);
  }

  @ParameterizedTest
  @CsvSource({"marian, 58", "mbart, 50"})
  void resizingAddsNothingToTheLogitsOfNewTokens(String base, int size) {
    Path resized = folder.resolve("resized");
    ResizedVocabulary.write(Golden.base(base), size, resized);

    INDArray old = logits(Golden.base(base)).slice(0);
    INDArray logits = logits(resized).slice(0);
    int kept = Math.min(size, 56);
    INDArray difference = firstColumns(logits, kept).sub(firstColumns(old, kept));
    assertThat(difference.amaxNumber().doubleValue()).isLessThan(1e-5);
    Path file = resized.resolve("model.safetensors");
    float[] added = Golden.floats(file, "final_logits_bias").toFloatVector();
    assertThat(added).hasSize(size);
    assertThat(Arrays.copyOfRange(added, kept, size)).isEqualTo(new float[size - kept]);
  }

  private static INDArray firstColumns(INDArray matrix, int count) {
    return matrix.get(NDArrayIndex.all(), NDArrayIndex.interval(0, count));
  }

  @Test
  void aModelWithTwoVocabulariesIsNotResized() {
    assertThatThrownBy(
            () -> ResizedVocabulary.write(Golden.base("marian_two"), 60, folder.resolve("resized")))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("a vocabulary for each side");
  }

  @Test
  void numbersOfAnotherVocabularyAreRefused() throws IOException {
    Map<String, INDArray> tensors = tensors(Golden.base("marian"));
    tensors.put("final_logits_bias", Nd4j.ones(1, 55));

    assertThatThrownBy(() -> Transformers.loadSeq2Seq(written("marian", tensors)))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("final_logits_bias has shape [1, 55] instead of [1, 56]");
  }
}
