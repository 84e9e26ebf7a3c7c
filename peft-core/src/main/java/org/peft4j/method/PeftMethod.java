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
   * Reads its config. The caller has checked {@code peft_type}.
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

  /** The kinds of site that it supports. */
  Set<SiteKind> siteKinds();

  /**
   * The adapter for a site of a supported kind; none if the config leaves the site out.
   *
   * @param injection the creation of the adapter that this is a part of
   * @throws org.peft4j.error.PeftException if the config is impossible there
   */
  Optional<Adapter> inject(Site site, C config, Injection injection);

  /**
   * The prefix of the keys of {@code modules_to_save} in its files: the base model's path in
   * Hugging Face PEFT's wrapper.
   */
  default String savedModulesRoot() {
    return Adapter.KEY_ROOT;
  }

  /**
   * Tells in the log what to know before an adapter is saved, such as that Python cannot load it.
   *
   * @param model the model that it is for
   */
  default void saving(ModelModules model) {}

  /** The config with what the model's defaults say where it is silent. */
  default C resolved(C config, ModelModules model) {
    return config;
  }

  /**
   * The targets of a config that names none, for any model. For methods whose sites are not
   * modules.
   */
  default Optional<ModuleSelector> implicitTargets(C config) {
    return Optional.empty();
  }

  /**
   * The contents of an adapter file.
   *
   * @param config the config to write
   * @param tensors the tensors by key
   */
  record Saved<C>(C config, Map<String, INDArray> tensors) {}

  /** What to write for an adapter with these tensors; by default, the tensors as they are. */
  default Saved<C> saved(C config, Map<String, INDArray> tensors) {
    return new Saved<>(config, tensors);
  }

  /**
   * Rows of embeddings that train beside the method's own adapters: token ids by the embedding's
   * name.
   */
  default Map<String, List<Integer>> tokenRows(C config) {
    return Map.of();
  }

  /**
   * Whether modules that share the token embeddings follow the embeddings' adapter or saved copy:
   * {@code ensure_weight_tying}.
   */
  default boolean tiesWeights(C config) {
    return false;
  }

  /**
   * A term of a sum of adapters.
   *
   * @param name its name, for messages
   * @param weight its factor
   * @param parts its parts at the sites
   * @param tensors its tensors by key
   */
  record Source<C>(
      String name, C config, double weight, List<Adapter> parts, Map<String, INDArray> tensors) {}

  /**
   * The weighted sum of adapters: its config and every tensor by key.
   *
   * @throws PeftException if the method cannot add these adapters in this way
   */
  default Saved<C> combine(List<Source<C>> sources, Combination how) {
    throw new PeftException("Adapters of the method " + peftType() + " cannot be combined.");
  }

  /**
   * The method's work between the steps of a training; empty if it has none.
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

  /** The config's keys that are patterns over module paths. Each must match a target. */
  List<String> patterns(C config);
}
