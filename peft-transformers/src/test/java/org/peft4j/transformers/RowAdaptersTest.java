package org.peft4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.StreamSupport;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.AdapterScope;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.config.PeftConfig;
import org.peft4j.error.PeftException;
import org.peft4j.ia3.Ia3Config;
import org.peft4j.lora.LoraConfig;
import org.peft4j.norm.NormTuningConfig;
import org.peft4j.prompt.prefix.PrefixTuningConfig;
import org.peft4j.prompt.tuning.PromptTuningConfig;

/** Each sequence of a batch has an adapter of its own. */
class RowAdaptersTest {
  private static final INDArray IDS =
      Nd4j.createFromArray(new long[][] {{3, 4, 5, 6}, {7, 8, 9, 10}, {11, 12, 13, 14}});

  @ParameterizedTest
  @ValueSource(strings = {"llama", "gpt2"})
  void loraAgreesWithTheReference(String name) throws IOException {
    Path folder = Golden.folder("per_row/" + name);
    JsonNode json = new JsonMapper().readTree(folder.resolve("case.json").toFile());
    Path inputs = folder.resolve("inputs.safetensors");
    INDArray mask = Golden.integers(inputs, "attention_mask");
    INDArray expected = Golden.floats(folder.resolve("expected.safetensors"), "logits");
    try (CausalLanguageModel base = Transformers.load(Golden.base(json.path("base").asText()));
        PeftModel<ComputationGraph> model = Peft.bare(base.graph(), 1)) {
      List<String> adapters = texts(json.path("adapters"));
      adapters.forEach(a -> model.loadAdapter(a, folder.resolve("adapters").resolve(a)));
      model.setActive(adapters);
      try (var rows = model.adapterOfEachRow(texts(json.path("adapter_names")))) {
        INDArray actual =
            model.network()
                .output(
                    false,
                    new INDArray[] {Golden.integers(inputs, "input_ids")},
                    new INDArray[] {mask})[0];
        INDArray visible =
            mask.castTo(actual.dataType()).reshape('c', mask.size(0), mask.size(1), 1);
        INDArray difference = actual.sub(expected).muli(visible.broadcast(actual.shape()));
        assertThat(difference.amaxNumber().doubleValue())
            .isLessThan(1e-5 * expected.amaxNumber().doubleValue());
      }
    }
  }

  private static List<String> texts(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false).map(JsonNode::asText).toList();
  }

  /** What each row gets alone, it gets beside others. */
  private static void eachRowAsAlone(PeftConfig first, PeftConfig second, boolean withBase) {
    try (CausalLanguageModel base = Transformers.load(Golden.base("llama"));
        PeftModel<ComputationGraph> model = Peft.bare(base.graph(), 7)) {
      model.addAdapter("first", first);
      model.addAdapter("second", second);
      model.setActive("first", "second");
      for (String adapter : model.adapters()) {
        model
            .adapter(adapter)
            .tensors()
            .forEach((key, v) -> v.addi(Nd4j.randn(v.shape()).muli(0.3)));
      }
      List<String> names = List.of("second", "first", withBase ? PeftModel.BASE : "second");
      INDArray mixed;
      try (var rows = model.adapterOfEachRow(names)) {
        mixed = model.network().output(IDS)[0].dup();
      }
      for (int row = 0; row < 3; row++) {
        String name = names.get(row);
        model.setActive(name.equals(PeftModel.BASE) ? List.of() : List.of(name));
        INDArray alone = model.network().output(IDS)[0];
        INDArray difference =
            mixed.tensorAlongDimension(row, 1, 2).sub(alone.tensorAlongDimension(row, 1, 2));
        assertThat(difference.amaxNumber().doubleValue()).as(name).isLessThan(2e-5);
      }
    }
  }

  @Test
  void scaledFeatures() {
    eachRowAsAlone(
        Ia3Config.builder().build(),
        LoraConfig.builder().rank(2).targetModules("q_proj", "embed_tokens").build(),
        true);
  }

  @Test
  void promptsOfOneLength() {
    eachRowAsAlone(
        PromptTuningConfig.builder().virtualTokens(3).build(),
        PromptTuningConfig.builder().virtualTokens(3).build(),
        false);
  }

  @Test
  void prefixesOfOneLength() {
    eachRowAsAlone(
        PrefixTuningConfig.builder().virtualTokens(2).build(),
        PrefixTuningConfig.builder().virtualTokens(2).build(),
        false);
  }

  @Test
  void trainingIsRefused() {
    try (CausalLanguageModel base = Transformers.load(Golden.base("llama"));
        PeftModel<ComputationGraph> model =
            Peft.wrap(base.graph(), LoraConfig.builder().targetModules("q_proj").build());
        var rows = model.adapterOfEachRow(List.of("default", PeftModel.BASE, "default"))) {
      model.network().setInputs(IDS);
      model.network().setLabels(IDS);
      assertThatThrownBy(() -> model.network().computeGradientAndScore())
          .isInstanceOf(PeftException.class)
          .hasMessageContaining("for inference");
    }
  }

  @Test
  void otherAdaptersAreNotActivatedMeanwhile() {
    try (CausalLanguageModel base = Transformers.load(Golden.base("llama"));
        PeftModel<ComputationGraph> model =
            Peft.wrap(base.graph(), LoraConfig.builder().targetModules("q_proj").build())) {
      try (AdapterScope scope = model.adapterOfEachRow(List.of("default", PeftModel.BASE))) {
        assertThatThrownBy(() -> model.setActive())
            .isInstanceOf(PeftException.class)
            .hasMessageContaining("close that scope before changing the active adapters");
        assertThatThrownBy(() -> model.adapterOfEachRow(List.of("default")))
            .hasMessageContaining("close that scope before giving each row another");
      }
      model.setActive();
    }
  }

  @Test
  void whatCannotBeSplitIsRefused() {
    try (CausalLanguageModel base = Transformers.load(Golden.base("llama"));
        PeftModel<ComputationGraph> model =
            Peft.wrap(base.graph(), NormTuningConfig.builder().build())) {
      assertThatThrownBy(() -> model.adapterOfEachRow(List.of("default")))
          .isInstanceOf(PeftException.class)
          .hasMessageContaining("Make a batch for each adapter");
      assertThatThrownBy(() -> model.adapterOfEachRow(List.of("other")))
          .hasMessageContaining("\"other\" is not active");
    }
  }
}
