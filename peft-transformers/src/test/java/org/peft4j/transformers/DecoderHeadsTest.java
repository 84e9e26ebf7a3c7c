package org.peft4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.PeftModel;
import org.peft4j.config.PeftConfig;
import org.peft4j.error.PeftException;
import org.peft4j.lora.LoraConfig;
import org.peft4j.safetensors.TensorSource;
import org.peft4j.transformers.checkpoint.CheckpointWriter;
import org.peft4j.transformers.config.Labels;
import org.peft4j.transformers.config.Task;
import org.peft4j.transformers.config.TaskHead;
import org.peft4j.transformers.family.Families;

/** New heads of other tasks on the checkpoints of language models. */
class DecoderHeadsTest {
  private static final INDArray IDS = Nd4j.createFromArray(new int[][] {{9, 17, 33, 41, 8}});
  private static final Labels TAGS = Labels.of("O", "B-PER", "I-PER");

  private static TransformerModel open(String base, Task task) {
    TransformerOptions options = TransformerOptions.defaults();
    return task == Task.TOKEN_CLS
        ? Transformers.loadTokenClassifier(Golden.base(base), TAGS, options)
        : Transformers.loadQuestionAnswerer(Golden.base(base), options);
  }

  /** The output of the last layer before the head. */
  private static INDArray states(ComputationGraph graph) {
    graph.setInputs(IDS);
    return Objects.requireNonNull(
        graph.feedForward(IDS, graph.getVertices().length - 2, false).get("norm"));
  }

  @ParameterizedTest
  @CsvSource({
    "llama_head_dim, TOKEN_CLS, score, model",
    "llama_head_dim, QUESTION_ANS, qa_outputs, transformer",
    "qwen2, QUESTION_ANS, qa_outputs, transformer",
    "qwen3, QUESTION_ANS, qa_outputs, transformer",
    "smollm3, QUESTION_ANS, qa_outputs, transformer",
    "mistral, QUESTION_ANS, qa_outputs, model",
    "gpt2, TOKEN_CLS, classifier, transformer",
    "gpt_neox, TOKEN_CLS, classifier, gpt_neox",
    "phi, TOKEN_CLS, score, model",
    "bloom, QUESTION_ANS, qa_outputs, transformer",
  })
  void theBodyIsTheLanguageModelsAndItsNamesThoseOfTheClass(
      String base, Task task, String head, String body, @TempDir Path folder) throws IOException {
    try (TransformerModel language = Golden.open(base);
        TransformerModel model = open(base, task)) {
      assertThat(model.architecture().task()).isEqualTo(task);
      assertThat(states(model.graph())).isEqualTo(states(language.graph()));

      CheckpointWriter.of(model).write(folder.resolve("written"));
      try (TensorSource written = TensorSource.open(folder.resolve("written/model.safetensors"));
          TransformerModel again =
              Transformers.open(folder.resolve("written"), TransformerOptions.defaults())) {
        assertThat(written.tensors()).containsKeys(head + ".weight", head + ".bias");
        Set<String> first = new TreeSet<>();
        written.tensors().keySet().forEach(name -> first.add(name.split("\\.", 2)[0]));
        assertThat(first).containsExactlyInAnyOrder(head, body);
        assertThat(again.graph().output(IDS)[0]).isEqualTo(model.graph().output(IDS)[0]);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"llama_tokens, score", "gpt2_tokens, classifier", "llama_answers, qa_outputs"})
  void allLinearMapsAreThoseOfTheBodyAndTheHeadTrainsAsACopy(String base, String head) {
    PeftConfig config = LoraConfig.builder().targetModules("all-linear").rank(2).build();
    try (TransformerModel model = Golden.open(base)) {
      PeftModel<ComputationGraph> peft = model.wrap(config);
      assertThat(peft.adapter(peft.active().get(0)).tensors().keySet())
          .filteredOn(key -> key.contains("." + head + "."))
          .containsExactlyInAnyOrder(
              "base_model.model." + head + ".weight", "base_model.model." + head + ".bias");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "gptj_odd, TOKEN_CLS, '[CAUSAL_LM, SEQ_CLS, QUESTION_ANS]'",
    "opt_odd, TOKEN_CLS, '[CAUSAL_LM, SEQ_CLS, QUESTION_ANS]'",
    "phi_odd, QUESTION_ANS, '[CAUSAL_LM, SEQ_CLS, TOKEN_CLS]'",
    "gemma3_odd, QUESTION_ANS, '[CAUSAL_LM, SEQ_CLS]'",
  })
  void aTaskForWhichTransformersHasNoClassIsRefused(String base, Task task, String allowed) {
    TaskHead head = task == Task.TOKEN_CLS ? TaskHead.tokens(TAGS) : TaskHead.of(task);

    assertThatThrownBy(() -> Families.read(Golden.base(base), head))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("is not supported for the task " + task)
        .hasMessageContaining(allowed);
  }
}
