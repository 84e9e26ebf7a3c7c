package org.peft4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.method.Combination;
import org.peft4j.safetensors.TensorSource;

/** Weighted sums of LoRA adapters give what Hugging Face PEFT's give. */
class WeightedSumTest {
  private static final double TOLERANCE = 1e-5;

  @ParameterizedTest
  @ValueSource(strings = {"weighted/llama", "weighted/gpt2"})
  void theSumsAreTheReferences(String name) throws IOException {
    Path folder = Golden.folder(name);
    JsonNode json = new JsonMapper().readTree(folder.resolve("case.json").toFile());
    try (CausalLanguageModel base = Transformers.load(Golden.base(json.path("base").asText()));
        PeftModel<ComputationGraph> model = Peft.bare(base.graph(), 1)) {
      for (JsonNode adapter : json.path("adapters")) {
        model.loadAdapter(adapter.asText(), folder.resolve("adapters/" + adapter.asText()));
      }
      int compared = 0;
      for (var entry : json.path("combinations").properties()) {
        // What is dropped at random is another choice here; DareTest has those.
        if (!entry.getKey().startsWith("dare") || entry.getKey().endsWith("of_all")) {
          compare(model, folder, entry.getKey(), entry.getValue());
          compared++;
        }
      }
      assertThat(compared).isEqualTo(name.endsWith("llama") ? 19 : 5);
    }
  }

  @Test
  void vectorsAreAddedUp() throws IOException {
    Path folder = Golden.folder("weighted/ia3");
    JsonNode json = new JsonMapper().readTree(folder.resolve("case.json").toFile());
    Path expected = folder.resolve("expected.safetensors");
    try (CausalLanguageModel base = Transformers.load(Golden.base(json.path("base").asText()));
        PeftModel<ComputationGraph> model = Peft.bare(base.graph(), 1)) {
      for (String adapter : List.of("first", "second")) {
        model.loadAdapter(adapter, folder.resolve("adapters/" + adapter));
      }
      for (var entry : json.path("combinations").properties()) {
        JsonNode weights = entry.getValue().path("weights");
        model.addWeightedAdapter(
            List.of("first", "second"),
            List.of(weights.path("first").asDouble(), weights.path("second").asDouble()),
            entry.getKey(),
            Combination.of(Combination.Type.LINEAR));
        Map<String, INDArray> sum = model.adapter(entry.getKey()).tensors();
        assertThat(sum).isNotEmpty();
        sum.forEach(
            (key, l) -> {
              INDArray wanted = Golden.floats(expected, entry.getKey() + "." + key);
              assertThat(relative(l, wanted)).as(key).isLessThan(1e-6);
            });
      }
      assertThatThrownBy(
              () ->
                  model.addWeightedAdapter(
                      List.of("first", "second"),
                      List.of(1.0, 1.0),
                      "other",
                      Combination.of(Combination.Type.SVD)))
          .hasMessageContaining("LINEAR");
    }
  }

  private static void compare(
      PeftModel<ComputationGraph> model, Path folder, String sum, JsonNode how) {
    List<String> names = new ArrayList<>();
    List<Double> weights = new ArrayList<>();
    for (var entry : how.path("weights").properties()) {
      names.add(entry.getKey());
      weights.add(entry.getValue().asDouble());
    }
    model.addWeightedAdapter(names, weights, sum, combination(how));
    Path expected = folder.resolve("expected.safetensors");
    int products = 0;
    try (TensorSource source = TensorSource.open(expected)) {
      for (String key : source.tensors().keySet()) {
        if (key.startsWith(sum + ".") && key.endsWith("lora_A.weight")) {
          String own = key.substring(sum.length() + 1);
          INDArray wanted =
              Golden.floats(expected, key.replace("lora_A", "lora_B"))
                  .mmul(Golden.floats(expected, key));
          INDArray actual =
              tensor(model, sum, own.replace("lora_A", "lora_B")).mmul(tensor(model, sum, own));
          assertThat(relative(actual, wanted)).as(key).isLessThan(TOLERANCE);
          products++;
        }
      }
    }
    assertThat(products * 2).isEqualTo(model.adapter(sum).tensors().size());
    model.setActive(sum);
    INDArray ids = Golden.integers(folder.resolve("inputs.safetensors"), "input_ids");
    INDArray mask = Golden.integers(folder.resolve("inputs.safetensors"), "attention_mask");
    INDArray logits = model.network().output(false, new INDArray[] {ids}, new INDArray[] {mask})[0];
    INDArray wanted = Golden.floats(expected, sum + ".logits");
    INDArray real = mask.castTo(wanted.dataType()).reshape(mask.size(0), mask.size(1), 1);
    assertThat(relative(logits.mul(real), wanted.mul(real))).as(sum).isLessThan(2 * TOLERANCE);
    model.setActive();
    model.delete(sum);
  }

  private static Combination combination(JsonNode how) {
    String type = how.path("combination_type").asText().toUpperCase(Locale.ROOT);
    Combination result = Combination.of(Combination.Type.valueOf(type));
    if (how.has("density")) {
      result = result.density(how.path("density").asDouble());
    }
    if (how.has("svd_rank")) {
      result = result.rank(how.path("svd_rank").asInt());
    }
    if (how.has("svd_clamp")) {
      result = result.clamp(how.path("svd_clamp").asDouble());
    }
    if (how.path("majority_sign_method").asText().equals("frequency")) {
      result = result.majority(Combination.Majority.FREQUENCY);
    }
    return result;
  }

  private static INDArray tensor(PeftModel<?> model, String adapter, String key) {
    return Objects.requireNonNull(model.adapter(adapter).tensors().get(key), key);
  }

  private static double relative(INDArray actual, INDArray expected) {
    return actual.sub(expected).amaxNumber().doubleValue() / expected.amaxNumber().doubleValue();
  }
}
