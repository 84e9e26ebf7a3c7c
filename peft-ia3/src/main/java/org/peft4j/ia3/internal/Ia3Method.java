package org.peft4j.ia3.internal;

import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Adapter;
import org.peft4j.config.ConfigFields;
import org.peft4j.config.FieldType;
import org.peft4j.config.ModuleSelector;
import org.peft4j.config.SelectorMatch;
import org.peft4j.error.PeftException;
import org.peft4j.ia3.Ia3Config;
import org.peft4j.method.Combination;
import org.peft4j.method.Injection;
import org.peft4j.method.ModelModules;
import org.peft4j.method.PeftMethod;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;

/** (IA)³'s injector, for linear maps and convolutions. */
public final class Ia3Method implements PeftMethod<Ia3Config> {
  private static final ModuleSelector NONE = new ModuleSelector.Names(List.of());

  /** Omits fields that Hugging Face PEFT lacks for this method. */
  private static final ConfigFields<Ia3Config, Ia3Config.Builder> FIELDS =
      ConfigFields.of("(IA)3", "ia3", Ia3Config::builder, Ia3Config.Builder::build)
          .omit("bias", "layers_to_transform", "layers_pattern")
          .add(
              "feedforward_modules",
              FieldType.SELECTOR,
              "The targets whose input is scaled instead of their output.",
              config -> config.feedforwardModules().orElse(NONE),
              (builder, selector) -> builder.feedforward(Optional.of(selector)))
          .add(
              "init_ia3_weights",
              FieldType.BOOL,
              "Start as no change; false, for tests, starts at random.",
              Ia3Config::initWeights,
              Ia3Config.Builder::initWeights)
          .add(
              "fan_in_fan_out",
              FieldType.BOOL,
              "Kept for Python, which needs it for GPT-2.",
              Ia3Config::fanInFanOut,
              Ia3Config.Builder::fanInFanOut);

  @Override
  public String peftType() {
    return Ia3Config.PEFT_TYPE;
  }

  @Override
  public Class<Ia3Config> configType() {
    return Ia3Config.class;
  }

  @Override
  public ConfigFields<Ia3Config, ?> fields() {
    return FIELDS;
  }

  @Override
  public List<String> tensorPrefixes() {
    return List.of("ia3_");
  }

  @Override
  public Set<SiteKind> siteKinds() {
    return EnumSet.of(SiteKind.LINEAR, SiteKind.CONVOLUTION);
  }

  @Override
  public Optional<Adapter> inject(Site site, Ia3Config config, Injection injection) {
    boolean scalesInput =
        config.feedforwardModules().map(f -> SelectorMatch.means(f, site)).orElse(false);
    return Optional.of(new Ia3Scale(site, scalesInput, !config.initWeights()));
  }

  @Override
  public Ia3Config resolved(Ia3Config config, ModelModules model) {
    if (config.common().targetModules().isPresent() || config.feedforwardModules().isPresent()) {
      return config;
    }
    return config.toBuilder()
        .feedforward(Ia3Targets.of(model).map(d -> new ModuleSelector.Names(d.feedforward())))
        .build();
  }

  /**
   * {@code l = Σ wᵢ·lᵢ} at each module, over the adapters that have it; refuses other types of sum.
   */
  @Override
  public Saved<Ia3Config> combine(List<Source<Ia3Config>> sources, Combination how) {
    if (how.type() != Combination.Type.LINEAR) {
      throw new PeftException(
          "(IA)3 adapters combine with the type "
              + Combination.Type.LINEAR
              + " only, not "
              + how.type()
              + ".");
    }
    Map<String, INDArray> sums = new LinkedHashMap<>();
    Map<String, Boolean> inputs = new LinkedHashMap<>();
    for (Source<Ia3Config> source : sources) {
      for (Adapter adapter : source.parts()) {
        if (!(adapter instanceof Ia3Scale part)) {
          throw new PeftException(
              "Adapter \""
                  + source.name()
                  + "\" trains its own biases or modules at "
                  + adapter.site().name()
                  + ", which cannot be combined.");
        }
        Boolean before = inputs.put(part.site().name(), part.scalesInput());
        if (before != null && before != part.scalesInput()) {
          throw new PeftException(
              "Some adapters scale the input of "
                  + part.site().name()
                  + " and others its output; they cannot be combined.");
        }
        String key = part.key(part.parameters().get(0));
        INDArray own = Objects.requireNonNull(source.tensors().get(key), key);
        sums.merge(key, own.mul(source.weight()), INDArray::add);
      }
    }
    return new Saved<>(combined(sources.get(0).config(), inputs), sums);
  }

  private static Ia3Config combined(Ia3Config like, Map<String, Boolean> inputs) {
    List<String> scaled =
        inputs.keySet().stream().filter(k -> Boolean.TRUE.equals(inputs.get(k))).toList();
    Ia3Config.Builder builder =
        Ia3Config.builder()
            .common(like.common().description())
            .target(new ModuleSelector.Names(List.copyOf(inputs.keySet())))
            .fanInFanOut(like.fanInFanOut());
    return scaled.isEmpty()
        ? builder.build()
        : builder.feedforward(Optional.of(new ModuleSelector.Names(scaled))).build();
  }

  @Override
  public Optional<List<String>> defaultTargets(ModelModules model) {
    return Ia3Targets.of(model).map(Ia3Targets.Defaults::targets);
  }

  @Override
  public List<String> patterns(Ia3Config config) {
    return List.of();
  }
}
