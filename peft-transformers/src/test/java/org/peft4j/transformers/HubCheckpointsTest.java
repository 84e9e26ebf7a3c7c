package org.peft4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.error.PeftException;
import org.peft4j.internal.files.TensorFile;
import org.peft4j.safetensors.TensorSource;
import org.peft4j.transformers.checkpoint.CheckpointWriter;
import org.peft4j.transformers.config.Labels;

/**
 * Encoders as they lie on hubs: saved by the class that pretrained them, or by the bare model, with
 * the names of TensorFlow, and with buffers that hold nothing learnt.
 */
class HubCheckpointsTest {
  private static final INDArray IDS = Nd4j.createFromArray(new int[][] {{1, 9, 17, 33, 2}});

  private final Path folder;
  private final Map<String, INDArray> tensors = new TreeMap<>();

  HubCheckpointsTest(@TempDir Path folder) {
    this.folder = folder;
  }

  /** The tensors of a base under other names; those that become empty fall away. */
  private void take(String base, UnaryOperator<String> names) throws IOException {
    Path file = Golden.base(base).resolve("model.safetensors");
    try (TensorSource source = TensorSource.open(file)) {
      for (String name : source.tensors().keySet()) {
        String renamed = names.apply(name);
        if (!renamed.isEmpty()) {
          tensors.put(renamed, Golden.floats(file, name));
        }
      }
    }
    Files.copy(Golden.base(base).resolve("config.json"), folder.resolve("config.json"));
  }

  private Path written() {
    TensorFile.write(folder.resolve("model.safetensors"), tensors, Map.of("format", "pt"));
    return folder;
  }

  private void ofClass(String name) throws IOException {
    Path config = folder.resolve("config.json");
    Files.writeString(
        config,
        Files.readString(config)
            .replaceFirst("\"architectures\": \\[[^]]*]", "\"architectures\": [\"" + name + "\"]"));
  }

  /** Hidden states of the bare model in the folder. */
  private static INDArray states(Path folder) {
    try (Encoder encoder = Transformers.loadEncoder(folder)) {
      return encoder.graph().output(IDS)[0].dup();
    }
  }

  @Test
  void namesOfTensorFlowAreThoseOfToday() throws IOException {
    take(
        "bert_features",
        name ->
            name.replace("LayerNorm.weight", "LayerNorm.gamma")
                .replace("LayerNorm.bias", "LayerNorm.beta"));

    assertThat(states(written())).isEqualTo(states(Golden.base("bert_features")));
  }

  /** A checkpoint of a class with a head has the prefix, that of the bare model has none. */
  @ParameterizedTest
  @CsvSource({
    "bert_sequence, bert, BertForMaskedLM, cls.predictions.bias",
    "bert_sequence, bert, BertForPreTraining, cls.seq_relationship.weight",
    "roberta_sequence, roberta, RobertaForMaskedLM, lm_head.dense.weight",
    "xlm_roberta_sequence, roberta, XLMRobertaForMaskedLM, lm_head.decoder.bias",
    "distilbert_sequence, distilbert, DistilBertForMaskedLM, vocab_projector.bias",
    "electra_sequence, electra, ElectraForPreTraining, discriminator_predictions.dense.weight",
    "albert_sequence, albert, AlbertForPreTraining, sop_classifier.classifier.bias",
    "albert_sequence, albert, AlbertForMaskedLM, predictions.dense.weight",
    "mpnet_sequence, mpnet, MPNetForMaskedLM, lm_head.layer_norm.weight",
    "modernbert_sequence, model, ModernBertForMaskedLM, decoder.bias"
  })
  void aPretrainedModelIsABareOneAndABodyForNewHeads(
      String base, String body, String className, String leftOver) throws IOException {
    take(base, name -> name.startsWith(body + ".") ? name : "");
    tensors.put(leftOver, Nd4j.ones(DataType.FLOAT, 3));
    ofClass(className);

    INDArray states = states(written());
    try (SequenceClassifier classifier =
        Transformers.loadClassifier(folder, Labels.of("bad", "good"))) {
      assertThat(classifier.graph().output(IDS)[0].shape()).containsExactly(1, 2);
    }

    Map<String, INDArray> bare = new TreeMap<>();
    tensors.forEach(
        (name, value) -> {
          if (name.startsWith(body + ".")) {
            bare.put(name.substring(body.length() + 1), value);
          }
        });
    tensors.clear();
    tensors.putAll(bare);
    assertThat(states(written())).isEqualTo(states);
  }

  /** As in Hugging Face transformers: only the map to the labels has another name. */
  @Test
  void theDenseLayerThatModernBertPredictedTokensWithIsThatOfANewHead(@TempDir Path target)
      throws IOException {
    take("modernbert_sequence", name -> name.startsWith("classifier.") ? "" : name);
    tensors.put("decoder.bias", Nd4j.ones(DataType.FLOAT, 56));
    ofClass("ModernBertForMaskedLM");
    Labels labels = Labels.of("bad", "good");

    try (SequenceClassifier classifier = Transformers.loadClassifier(written(), labels)) {
      CheckpointWriter.of(classifier).write(target.resolve("model"));
    }

    Path file = target.resolve("model/model.safetensors");
    for (String name : List.of("head.dense.weight", "head.norm.weight")) {
      assertThat(Golden.floats(file, name)).isEqualTo(tensors.get(name));
    }
    assertThat(Golden.floats(file, "classifier.weight").shape()).containsExactly(2, 30);
    assertThat(Golden.has(file, "decoder.bias")).isFalse();
  }

  @Test
  void aPoolerThatAFileLacksIsNew() throws IOException {
    take("mpnet_features", name -> name.startsWith("pooler.") ? "" : name);

    try (Encoder encoder = Transformers.loadEncoder(written());
        Encoder whole = Transformers.loadEncoder(Golden.base("mpnet_features"))) {
      INDArray[] outputs = encoder.graph().output(IDS);
      INDArray[] expected = whole.graph().output(IDS);
      assertThat(outputs[0]).isEqualTo(expected[0]);
      assertThat(outputs[1]).isNotEqualTo(expected[1]);
      assertThat(outputs[1].shape()).containsExactly(1, 21);
    }
  }

  @Test
  void twoNamesOfOneTensorAreRefused() throws IOException {
    take("bert_features", name -> name);
    INDArray weight = Objects.requireNonNull(tensors.get("embeddings.LayerNorm.weight"));
    tensors.put("embeddings.LayerNorm.gamma", weight.mul(2));

    assertThatThrownBy(() -> Transformers.loadEncoder(written()))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("are both embeddings.LayerNorm.weight");
  }

  @Test
  void aLanguageModelIsStillStrict() throws IOException {
    take("llama", name -> name);
    tensors.put("cls.predictions.bias", Nd4j.ones(DataType.FLOAT, 3));

    assertThatThrownBy(() -> Transformers.load(written()))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("unexpected cls.predictions.bias [3]");
  }
}
