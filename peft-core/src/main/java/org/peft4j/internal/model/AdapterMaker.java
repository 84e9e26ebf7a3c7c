package org.peft4j.internal.model;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Adapter;
import org.peft4j.config.ModuleSelector;
import org.peft4j.config.PeftConfig;
import org.peft4j.error.PeftException;
import org.peft4j.internal.files.AdapterFiles;
import org.peft4j.internal.files.AdapterWriter;
import org.peft4j.internal.files.EmbeddingLayers;
import org.peft4j.internal.files.FormerNames;
import org.peft4j.internal.files.SavedModules;
import org.peft4j.internal.files.StableFolder;
import org.peft4j.internal.graft.Slot;
import org.peft4j.internal.planning.AdapterPlanner;
import org.peft4j.internal.wrapped.WrappedModel;
import org.peft4j.method.Methods;
import org.peft4j.method.ModelModules;
import org.peft4j.method.PeftMethod;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes adapters for a model: fresh ones, ones with given values, and saved ones; saves them. */
public final class AdapterMaker {
  private static final Logger LOG = LoggerFactory.getLogger(AdapterMaker.class);

  private final WrappedModel<?> wrapped;
  private final ModelSites sites;

  public AdapterMaker(WrappedModel<?> wrapped, ModelSites sites) {
    this.wrapped = wrapped;
    this.sites = sites;
  }

  /** An adapter with first values. */
  public LoadedAdapter fresh(String name, PeftConfig silent) {
    PeftConfig config = resolved(silent);
    Plan plan = plan(config, config.common().modulesToSave(), true, true);
    return plan.adapter(name, config, Slots.fresh(name, plan.parts(), wrapped));
  }

  /** An adapter with copies of values, by their key in an adapter file. */
  public LoadedAdapter valued(String name, PeftConfig silent, Map<String, INDArray> values) {
    PeftConfig config = resolved(silent);
    Plan plan = plan(config, config.common().modulesToSave(), false, true);
    List<Slot> slots = Slots.empty(name, plan.parts(), wrapped);
    Slots.fill(name, slots, values);
    return plan.adapter(name, config, slots);
  }

  /** A saved adapter, as its folder was at one moment. */
  public LoadedAdapter saved(String name, Path folder) {
    return StableFolder.read(folder, () -> read(name, folder), read -> Slots.close(read.slots()));
  }

  private LoadedAdapter read(String name, Path folder) {
    PeftConfig config = resolved(AdapterFiles.readConfig(folder, FormerNames.of(sites.all())));
    List<String> saved = SavedModules.in(folder, config, sites.all(), sites);
    Plan plan = plan(config, saved, false, AdapterFiles.hasEncoder(folder));
    AdapterFiles.check(folder, config, plan.parts(), sites);
    List<Slot> slots = Slots.empty(name, plan.parts(), wrapped);
    try {
      AdapterFiles.readValues(folder, config, slots, sites);
    } catch (PeftException e) {
      Slots.close(slots);
      throw e;
    }
    return plan.adapter(name, config, slots);
  }

  private <C extends PeftConfig> C resolved(C config) {
    PeftMethod<C> method = Methods.of(config);
    return method.resolved(FormerNames.of(sites.all()).today(config), modules());
  }

  private ModelModules modules() {
    return new ModelModules(sites.modelType(), sites.all());
  }

  /** An adapter's parts, and what its config asks for in vain. */
  private record Plan(List<Adapter> parts, List<String> warnings) {
    LoadedAdapter adapter(String name, PeftConfig config, List<Slot> slots) {
      warnings.forEach(LOG::warn);
      return new LoadedAdapter(name, config, slots, warnings);
    }
  }

  private Plan plan(
      PeftConfig config, List<String> modulesToSave, boolean fresh, boolean encoders) {
    List<String> warnings = new ArrayList<>();
    UnknownFields.warning(config).ifPresent(warnings::add);
    List<Adapter> parts =
        planner(warnings::add).plan(Methods.of(config), config, modulesToSave, fresh, encoders);
    parts.forEach(sites::requireTaken);
    return new Plan(parts, warnings);
  }

  /**
   * Saves an adapter.
   *
   * @param embeddings whether the base model's token embeddings and heads are saved beside it
   */
  public void save(LoadedAdapter adapter, Path folder, boolean embeddings) {
    PeftConfig config = adapter.config();
    PeftMethod<?> method = Methods.of(config);
    method.saving(modules());
    Map<String, INDArray> beside =
        embeddings
            ? EmbeddingLayers.of(
                sites, adapter.slots(), method.savedModulesRoot(), wrapped.dataType())
            : Map.of();
    try {
      AdapterWriter.write(folder, config, targets(config), adapter.slots(), beside);
    } finally {
      beside.values().forEach(INDArray::close);
    }
  }

  private Optional<ModuleSelector> targets(PeftConfig config) {
    return planner(warning -> {}).written(Methods.of(config), config);
  }

  private AdapterPlanner planner(Consumer<String> warnings) {
    return new AdapterPlanner(sites.all(), sites.modelType(), sites, warnings);
  }
}
