package org.peft4j.transformers.internal.model;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;
import org.peft4j.internal.graft.LayerGrafts;
import org.peft4j.internal.graft.SharedState;
import org.peft4j.internal.graft.SiteGrafts;
import org.peft4j.kernel.Nd4jKernels;
import org.peft4j.site.Site;
import org.peft4j.site.SiteParameter;
import org.peft4j.testing.Values;
import org.peft4j.transformers.architecture.CheckpointNames;
import org.peft4j.transformers.architecture.HeadPart;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.architecture.StackPart;
import org.peft4j.transformers.config.SpecialTokens;
import org.peft4j.transformers.internal.memory.CallMemory;
import org.peft4j.transformers.internal.weights.WeightStore;
import org.peft4j.weight.DenseWeight;
import org.peft4j.weight.FrozenWeight;

/** The modules of a stack and a head, with random weights in double precision and no adapters. */
public final class TestModules implements AutoCloseable {
  private final Map<String, INDArray> weights = new LinkedHashMap<>();
  private final FrozenModel model;
  private final List<Site> sites;

  public TestModules(StackPart stack, HeadPart head) {
    ModelArchitecture architecture =
        new ModelArchitecture(
            new CheckpointNames("test", "Test", "", Set.of()),
            16,
            new SpecialTokens(
                OptionalInt.empty(), List.of(), OptionalInt.empty(), OptionalInt.empty()),
            Optional.empty(),
            stack,
            head);
    sites = architecture.sites();
    Map<String, FrozenWeight> copies = new LinkedHashMap<>();
    for (Site site : sites) {
      for (SiteParameter parameter : site.parameters()) {
        String key = site.name() + "." + parameter.name();
        INDArray values = Values.random(key.hashCode(), parameter.shapeArray());
        weights.put(key, values);
        copies.put(key, DenseWeight.of(values.dup('c')));
      }
    }
    model = new FrozenModel(architecture, new WeightStore(DataType.DOUBLE, copies), false);
  }

  public Modules modules() {
    List<SiteGrafts> none = sites.stream().map(SiteGrafts::none).toList();
    return new Modules(model, new LayerGrafts(none, SharedState.of(1), new Nd4jKernels(), true));
  }

  /** A weight by its key in a checkpoint. */
  public INDArray weight(String key) {
    INDArray weight = weights.get(key);
    if (weight == null) {
      throw new IllegalArgumentException("There is no weight " + key + ".");
    }
    return weight;
  }

  public static Pass pass() {
    return new Pass(new Nd4jKernels(), false, 0);
  }

  public static CallMemory memory() {
    return new CallMemory(LayerWorkspaceMgr.noWorkspaces(), DataType.DOUBLE, null);
  }

  @Override
  public void close() {
    model.close();
  }
}
