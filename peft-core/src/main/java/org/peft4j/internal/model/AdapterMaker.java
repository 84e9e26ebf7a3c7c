package org.peft4j.internal.model;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Adapter;
import org.peft4j.config.ModuleSelector;
import org.peft4j.config.PeftConfig;
import org.peft4j.error.PeftException;
import org.peft4j.internal.files.AdapterFiles;
import org.peft4j.internal.graft.Slot;
import org.peft4j.internal.planning.AdapterPlanner;
import org.peft4j.internal.wrapped.WrappedModel;
import org.peft4j.method.Methods;
import org.peft4j.method.ModelModules;
import org.peft4j.method.PeftMethod;

/** Makes adapters for a model: fresh ones, ones with given values, and saved ones. */
public final class AdapterMaker {
  private final WrappedModel<?> wrapped;
  private final ModelSites sites;

  public AdapterMaker(WrappedModel<?> wrapped, ModelSites sites) {
    this.wrapped = wrapped;
    this.sites = sites;
  }

  /** An adapter with first values. */
  public LoadedAdapter fresh(String name, PeftConfig silent) {
    PeftConfig config = resolved(silent);
    List<Adapter> parts = plan(config, config.common().modulesToSave(), true, true);
    return new LoadedAdapter(name, config, Slots.fresh(name, parts, wrapped));
  }

  /** An adapter with copies of values, by their key in an adapter file. */
  public LoadedAdapter valued(String name, PeftConfig silent, Map<String, INDArray> values) {
    PeftConfig config = resolved(silent);
    List<Slot> slots =
        Slots.empty(name, plan(config, config.common().modulesToSave(), false, true), wrapped);
    Slots.fill(name, slots, values);
    return new LoadedAdapter(name, config, slots);
  }

  /** A saved adapter. */
  public LoadedAdapter saved(String name, Path folder) {
    PeftConfig config = resolved(AdapterFiles.readConfig(folder));
    List<String> saved = AdapterFiles.savedModules(folder, config, sites.all(), sites);
    List<Adapter> adapters = plan(config, saved, false, AdapterFiles.hasEncoder(folder));
    AdapterFiles.check(folder, config, adapters, sites);
    List<Slot> slots = Slots.empty(name, adapters, wrapped);
    try {
      AdapterFiles.readValues(folder, config, slots, sites);
    } catch (PeftException e) {
      Slots.close(slots);
      throw e;
    }
    return new LoadedAdapter(name, config, slots);
  }

  private <C extends PeftConfig> C resolved(C config) {
    UnknownFields.tell(config);
    PeftMethod<C> method = Methods.of(config);
    return method.resolved(config, new ModelModules(sites.modelType(), sites.all()));
  }

  private List<Adapter> plan(
      PeftConfig config, List<String> modulesToSave, boolean fresh, boolean encoders) {
    List<Adapter> adapters =
        planner().plan(Methods.of(config), config, modulesToSave, fresh, encoders);
    adapters.forEach(sites::requireBiasTaken);
    return adapters;
  }

  /** The config's targets in this model, for saving. */
  public Optional<ModuleSelector> targets(PeftConfig config) {
    return planner().written(Methods.of(config), config);
  }

  private AdapterPlanner planner() {
    return new AdapterPlanner(sites.all(), sites.modelType(), sites);
  }
}
