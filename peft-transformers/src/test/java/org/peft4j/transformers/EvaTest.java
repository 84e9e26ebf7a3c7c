package org.peft4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.adapter.Adapter;
import org.peft4j.lora.LoraConfig;
import org.peft4j.lora.eva.EvaInitialiser;
import org.peft4j.lora.eva.EvaSettings;
import org.peft4j.lora.internal.lowrank.LoraLinear;

/**
 * EVA gives the ranks and scales that Hugging Face PEFT gives, and the exact components, which the
 * reference approximates.
 */
class EvaTest {
  private record Case(
      String name, String base, int rank, EvaSettings settings, List<String> targets) {
    Path folder() {
      return Golden.folder("eva/" + name);
    }

    INDArray input(String key) {
      return Golden.integers(folder().resolve("inputs.safetensors"), key);
    }

    INDArray expected(String key) {
      return Golden.floats(folder().resolve("expected.safetensors"), key);
    }

    JsonNode described(String what) throws IOException {
      return new JsonMapper().readTree(folder().resolve("case.json").toFile()).path(what);
    }

    /** The reference sees the same batch again until its components stay. */
    int passes(boolean[] rows) throws IOException {
      int seen = described("samples_seen").elements().next().asInt();
      return seen / (int) IntStream.range(0, rows.length).filter(i -> rows[i]).count();
    }

    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Case> cases() {
    return Stream.of(
        new Case(
            "llama", "llama", 3, EvaSettings.DEFAULT, List.of("q_proj", "o_proj", "down_proj")),
        new Case(
            "llama_removed",
            "llama_biases",
            1,
            EvaSettings.DEFAULT,
            List.of("v_proj", "gate_proj", "down_proj", "o_proj")),
        new Case(
            "llama_shared",
            "llama",
            4,
            new EvaSettings(1.5, false, false),
            List.of("q_proj", "v_proj", "o_proj")),
        new Case("gpt2", "gpt2", 4, new EvaSettings(1.5, false, true), List.of("c_attn", "c_fc")),
        new Case(
            "gpt2_whiten", "gpt2", 4, new EvaSettings(1, true, true), List.of("c_attn", "c_fc")));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void ranksScalesAndComponentsAreTheReferences(Case each) throws IOException {
    try (CausalLanguageModel base = Transformers.load(Golden.base(each.base()));
        PeftModel<ComputationGraph> model =
            Peft.wrap(
                base.graph(),
                LoraConfig.builder()
                    .rank(each.rank())
                    .alpha(6)
                    .targetModules(each.targets().toArray(String[]::new))
                    .build())) {
      EvaInitialiser eva = new EvaInitialiser(model, Peft.DEFAULT_ADAPTER, each.settings());
      INDArray ids = each.input("input_ids");
      INDArray mask = each.input("attention_mask");
      boolean[] rows = labelled(mask, each.input("labels"));
      for (int i = 0; i < each.passes(rows); i++) {
        eva.observe(
            () -> model.network().output(false, new INDArray[] {ids}, new INDArray[] {mask}), rows);
      }
      eva.apply();

      Map<String, INDArray> tensors = model.adapter(Peft.DEFAULT_ADAPTER).tensors();
      assertThat(tensors).hasSize(2 * each.described("ranks").size());
      for (var rank : each.described("ranks").properties()) {
        INDArray a = tensor(tensors, rank.getKey(), "A");
        assertThat(a.size(0)).as(rank.getKey()).isEqualTo(rank.getValue().asInt());
        assertThat(tensor(tensors, rank.getKey(), "B").amaxNumber().doubleValue()).isZero();
        assertComponents(each, rank.getKey(), a);
      }
      model.loadAdapter("reference", each.folder().resolve("adapter"));
      assertThat(scales(model, Peft.DEFAULT_ADAPTER)).isEqualTo(scales(model, "reference"));
    }
  }

  private static boolean[] labelled(INDArray mask, INDArray labels) {
    int time = (int) mask.size(1);
    boolean[] rows = new boolean[(int) mask.length()];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = mask.getInt(i / time, i % time) == 1 && labels.getInt(i / time, i % time) != -100;
    }
    return rows;
  }

  private static INDArray tensor(Map<String, INDArray> tensors, String site, String factor) {
    return Objects.requireNonNull(
        tensors.get("base_model.model." + site + ".lora_" + factor + ".weight"));
  }

  /** Modules that see the same have one decomposition, under the name of one of them. */
  private static void assertComponents(Case each, String site, INDArray a) {
    String key = "exact_components." + site;
    if (!Golden.has(each.folder().resolve("expected.safetensors"), key)) {
      assertThat(each.name()).isEqualTo("llama_shared");
      return;
    }
    INDArray exact = each.expected(key);
    INDArray values = each.expected("singular_values." + site);
    for (int i = 0; i < a.size(0); i++) {
      double length = a.getRow(i).norm2Number().doubleValue();
      double product = a.getRow(i).mul(exact.getRow(i)).sumNumber().doubleValue();
      assertThat(Math.abs(product) / length).as(key + " " + i).isGreaterThan(1 - 1e-4);
      double wanted = each.settings().whiten() ? 1 / Math.sqrt(values.getDouble(i)) : 1;
      assertThat(length).as(key + " " + i).isCloseTo(wanted, within(1e-3 * wanted));
    }
  }

  private static Map<String, Double> scales(PeftModel<?> model, String adapter) {
    Map<String, Double> scales = new LinkedHashMap<>();
    for (Adapter part : model.adapter(adapter).parts()) {
      scales.put(part.site().name(), ((LoraLinear) part).shape().scale());
    }
    return scales;
  }
}
