package org.peft4j.method;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Adapter;
import org.peft4j.config.ConfigFields;
import org.peft4j.config.ConfigReader;
import org.peft4j.config.ModuleSelector;
import org.peft4j.config.PeftConfig;
import org.peft4j.error.PeftException;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;

/**
 * A method, as its module registers it through {@link java.util.ServiceLoader}: how its config is
 * read and written, and its injector, the answer to one question: given this site and this config,
 * which adapter?
 *
 * @param <C> its config
 */
public interface PeftMethod<C extends PeftConfig> {
  /** The method's name in {@code adapter_config.json}: {@code LORA}. */
  String peftType();

  /** The class of its config. */
  Class<C> configType();

  /** The fields of its config: their names in JSON, types, defaults and meaning. */
  ConfigFields<C, ?> fields();

  /**
   * Reads its config; {@code peft_type} is known to be right.
   *
   * @throws PeftException with all that is wrong
   */
  default C readConfig(ConfigReader json) {
    return fields().read(json);
  }

  /** Writes its config, every field that Hugging Face PEFT writes. */
  default ObjectNode writeConfig(C config) {
    return fields().write(config);
  }

  /**
   * What the names of its tensors begin with, behind the path of a module: {@code lora_} in {@code
   * q_proj.lora_A.weight}. None where a tensor has the name of a module's parameter.
   */
  default List<String> tensorPrefixes() {
    return List.of();
  }

  /** The sorts of site that it can be grafted on. */
  Set<SiteKind> siteKinds();

  /**
   * The adapter for a site of a sort that it supports; none where the config leaves the site out.
   *
   * @param injection the making of the whole adapter that this is a part of
   * @throws org.peft4j.error.PeftException if the config is impossible there
   */
  Optional<Adapter> inject(Site site, C config, Injection injection);

  /**
   * What the keys of {@code modules_to_save} begin with in its files: the path of the base model in
   * Hugging Face PEFT's wrapping of it.
   */
  default String savedModulesRoot() {
    return Adapter.KEY_ROOT;
  }

  /** The config with what the model's defaults say where it is silent. */
  default C resolved(C config, ModelModules model) {
    return config;
  }

  /** Where it grafts if the config names no target, whatever the model: a method for places. */
  default Optional<ModuleSelector> implicitTargets(C config) {
    return Optional.empty();
  }

  /**
   * What an adapter file holds.
   *
   * @param config the config that is written
   * @param tensors the tensors by key
   */
  record Saved<C>(C config, Map<String, INDArray> tensors) {}

  /**
   * What to write for an adapter of these tensors: as they are, unless the method's files hold them
   * otherwise.
   */
  default Saved<C> saved(C config, Map<String, INDArray> tensors) {
    return new Saved<>(config, tensors);
  }

  /** Rows of embeddings that train beside what it grafts: token ids by the embedding's name. */
  default Map<String, List<Integer>> tokenRows(C config) {
    return Map.of();
  }

  /**
   * An adapter that is to be added to others.
   *
   * @param name its name, for messages
   * @param weight what it is multiplied with
   * @param parts its parts at the sites
   * @param tensors its tensors by key
   */
  record Source<C>(
      String name, C config, double weight, List<Adapter> parts, Map<String, INDArray> tensors) {}

  /**
   * The weighted sum of adapters: a config, and every tensor of it by key.
   *
   * @throws PeftException if the method has no sums of this sort, or not of these adapters
   */
  default Saved<C> combine(List<Source<C>> sources, Combination how) {
    throw new PeftException("Adapters of the method " + peftType() + " cannot be combined.");
  }

  /**
   * What the method does between the steps of a training; empty if nothing.
   *
   * @param adapter an active adapter of this method
   */
  default Optional<TrainingHook> trainingHook(C config, AdapterView adapter) {
    return Optional.empty();
  }

  /** Settings of training that the method adds; none by default. */
  default List<TrainingOption> trainingOptions() {
    return List.of();
  }

  /**
   * The target modules where the config names none: those that Hugging Face PEFT publishes for the
   * model's type, else those of the method's roles.
   */
  Optional<List<String>> defaultTargets(ModelModules model);

  /** Keys of the config that are patterns over module paths, and should each match a target. */
  List<String> patterns(C config);
}
