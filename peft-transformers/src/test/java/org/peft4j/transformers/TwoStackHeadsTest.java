package org.peft4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.error.PeftException;
import org.peft4j.lora.LoraConfig;
import org.peft4j.safetensors.TensorSource;
import org.peft4j.transformers.checkpoint.CheckpointWriter;
import org.peft4j.transformers.config.Labels;
import org.peft4j.transformers.config.Task;

/** New heads of other tasks on encoder-decoders, whose decoder reads the encoder's ids. */
class TwoStackHeadsTest {
  /** Two texts, both ended by the token 2, of which the second has one of it in the middle. */
  private static final INDArray IDS =
      Nd4j.createFromArray(new int[][] {{9, 17, 33, 41, 2}, {5, 2, 18, 2, 0}});

  private static final INDArray MASK =
      Nd4j.createFromArray(new float[][] {{1, 1, 1, 1, 1}, {1, 1, 1, 1, 0}});
  private static final Labels LABELS = Labels.of("bad", "good");

  private static TransformerModel open(Path folder, Task task) {
    TransformerOptions options = TransformerOptions.defaults();
    return switch (task) {
      case SEQ_CLS -> Transformers.loadClassifier(folder, LABELS, options);
      case TOKEN_CLS -> Transformers.loadTokenClassifier(folder, LABELS, options);
      default -> Transformers.loadQuestionAnswerer(folder, options);
    };
  }

  private static INDArray[] masks(ComputationGraph graph) {
    return graph.getNumInputArrays() == 1 ? new INDArray[] {MASK} : new INDArray[] {MASK, null};
  }

  /** The output of that layer. */
  private static INDArray states(ComputationGraph graph, String layer, INDArray... inputs) {
    graph.setLayerMaskArrays(masks(graph), null);
    Map<String, INDArray> all = graph.feedForward(inputs, false);
    INDArray states = Objects.requireNonNull(all.get(layer)).dup();
    graph.clear();
    graph.clearLayerMaskArrays();
    return states;
  }

  /** The states of a language model's decoder whose input is its encoder's, one position later. */
  @ParameterizedTest
  @CsvSource({
    "t5, SEQ_CLS, decoder_norm, 0, 0",
    "t5, QUESTION_ANS, decoder_norm, 0, 0",
    "mt5, SEQ_CLS, decoder_norm, 0, 0",
    "umt5, QUESTION_ANS, decoder_norm, 0, 0",
    "bart, SEQ_CLS, decoder_block1, 2, 2",
    "bart_scaled, QUESTION_ANS, decoder_block2, 2, 2",
    "mbart, SEQ_CLS, decoder_norm, 2, 2",
    "mbart_untied, QUESTION_ANS, decoder_norm, 2, 0",
  })
  void theDecoderReadsTheInputOnePositionLater(
      String base, Task task, String layer, int first, int second) {
    INDArray later =
        Nd4j.createFromArray(new int[][] {{first, 9, 17, 33, 41}, {second, 5, 2, 18, 2}});
    try (TransformerModel language = Golden.open(base);
        TransformerModel model = open(Golden.base(base), task)) {
      assertThat(model.architecture().task()).isEqualTo(task);
      assertThat(states(model.graph(), layer, IDS))
          .isEqualTo(states(language.graph(), layer, IDS, later));
    }
  }

  @ParameterizedTest
  @CsvSource({"t5", "mt5", "umt5"})
  void tokensAreLabelledByTheEncoderAlone(String base) {
    try (TransformerModel language = Golden.open(base);
        TransformerModel model = open(Golden.base(base), Task.TOKEN_CLS)) {
      assertThat(model.architecture().encoder()).isEmpty();
      assertThat(states(model.graph(), "norm", IDS))
          .isEqualTo(states(language.graph(), "encoder_norm", IDS, IDS));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "t5, SEQ_CLS, classification_head.out_proj, T5ForSequenceClassification, transformer",
    "umt5, TOKEN_CLS, classifier, UMT5ForTokenClassification, transformer",
    "t5, QUESTION_ANS, qa_outputs, T5ForQuestionAnswering, ''",
    "mbart_untied, SEQ_CLS, classification_head.out_proj, MBartForSequenceClassification, model",
    "bart, QUESTION_ANS, qa_outputs, BartForQuestionAnswering, model",
  })
  void aCheckpointHasTheNamesOfTheClass(
      String base, Task task, String head, String className, String body, @TempDir Path folder) {
    Path written = folder.resolve("written");
    try (TransformerModel model = open(Golden.base(base), task)) {
      assertThat(model.architecture().names().className()).isEqualTo(className);
      CheckpointWriter.of(model).write(written);
      try (TensorSource source = TensorSource.open(written.resolve("model.safetensors"));
          TransformerModel again = Transformers.open(written, TransformerOptions.defaults())) {
        assertThat(source.tensors()).containsKeys(head + ".weight", head + ".bias");
        Set<String> first = new TreeSet<>();
        source.tensors().keySet().forEach(name -> first.add(name.split("\\.", 2)[0]));
        first.remove(head.split("\\.", 2)[0]);
        assertThat(first)
            .containsExactlyInAnyOrder(
                body.isEmpty()
                    ? new String[] {"encoder", "decoder", "shared"}
                    : new String[] {body});
        assertThat(again.graph().output(IDS)[0]).isEqualTo(model.graph().output(IDS)[0]);
      }
    }
  }

  /** PEFT trains a classifier or a score, and qa_outputs, and these heads have other names. */
  @ParameterizedTest
  @CsvSource({
    "t5, SEQ_CLS, classification_head.out_proj",
    "bart, SEQ_CLS, classification_head.dense",
    "t5, QUESTION_ANS, qa_outputs",
    "modernbert_answers, QUESTION_ANS, classifier",
  })
  void aHeadTrainsWhateverItsNameUnlessTheConfigNamesTheTask(String base, Task task, String head) {
    LoraConfig config = LoraConfig.builder().rank(2).targetModules("all-linear").build();
    String key = "base_model.model." + head + ".weight";
    try (TransformerModel model = open(Golden.base(base), task)) {
      assertThat(model.wrap(config).adapter("default").tensors()).containsKey(key);

      LoraConfig named = config.toBuilder().taskType(task.name()).build();
      assertThat(model.wrap(named).adapter("default").tensors().containsKey(key))
          .isEqualTo(head.equals("qa_outputs"));
    }
  }

  @Test
  void aTextWithoutItsLastTokenIsRefused() {
    INDArray ids = Nd4j.createFromArray(new int[][] {{9, 17, 2}, {9, 17, 33}});
    try (TransformerModel model = open(Golden.base("t5"), Task.SEQ_CLS)) {
      assertThatThrownBy(() -> model.graph().output(ids))
          .isInstanceOf(PeftException.class)
          .hasMessageContaining("Sequence 1 of the batch has no token [2], eos_token_id");
    }
  }

  @Test
  void aClassifierWritesNoTexts() {
    assertThatThrownBy(() -> Transformers.loadSeq2Seq(Golden.base("t5_sequence")))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("T5ForSequenceClassification) is not a language model");
  }

  @ParameterizedTest
  @CsvSource({"bart, TOKEN_CLS", "marian, QUESTION_ANS", "pegasus, SEQ_CLS"})
  void aTaskForWhichTransformersHasNoClassIsRefused(String base, Task task) {
    assertThatThrownBy(() -> open(Golden.base(base), task))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("is not supported for the task " + task);
  }
}
