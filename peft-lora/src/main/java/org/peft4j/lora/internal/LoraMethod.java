package org.peft4j.lora.internal;

import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Adapter;
import org.peft4j.config.ConfigFields;
import org.peft4j.error.PeftException;
import org.peft4j.lora.LoraConfig;
import org.peft4j.lora.LoraInit;
import org.peft4j.lora.internal.combine.WeightedSum;
import org.peft4j.lora.internal.dora.Dora;
import org.peft4j.lora.internal.lowrank.GroupedLora;
import org.peft4j.lora.internal.lowrank.LoraShape;
import org.peft4j.lora.internal.lowrank.PlainLora;
import org.peft4j.lora.internal.start.LoftqLora;
import org.peft4j.lora.internal.start.MinorLora;
import org.peft4j.lora.internal.start.ShiftedDora;
import org.peft4j.lora.internal.start.ShiftedLora;
import org.peft4j.lora.internal.tied.TiedLora;
import org.peft4j.lora.plus.LoraPlus;
import org.peft4j.method.Combination;
import org.peft4j.method.Injection;
import org.peft4j.method.ModelModules;
import org.peft4j.method.PeftMethod;
import org.peft4j.method.TrainingOption;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;

/** The injector of LoRA and DoRA, for linear maps, embeddings and convolutions. */
public final class LoraMethod implements PeftMethod<LoraConfig> {
  @Override
  public String peftType() {
    return LoraConfig.PEFT_TYPE;
  }

  @Override
  public Class<LoraConfig> configType() {
    return LoraConfig.class;
  }

  @Override
  public ConfigFields<LoraConfig, ?> fields() {
    return LoraFields.ALL;
  }

  @Override
  public List<String> tensorPrefixes() {
    return List.of("lora_");
  }

  @Override
  public Set<SiteKind> siteKinds() {
    return EnumSet.of(SiteKind.LINEAR, SiteKind.EMBEDDING, SiteKind.CONVOLUTION);
  }

  @Override
  public Optional<Adapter> inject(Site site, LoraConfig config, Injection injection) {
    LoraShape shape = LoraShape.at(site, config);
    requireStart(shape.init(), injection.fresh());
    if (config.qalora()) {
      return Optional.of(grouped(site, shape, config, injection));
    }
    if (shape.init() == LoraInit.LOFTQ) {
      return Optional.of(loftq(site, shape, config, injection));
    }
    if (!injection.tied(site).isEmpty()) {
      return Optional.of(TiedLora.of(site, config, injection));
    }
    if (shape.init() == LoraInit.MICA) {
      return Optional.of(MinorLora.at(site, shape, injection.frozen()));
    }
    if (site.kind() != SiteKind.LINEAR
        && (shape.init().shifts() || shape.init() == LoraInit.ORTHOGONAL)) {
      throw new PeftException(
          "init_lora_weights "
              + shape.init().json()
              + " is for linear modules; "
              + site.name()
              + " is of the sort "
              + site.kind()
              + ". Exclude it, or take another initialisation.");
    }
    if (shape.init().shifts()) {
      return Optional.of(
          config.dora()
              ? ShiftedDora.of(site, shape, injection.frozen())
              : ShiftedLora.of(site, shape, injection.frozen()));
    }
    return Optional.of(
        config.dora() ? Dora.adapter(site, shape, injection.frozen()) : PlainLora.at(site, shape));
  }

  private static Adapter grouped(
      Site site, LoraShape shape, LoraConfig config, Injection injection) {
    if (site.kind() != SiteKind.LINEAR || !injection.tied(site).isEmpty()) {
      throw new PeftException(
          "use_qalora is for linear modules; "
              + site.name()
              + " is of the sort "
              + site.kind()
              + ". Exclude it.");
    }
    return GroupedLora.at(site, shape, config.qaloraGroupSize());
  }

  private static Adapter loftq(Site site, LoraShape shape, LoraConfig config, Injection injection) {
    if (site.kind() != SiteKind.LINEAR || !injection.tied(site).isEmpty()) {
      throw new PeftException(
          "init_lora_weights loftq is for linear modules; "
              + site.name()
              + " is of the sort "
              + site.kind()
              + ", or shares its weight. Exclude it, or take another initialisation.");
    }
    return LoftqLora.of(site, shape, config.loftq(), injection.frozen());
  }

  private static void requireStart(LoraInit init, boolean fresh) {
    if (init == LoraInit.APPROXIMATE_PISSA && !fresh) {
      throw new PeftException(
          "init_lora_weights is pissa_niter: the adapter started from a random approximation that"
              + " nobody can compute again, and the base model without it is needed. Only an"
              + " adapter that was converted to plain LoRA can be exact: in Python, save it with"
              + " save_pretrained(…, path_initial_model_for_weight_conversion=…).");
    }
    if (init == LoraInit.EVA && fresh) {
      throw new PeftException(
          "init_lora_weights is eva, which needs data: add the adapter with init_lora_weights true,"
              + " and give it EVA's start with EvaInitialiser before training, as peft train"
              + " does.");
    }
  }

  /** An exact start is saved as such. */
  @Override
  public Saved<LoraConfig> saved(LoraConfig config, Map<String, INDArray> tensors) {
    return new Saved<>(
        config.init() == LoraInit.APPROXIMATE_PISSA
            ? config.toBuilder().init(LoraInit.PISSA).build()
            : config,
        tensors);
  }

  @Override
  public Saved<LoraConfig> combine(List<Source<LoraConfig>> sources, Combination how) {
    return new WeightedSum(sources, how).saved();
  }

  @Override
  public Map<String, List<Integer>> tokenRows(LoraConfig config) {
    return config.tokenIndices();
  }

  @Override
  public boolean tiesWeights(LoraConfig config) {
    return config.ensureWeightTying();
  }

  @Override
  public List<TrainingOption> trainingOptions() {
    return List.of(LoraPlus.OPTION);
  }

  @Override
  public Optional<List<String>> defaultTargets(ModelModules model) {
    return DefaultTargets.of(model);
  }

  @Override
  public List<String> patterns(LoraConfig config) {
    return config.ranks().patterns();
  }
}
