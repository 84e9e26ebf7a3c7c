package org.peft4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.StreamSupport;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.lora.adalora.AdaLoraConfig;
import org.peft4j.safetensors.TensorSource;

/** Adapters that Hugging Face PEFT wrote give its logits, losses and gradients. */
class AdapterParityTest {
  private static final double TOLERANCE = 1e-5;

  /**
   * Cases whose reference, in single precision, is further from double precision than the
   * tolerance. PiSSA's singular value decomposition: 6e-5 in gpt2_pissa. LoHa's gradients, products
   * of products: 0.74e-5. Gradients of BART's queries and keys in three blocks with adapters on all
   * maps: 4.9e-5, and as much here. Marian's queries of the attention between the stacks: 1.0e-5,
   * and as much with the portable kernels. Gemma's keys: 0.6e-5, and 0.7e-5 here. CLIP's queries of
   * pictures in its second block: 1.1e-5, and 1.2e-5 from the reference here.
   *
   * <p>Gradients of heads of few outputs are small sums of what cancels: 2.7e-5 of one of 0.014,
   * 4e-7 in all, with the exponentials of oneDNN; within the tolerance with the portable kernels,
   * but for ModernBERT's last map, 1.03e-5, where the reference is 0.4e-5 from double precision. On
   * processors with AVX2 alone it is 1.03e-5 with LoRA too, and RoBERTa's first factors 1.06e-5.
   */
  private static double tolerance(String name) {
    if (name.equals("seq2seq/bart_all_linear")) {
      return 1e-4;
    }
    if (name.equals("seq2seq/marian") || ROUNDED.matcher(name).find()) {
      return 3e-5;
    }
    if (name.startsWith("loha/")
        || name.equals("decoders/gemma_attention")
        || name.equals("pictures/clip_linear")) {
      return 2e-5;
    }
    return name.endsWith("pissa") ? 4e-4 : TOLERANCE;
  }

  private static final Pattern ROUNDED =
      Pattern.compile(
          "^heads/|modernbert_tokens_|(distilbert_answers|electra_tokens|roberta_sequence)_linear");

  /** A table that two modules share cannot take the change of one of them. */
  private static final Set<String> TIED =
      Set.of(
          "llama_embedding_tied",
          "gpt2_embedding",
          "opt_350m_embeddings",
          "models/padding_opt",
          "models/tokens_apart",
          "seq2seq/marian_two",
          "seq2seq/t5_tables",
          "seq2seq/bart_embeddings");

  /** Files with a table that no module reads, which PEFT counts. */
  private static final Set<String> UNUSED_TABLE =
      Set.of("seq2seq/mbart_untied", "seq2seq/pegasus_f16");

