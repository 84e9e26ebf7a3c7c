package org.peft4j.lora.internal.combine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.adapter.Adapter;
import org.peft4j.lora.LoraConfig;
import org.peft4j.method.Combination;
import org.peft4j.method.Combination.Type;
import org.peft4j.method.Injection;
import org.peft4j.method.Methods;
import org.peft4j.method.PeftMethod.Source;
import org.peft4j.safetensors.TensorSource;
import org.peft4j.site.Site;
import org.peft4j.weight.FrozenWeight;

/**
 * Sums of what is left after dropping at random: with the entries that Hugging Face PEFT dropped
 * they are its sums, and as many are dropped as should be.
 */
class DareTest {
  private static final Path FOLDER =
      Path.of("../peft-transformers/src/test/resources/golden/weighted/llama");
  private static final Path EXPECTED = FOLDER.resolve("expected.safetensors");
  private static final String PREFIX = "base_model.model.";

  @ParameterizedTest
  @EnumSource(names = {"DARE_LINEAR", "DARE_TIES", "DARE_LINEAR_SVD", "DARE_TIES_SVD"})
  void theSumsAreTheReferencesWhereTheSameIsDropped(Type type) throws IOException {
    String sum = type.name().toLowerCase(java.util.Locale.ROOT);
    JsonNode how =
        new JsonMapper()
            .readTree(FOLDER.resolve("case.json").toFile())
            .path("combinations")
            .path(sum);
    List<Source<LoraConfig>> sources = new ArrayList<>();
    for (var weight : how.path("weights").properties()) {
      sources.add(source(weight.getKey(), weight.getValue().asDouble()));
    }
    Combination combination = Combination.of(type).density(how.path("density").asDouble());
    Map<String, INDArray> actual =
        new WeightedSum(sources, combination, recorded(sum, sources)).saved().tensors();

    assertThat(actual.keySet()).hasSizeGreaterThan(8);
    actual.forEach(
        (key, value) -> {
          if (!type.svd()) {
            assertNear(key, value, floats(EXPECTED, sum + "." + key));
          } else if (key.endsWith("lora_A.weight")) {
            String other = key.replace("lora_A", "lora_B");
            // The factors of a product are not unique.
            assertNear(
                key,
                Objects.requireNonNull(actual.get(other)).mmul(value),
                floats(EXPECTED, sum + "." + other).mmul(floats(EXPECTED, sum + "." + key)));
          }
        });
  }

  @Test
  void theShareThatIsKeptIsTheDensityAndTheMeanStays() {
    int entries = 200_000;
    double density = 0.3;
    Combination how = Combination.of(Type.DARE_LINEAR).density(density).seed(5);
    INDArray ones = Nd4j.ones(org.nd4j.linalg.api.buffer.DataType.DOUBLE, 1, entries);
    INDArray sum =
        new EntrySum(how, Draw.seeded(how), "site").of(List.of(ones, ones), List.of(1.0, -2.0));

    // What remains of each is 0 or 1/density, drawn independently: nine pairs, four values.
    double share = density * density;
    assertThat(part(sum, -1 / density)).isCloseTo(share, within(0.005));
    assertThat(part(sum, 1 / density)).isCloseTo(density - share, within(0.005));
    assertThat(part(sum, -2 / density)).isCloseTo(density - share, within(0.005));
    assertThat(part(sum, 0)).isCloseTo((1 - density) * (1 - density), within(0.005));
    assertThat(sum.meanNumber().doubleValue()).isCloseTo(-1, within(0.03));
  }

  private static double part(INDArray sum, double value) {
    double[] all = sum.dup().data().asDouble();
    return java.util.Arrays.stream(all).filter(v -> Math.abs(v - value) < 1e-9).count()
        / (double) all.length;
  }

  private static void assertNear(String key, INDArray actual, INDArray expected) {
    INDArray wide = expected.castTo(actual.dataType());
    assertThat(actual.sub(wide).amaxNumber().doubleValue())
        .as(key)
        .isLessThan(1e-5 * wide.amaxNumber().doubleValue());
  }

  /** The masks that the reference drew; the terms of a sum are the adapters that have the site. */
  private static Draw recorded(String sum, List<Source<LoraConfig>> sources) {
    return (what, index, entries) -> {
      boolean factor = what.endsWith(".A") || what.endsWith(".B");
      String site = factor ? what.substring(0, what.length() - 2) : what;
      String part = factor ? "lora_" + what.substring(what.length() - 1) : "delta";
      List<String> names =
          sources.stream()
              .filter(s -> s.parts().stream().anyMatch(p -> p.site().name().equals(site)))
              .map(Source::name)
              .toList();
      return mask(String.join(".", sum, "mask", names.get(index), site, part), entries);
    };
  }

  private static boolean[] mask(String key, int entries) {
    try (TensorSource source = TensorSource.open(EXPECTED)) {
      ByteBuffer bytes = source.buffer(key);
      boolean[] kept = new boolean[entries];
      assertThat(bytes.remaining()).as(key).isEqualTo(entries);
      for (int i = 0; i < entries; i++) {
        kept[i] = bytes.get() == 1;
      }
      return kept;
    }
  }

  private static Source<LoraConfig> source(String name, double weight) throws IOException {
    Path folder = FOLDER.resolve("adapters/" + name);
    JsonNode json = new JsonMapper().readTree(folder.resolve("adapter_config.json").toFile());
    Map<String, INDArray> tensors = new LinkedHashMap<>();
    Path file = folder.resolve("adapter_model.safetensors");
    try (TensorSource source = TensorSource.open(file)) {
      source.tensors().keySet().forEach(key -> tensors.put(key, floats(file, key)));
    }
    LoraConfig config =
        LoraConfig.builder()
            .rank(json.path("r").asInt())
            .alpha(json.path("lora_alpha").asInt())
            .targetModules("any")
            .build();
    List<Adapter> parts = sites(tensors).stream().map(site -> part(site, config)).toList();
    return new Source<>(name, config, weight, parts, tensors);
  }

  private static List<Site> sites(Map<String, INDArray> tensors) {
    Set<String> names = new LinkedHashSet<>();
    tensors
        .keySet()
        .forEach(key -> names.add(key.substring(PREFIX.length(), key.indexOf(".lora_"))));
    return names.stream().map(name -> site(name, tensors)).toList();
  }

  private static Site site(String name, Map<String, INDArray> tensors) {
    INDArray a = Objects.requireNonNull(tensors.get(PREFIX + name + ".lora_A.weight"));
    INDArray b = Objects.requireNonNull(tensors.get(PREFIX + name + ".lora_B.weight"));
    return Site.linear(name, name, a.size(1), b.size(0), List.of());
  }

  private static Adapter part(Site site, LoraConfig config) {
    Injection.FrozenValues none =
        new Injection.FrozenValues() {
          @Override
          public FrozenWeight parameter(Site of, String parameter) {
            throw new IllegalStateException("no frozen value is needed");
          }

          @Override
          public FrozenWeight weight(Site of) {
            throw new IllegalStateException("no frozen value is needed");
          }
        };
    return Methods.of(config)
        .inject(site, config, new Injection(List.of(site), none, false))
        .orElseThrow();
  }

  private static INDArray floats(Path file, String key) {
    try (TensorSource source = TensorSource.open(file)) {
      long[] shape = source.tensor(key).shape().stream().mapToLong(Long::longValue).toArray();
      float[] values = new float[(int) source.tensor(key).elementCount()];
      source.buffer(key).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
      return Nd4j.createFromArray(values).reshape('c', shape);
    }
  }
}
