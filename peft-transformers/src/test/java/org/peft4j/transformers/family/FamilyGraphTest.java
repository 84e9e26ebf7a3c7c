package org.peft4j.transformers.family;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.config.PeftConfig;
import org.peft4j.ia3.Ia3Config;
import org.peft4j.lora.LoraConfig;
import org.peft4j.plan.AdapterPlan;
import org.peft4j.safetensors.TensorSource;
import org.peft4j.site.Site;
import org.peft4j.site.SiteRole;
import org.peft4j.transformers.Golden;
import org.peft4j.transformers.TransformerModel;
import org.peft4j.transformers.TransformerOptions;
import org.peft4j.transformers.Transformers;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.architecture.ModuleParameter;
import org.peft4j.transformers.checkpoint.RandomCheckpoint;
import org.peft4j.transformers.internal.family.Family;
import org.peft4j.transformers.internal.weights.TensorKeys;
import org.peft4j.transformers.plan.TrainingBatch;

/**
 * The description of a family, its checkpoint, its graph and its plan are of one model, that of the
 * reference. A family needs a config in {@code reference/fields.py} to be tested here.
 */
class FamilyGraphTest {
  private static final TrainingBatch BATCH = new TrainingBatch(1, 8);
  private static final List<PeftConfig> DEFAULTS =
      List.of(LoraConfig.builder().build(), Ia3Config.builder().build());

  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path folder;

  static Stream<String> families() {
    return Families.all().stream().map(Family::modelType);
  }

  @ParameterizedTest
  @MethodSource("families")
  void parametersHaveTheNamesAndShapesOfTheReference(String family) {
    ModelArchitecture model = read(family);

    Map<String, List<Long>> own = new TreeMap<>();
    // The bias of BLIP's head is its module's in transformers, and its output's in others.
    shapes(model)
        .forEach(
            (key, shape) ->
                own.put(
                    reference(family).containsKey(key) ? key : model.names().stored(key), shape));
    assertThat(own).isEqualTo(reference(family));
    assertThat(model.parameterCount()).isEqualTo(count(reference(family)));
  }

  @ParameterizedTest
  @MethodSource("families")
  void defaultTargetsAreThoseOfTheReference(String family) {
    for (PeftConfig config : DEFAULTS) {
      JsonNode targets = golden(family).path(config.peftType().toLowerCase(Locale.ROOT));
      if (targets.isNull()) {
        continue; // PEFT has no default for the family; here its roles give one.
      }
      List<String> expected = new ArrayList<>();
      targets.forEach(t -> expected.add(t.asText()));

      assertThat(Transformers.plan(config(family), config, BATCH).adapter().sites())
          .extracting(Site::name)
          .containsExactlyInAnyOrderElementsOf(expected);
    }
  }

  @ParameterizedTest
  @MethodSource("families")
  void theGraphHasTheSitesOfTheDescription(String family) {
    ModelArchitecture described = read(family);
    try (TransformerModel loaded = random(family);
        PeftModel<ComputationGraph> bare = Peft.bare(loaded.graph(), 1)) {
      assertThat(bare.sites()).containsExactlyElementsOf(described.sites());
      if (described.readsText()) {
        assertThat(bare.sites()).extracting(Site::role).contains(SiteRole.TOKEN_EMBEDDING);
      }
      assertThat(loaded.parameterCount()).isEqualTo(described.parameterCount());
      for (PeftConfig config : DEFAULTS) {
        AdapterPlan planned = Transformers.plan(config(family), config, BATCH).adapter();
        assertThat(Peft.plan(loaded.graph(), config)).isEqualTo(planned.withActivations(0));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("families")
  void aNewCheckpointHasTheKeysAndShapesOfTheReference(String family) {
    random(family).close();

    Map<String, List<Long>> written = new TreeMap<>();
    try (TensorSource source = TensorSource.open(folder.resolve("model"))) {
      source.tensors().forEach((key, tensor) -> written.put(key, tensor.shape()));
    }
    Map<String, List<Long>> expected = reference(family);
    for (Map.Entry<String, JsonNode> name : golden(family).path("renamed").properties()) {
      expected.put(name.getValue().asText(), expected.remove(name.getKey()));
    }
    assertThat(written).isEqualTo(expected);
  }

  private TransformerModel random(String family) {
    RandomCheckpoint.init(config(family), folder.resolve("model"), 1);
    return Transformers.open(folder.resolve("model"), TransformerOptions.defaults());
  }

  private ModelArchitecture read(String family) {
    return Families.read(config(family));
  }

  private Path config(String family) {
    return ConfigFile.of(golden(family).path("config"), folder).write();
  }

  private static JsonNode golden(String family) {
    return ConfigFile.json(Golden.folder("fields").resolve(family + ".json"));
  }

  private static Map<String, List<Long>> shapes(ModelArchitecture model) {
    Map<String, List<Long>> shapes = new TreeMap<>();
    for (ModuleParameter each : model.distinctParameters()) {
      shapes.put(TensorKeys.key(each.module(), each.parameter()), each.parameter().shape());
    }
    return shapes;
  }

  /** A tied head has no entry of its own. */
  private static Map<String, List<Long>> reference(String family) {
    Map<String, List<Long>> shapes = new TreeMap<>();
    for (Map.Entry<String, JsonNode> entry : golden(family).path("parameters").properties()) {
      List<Long> shape = new ArrayList<>();
      entry.getValue().forEach(size -> shape.add(size.asLong()));
      shapes.put(entry.getKey(), shape);
    }
    return shapes;
  }

  private static long count(Map<String, List<Long>> shapes) {
    return shapes.values().stream()
        .mapToLong(
            shape -> shape.stream().mapToLong(Long::longValue).reduce(1, Math::multiplyExact))
        .sum();
  }
}