  static List<String> cases() {
    return Golden.cases();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void outputsLossGradientsAndSavedTensorsAgreeWithTheReference(String name, @TempDir Path folder)
      throws IOException {
    Path expected = Golden.folder(name).resolve("expected.safetensors");
    try (Case golden = new Case(name);
        var plain = golden.model.training().withoutDropout()) {
      golden.assertSavedAsLoaded(folder);
      golden.assertParameterCount();
      golden.assertLogits(Golden.floats(expected, "logits"));
      try (var off = golden.model.adaptersDisabled()) {
        golden.assertLogits(Golden.floats(expected, "base_logits"));
      }
      golden.assertLogits(Golden.floats(expected, "logits"));

      ComputationGraph network = golden.model.network();
      golden.inputs.set(network);
      try (var deterministic = golden.model.training().withoutDropout()) {
        network.computeGradientAndScore();
      }
      double loss = Golden.floats(expected, "loss").getDouble(0);
      assertThat(Math.abs(network.score() - loss) / loss).isLessThan(tolerance(name));
      golden.assertGradients(expected);
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void mergedWeightsGiveTheReferencesMergedLogits(String name) throws IOException {
    Path file = Golden.folder(name).resolve("expected.safetensors");
    try (Case golden = new Case(name)) {
      if (!Golden.has(file, "merged_logits")) {
        assertThatThrownBy(golden.model::merged)
            .hasMessageContaining(
                name.startsWith("quantized/") ? "which is held in" : "cannot be merged");
        return;
      }
      INDArray expected = Golden.floats(file, "merged_logits");
      if (TIED.contains(name)) {
        assertThatThrownBy(golden.model::merged).hasMessageContaining("shares its weight");
        return;
      }
      try (var merged = golden.model.merged()) {
        golden.assertLogits(expected);
      }
      golden.assertLogits(
          Golden.floats(Golden.folder(name).resolve("expected.safetensors"), "logits"));
    }
  }

  static final class Case implements AutoCloseable {
    final JsonNode json;
    final GoldenInputs inputs;
    final PeftModel<ComputationGraph> model;
    private final TransformerModel base;
    private final String name;

    Case(String name) throws IOException {
      this.name = name;
      json = new JsonMapper().readTree(Golden.folder(name).resolve("case.json").toFile());
      inputs = GoldenInputs.of(name);
      base = Golden.open(json, inputs);
      model = Peft.bare(base.graph(), 1);
      for (String adapter : texts("adapters")) {
        model.loadAdapter(adapter, adapterFolder(adapter));
      }
      model.setActive(texts("active"));
      if (Golden.has(Golden.folder(name).resolve("inputs.safetensors"), "task_ids")) {
        model.setTasks(
            Arrays.stream(input("task_ids").toIntVector()).boxed().toArray(Integer[]::new));
      }
    }

    INDArray input(String tensor) {
      return Golden.integers(Golden.folder(name).resolve("inputs.safetensors"), tensor);
    }

    Path adapterFolder(String adapter) {
      Path single = Golden.folder(name).resolve("adapter");
      return Files.exists(single) ? single : Golden.folder(name).resolve("adapters/" + adapter);
    }

    private List<String> texts(String field) {
      return StreamSupport.stream(json.path(field).spliterator(), false)
          .map(JsonNode::asText)
          .toList();
    }

    /** Saving what was loaded gives the same tensors. */
    void assertSavedAsLoaded(Path folder) {
      for (String adapter : model.adapters()) {
        Path saved = folder.resolve(adapter);
        model.save(adapter, saved);
        Path original = adapterFolder(adapter).resolve("adapter_model.safetensors");
        Path again = saved.resolve("adapter_model.safetensors");
        try (TensorSource source = TensorSource.open(again)) {
          for (String key : source.tensors().keySet()) {
            if (source.tensor(key).elementCount() == 0) {
              continue;
            }
            assertThat(Golden.floats(source, key)).as(key).isEqualTo(Golden.floats(original, key));
          }
        }
      }
    }

    /** PEFT counts AdaLoRA's ranks that were taken away. */
    void assertParameterCount() {
      boolean pruned =
          model.active().stream()
              .anyMatch(
                  each ->
                      model.config(each) instanceof AdaLoraConfig config
                          && !config.rankPattern().isEmpty());
      if (json.has("trainable_parameters_text") && !pruned && !UNUSED_TABLE.contains(name)) {
        assertThat(model.trainableParameters().toString())
            .isEqualTo(json.path("trainable_parameters_text").asText());
      }
    }

    void assertLogits(INDArray expected) {
      assertThat(logitsError(expected))
          .as("relative difference of logits")
          .isLessThan(tolerance(name));
    }

    /** The relative difference where there is a token; what padding gives has no meaning. */
    double logitsError(INDArray expected) {
      return Golden.logitsError(inputs.output(model.network()), expected, inputs.shown());
    }

    void assertGradients(Path expected) {
      boolean several = model.adapters().size() > 1;
      List<String> compared = new ArrayList<>();
      for (String adapter : model.active()) {
        for (Map.Entry<String, INDArray> entry : model.adapter(adapter).gradients().entrySet()) {
          String key = "grad." + (several ? adapter + "/" : "") + entry.getKey();
          INDArray wanted = Golden.floats(expected, key);
          double difference = entry.getValue().sub(wanted).amaxNumber().doubleValue();
          // The same number at each position changes no softmax over positions.
          boolean zero = key.endsWith("qa_outputs.bias");
          assertThat(difference / (zero ? 1 : wanted.amaxNumber().doubleValue()))
              .as(key)
              .isLessThan(tolerance(name));
          compared.add(key);
        }
      }
      try (TensorSource source = TensorSource.open(expected)) {
        assertThat(compared)
            .containsAll(
                source.tensors().keySet().stream()
                    .filter(k -> k.startsWith("grad."))
                    .filter(k -> source.tensor(k).elementCount() > 0)
                    .toList());
      }
    }

    @Override
    public void close() {
      model.close();
      base.close();
    }
  }
}
