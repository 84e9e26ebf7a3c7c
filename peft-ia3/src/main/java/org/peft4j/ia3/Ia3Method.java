package org.peft4j.ia3;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Adapter;
import org.peft4j.config.Bias;
import org.peft4j.config.CommonConfig;
import org.peft4j.config.ConfigReader;
import org.peft4j.config.ConfigWriter;
import org.peft4j.config.ModuleSelector;
import org.peft4j.config.SelectorMatch;
import org.peft4j.error.PeftException;
import org.peft4j.method.Combination;
import org.peft4j.method.Injection;
import org.peft4j.method.PeftMethod;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;

/** (IA)³'s injector, for linear maps and convolutions. */
public final class Ia3Method implements PeftMethod<Ia3Config> {
  @Override
  public String peftType() {
    return Ia3Config.PEFT_TYPE;
  }

  @Override
  public Class<Ia3Config> configType() {
    return Ia3Config.class;
  }

  @Override
  public Ia3Config readConfig(ConfigReader json) {
    Optional<ModuleSelector> feedforward = json.selector("feedforward_modules");
    boolean initWeights = json.bool("init_ia3_weights", true);
    boolean fanInFanOut = json.bool("fan_in_fan_out", false);
    return new Ia3Config(json.common("ia3", "(IA)3 config"), feedforward, initWeights, fanInFanOut);
  }

  @Override
  public ObjectNode writeConfig(Ia3Config config) {
    ObjectNode json = ConfigWriter.common(Ia3Config.PEFT_TYPE, "ia3", config.common());
    // Hugging Face PEFT has no such fields for this method.
    json.remove(List.of("bias", "layers_to_transform", "layers_pattern"));
    ConfigWriter.selector(json, "feedforward_modules", config.feedforwardModules());
    if (config.feedforwardModules().isEmpty()) {
      json.putArray("feedforward_modules");
    }
    json.put("fan_in_fan_out", config.fanInFanOut());
    json.put("init_ia3_weights", config.initWeights());
    return json;
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
  public Ia3Config resolved(Ia3Config config, String modelType) {
    if (config.common().targetModules().isPresent() || config.feedforwardModules().isPresent()) {
      return config;
    }
    return new Ia3Config(
        config.common(),
        Ia3Targets.of(modelType).map(d -> new ModuleSelector.Names(d.feedforward())),
        config.initWeights(),
        config.fanInFanOut());
  }

  /** {@code l = Σ wᵢ·lᵢ} at each module, over the adapters that have it; of no other sort. */
  @Override
  public Saved<Ia3Config> combine(List<Source<Ia3Config>> sources, Combination how) {
    if (how.type() != Combination.Type.LINEAR) {
      throw new PeftException(
          "(IA)3 has sums of the sort "
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
                  + "\" has biases or modules of its own at "
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
    CommonConfig from = like.common();
    CommonConfig common =
        new CommonConfig(
            from.taskType(),
            from.baseModel(),
            from.revision(),
            Optional.of(new ModuleSelector.Names(List.copyOf(inputs.keySet()))),
            Optional.empty(),
            List.of(),
            List.of(),
            List.of(),
            Bias.NONE,
            Map.of());
    List<String> scaled =
        inputs.keySet().stream().filter(k -> Boolean.TRUE.equals(inputs.get(k))).toList();
    return new Ia3Config(
        common,
        scaled.isEmpty() ? Optional.empty() : Optional.of(new ModuleSelector.Names(scaled)),
        true,
        like.fanInFanOut());
  }

  @Override
  public Optional<List<String>> defaultTargets(String modelType) {
    return Ia3Targets.of(modelType).map(Ia3Targets.Defaults::targets);
  }

  @Override
  public List<String> patterns(Ia3Config config) {
    return List.of();
  }
}
