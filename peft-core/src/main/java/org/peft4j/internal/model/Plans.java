package org.peft4j.internal.model;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.nd4j.linalg.api.buffer.DataType;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.ParameterSpec;
import org.peft4j.adapter.TrainableCopy;
import org.peft4j.config.PeftConfig;
import org.peft4j.error.PeftException;
import org.peft4j.internal.files.AdapterFileSize;
import org.peft4j.internal.files.FormerNames;
import org.peft4j.internal.original.OriginalPart;
import org.peft4j.internal.planning.AdapterPlanner;
import org.peft4j.method.Methods;
import org.peft4j.method.ModelModules;
import org.peft4j.method.PeftMethod;
import org.peft4j.plan.AdapterPlan;
import org.peft4j.plan.ModelOutline;
import org.peft4j.plan.PlannedAdapter;
import org.peft4j.plan.PlannedTensor;
import org.peft4j.plan.TrainableParameters;
import org.peft4j.plan.TrainingMemory;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Plans a config on a model's outline, without allocating or reading an array. */
public final class Plans {
  private static final Logger LOG = LoggerFactory.getLogger(Plans.class);

  private Plans() {}

  public static <C extends PeftConfig> AdapterPlan of(ModelOutline model, C silent) {
    PeftMethod<C> method = Methods.of(silent);
    C config =
        method.resolved(
            FormerNames.of(model.sites()).today(silent),
            new ModelModules(model.modelType(), model.sites()));
    AdapterPlanner planner =
        new AdapterPlanner(
            model.sites(), model.modelType(), new NoValues(model.sites(), model.tied()), LOG::warn);
    List<Adapter> adapters =
        planner.plan(method, config, config.common().modulesToSave(), true, true);
    long trainable = adapters.stream().mapToLong(Plans::count).sum();
    long added =
        adapters.stream().filter(a -> !biasesOnly(a)).mapToLong(Plans::count).sum()
            + adapters.stream().mapToLong(Adapter::frozenCount).sum();
    return new AdapterPlan(
        adapters.stream().map(Plans::planned).toList(),
        new TrainableParameters(trainable, model.parameters() + added),
        AdapterFileSize.of(adapters, model.dataType()),
        TrainingMemory.of(model.weightBytes(), trainable, model.dataType().width()));
  }

  /**
   * @param parameters the number of parameters that the base model itself counts
   * @param type their data type
   */
  public static ModelOutline outline(
      Map<String, OriginalPart> layers, long parameters, DataType type) {
    ModelSites sites = new ModelSites(layers);
    return new ModelOutline(
        sites.all(),
        tied(sites),
        sites.modelType(),
        sites.baseCount(parameters),
        sites.baseBytes(parameters, type),
        type);
  }

  private static Set<String> tied(ModelSites sites) {
    return sites.all().stream()
        .filter(site -> site.kind() == SiteKind.EMBEDDING)
        .findFirst()
        .map(site -> sites.tiedTo(site).stream().map(Site::name).collect(Collectors.toSet()))
        .orElse(Set.of());
  }

  /** Fails for layers whose arrays are outside of the network, such as a transformer's blocks. */
  public static void requireInside(Map<String, OriginalPart> layers) {
    if (layers.values().stream().anyMatch(OriginalPart::external)) {
      throw new PeftException(
          "The blocks of a transformer keep more than their outputs, so input types do not"
              + " determine their memory. Plan it by its own plan(config, batch).");
    }
  }

  private static long count(Adapter adapter) {
    return adapter.trainable().stream().mapToLong(ParameterSpec::count).sum();
  }

  private static boolean biasesOnly(Adapter adapter) {
    return adapter instanceof TrainableCopy copy && copy.biasesOnly();
  }

  private static PlannedAdapter planned(Adapter adapter) {
    return new PlannedAdapter(
        adapter.site(),
        adapter instanceof TrainableCopy,
        adapter.parameters().stream()
            .map(spec -> new PlannedTensor(adapter.key(spec), spec.shape()))
            .toList());
  }
}
