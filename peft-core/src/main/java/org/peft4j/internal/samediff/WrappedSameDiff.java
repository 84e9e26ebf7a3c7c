package org.peft4j.internal.samediff;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.VariableType;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.DynamicCustomOp;
import org.peft4j.adapter.ParameterSpec;
import org.peft4j.adapter.Tensors;
import org.peft4j.error.PeftException;
import org.peft4j.internal.graft.SharedState;
import org.peft4j.internal.graft.Slot;
import org.peft4j.internal.original.OriginalPart;
import org.peft4j.internal.samediff.sites.GraphParts;
import org.peft4j.internal.samediff.sites.GraphPlace;
import org.peft4j.internal.samediff.sites.GraphPlaces;
import org.peft4j.internal.samediff.sites.GraphSite;
import org.peft4j.internal.samediff.sites.GraphSites;
import org.peft4j.internal.samediff.sites.Role;
import org.peft4j.internal.wrapped.WrappedModel;
import org.peft4j.kernel.Kernels;
import org.peft4j.method.TensorPlace;

/**
 * A wrapped {@link SameDiff}: a second graph over the same arrays, whose variables are adapters'. A
 * slot's arrays are those of its variables, while it is active and after.
 */
public final class WrappedSameDiff extends WrappedModel<SameDiff> {
  private final SameDiff network;
  private final DataType type;
  private final Map<String, OriginalPart> originals;
  private final GraphLayout layout;
  private final UpdaterStates updaters;
  private List<Slot> active = List.of();

  private WrappedSameDiff(SameDiff base, SharedState shared, Kernels kernels) {
    super(base, shared);
    requireFrozenModel(base);
    type = type(base);
    List<GraphSite> sites = GraphSites.of(base, type);
    Map<String, GraphPlace> places = GraphPlaces.of(base, sites);
    originals = originals(base, sites, places);
    network = GraphCopy.frozen(base);
    Surroundings around =
        new Surroundings(network, shared, traffic(), kernels, type, new LossTerms());
    layout = new GraphLayout(around, new Wiring(network), sites, places, originals);
    updaters = new UpdaterStates(network);
    layout.put(List.of());
  }

  /**
   * Wraps a graph.
   *
   * @throws PeftException if it has no operations, is wrapped already, or its arrays cannot be
   *     shared
   */
  public static WrappedSameDiff of(SameDiff base, SharedState shared, Kernels kernels) {
    JavaOp.register();
    return new WrappedSameDiff(base, shared, kernels);
  }

  /** The sites of a graph, by name. */
  public static Map<String, OriginalPart> sitesOf(SameDiff graph) {
    List<GraphSite> sites = GraphSites.of(graph, type(graph));
    return originals(graph, sites, GraphPlaces.of(graph, sites));
  }

  private static Map<String, OriginalPart> originals(
      SameDiff graph, List<GraphSite> sites, Map<String, GraphPlace> places) {
    Map<String, OriginalPart> originals = new LinkedHashMap<>();
    sites.forEach(site -> originals.put(site.site().name(), new GraphOriginal(graph, site)));
    places.forEach((name, place) -> originals.put(name, new PlaceOriginal(place)));
    return originals;
  }

  private static void requireFrozenModel(SameDiff base) {
    if (base.getOps().values().stream().anyMatch(op -> op.getOp() instanceof JavaOp)) {
      throw new PeftException(
          "This graph is wrapped already: its variables are adapters. Add another adapter with"
              + " addAdapter, or wrap the base graph, which base() returns.");
    }
    base.getOps().values().stream()
        .filter(op -> op.getOp() instanceof DynamicCustomOp)
        .filter(op -> Role.addsToMemory((DynamicCustomOp) op.getOp()))
        .findFirst()
        .ifPresent(
            op -> {
              throw new PeftException(
                  "The product "
                      + op.getName()
                      + " adds to what its output's memory held before, so that no two calls give"
                      + " the same. SameDiff 1.0.0-M2.1 imports ONNX's Gemm and MatMul so. Import"
                      + " the model without them, and build them in Java, with nn.linear or mmul.");
            });
  }

  /** The type of the graph's first weight of 32 or 64 bits, which is that of its adapters. */
  public static DataType type(SameDiff graph) {
    Optional<DataType> first =
        graph.getOps().values().stream()
            .flatMap(op -> GraphParts.inputs(op).stream())
            .map(graph::getVariable)
            .filter(WrappedSameDiff::isWeight)
            .map(SDVariable::dataType)
            .findFirst();
    return first.orElseThrow(
        () ->
            new PeftException(
                "This graph has no variable or constant of at least two dimensions in FLOAT or"
                    + " DOUBLE, so there is nothing to adapt."));
  }

  private static boolean isWeight(SDVariable variable) {
    VariableType kind = variable.getVariableType();
    boolean wide = variable.dataType() == DataType.FLOAT || variable.dataType() == DataType.DOUBLE;
    boolean held = kind == VariableType.VARIABLE || kind == VariableType.CONSTANT;
    return wide && held && variable.getArr() != null && variable.getArr().rank() > 1;
  }

  @Override
  public SameDiff network() {
    return network;
  }

  /** The inputs are those placeholders that the first output needs, in the order of their names. */
  @Override
  public INDArray output(INDArray... inputs) {
    List<String> outputs = network.outputs();
    if (outputs == null || outputs.isEmpty()) {
      throw new PeftException(
          "Which variable is the output? Say so with setOutputs on the wrapped graph.");
    }
    List<String> placeholders =
        network.inputs().stream()
            .filter(name -> Ancestry.needs(network, outputs.get(0), name))
            .toList();
    if (placeholders.size() != inputs.length) {
      throw new PeftException(
          outputs.get(0)
              + " needs the inputs "
              + placeholders
              + ", but "
              + inputs.length
              + " came.");
    }
    Map<String, INDArray> given = new HashMap<>();
    for (int i = 0; i < inputs.length; i++) {
      given.put(placeholders.get(i), inputs[i]);
    }
    return network.outputSingle(given, outputs.get(0)).dup();
  }

  @Override
  public SameDiff copyOfBase() {
    return GraphCopy.whole(base());
  }

  @Override
  public Map<String, OriginalPart> originals(SameDiff graph) {
    return sitesOf(graph);
  }

  @Override
  public Map<String, OriginalPart> originals() {
    return originals;
  }

  @Override
  public DataType dataType() {
    return type;
  }

  @Override
  public long numParams() {
    return parameters(base());
  }

  /** The elements of a graph's variables, and of constants that are weights. */
  public static long parameters(SameDiff graph) {
    return graph.variables().stream()
        .filter(v -> v.getVariableType() == VariableType.VARIABLE || isWeight(v))
        .mapToLong(v -> v.getArr().length())
        .sum();
  }

  @Override
  public void activate(List<Slot> slots) {
    if (active.equals(slots) && !layout.lossChanged()) {
      return;
    }
    updaters.putAside(names(active));
    layout.put(slots);
    active = List.copyOf(slots);
    updaters.bringBack(names(slots), parameters());
  }

  private Map<String, INDArray> parameters() {
    Map<String, INDArray> parameters = new LinkedHashMap<>();
    for (Slot slot : active) {
      for (ParameterSpec spec : slot.adapter().trainable()) {
        parameters.put(GraphLayout.name(slot, spec), slot.values().get(spec.name()));
      }
    }
    return parameters;
  }

  private static List<String> names(List<Slot> slots) {
    return new ArrayList<>(slots.stream().map(Slot::adapterName).distinct().toList());
  }

  @Override
  public void requireKnownRows() {
    throw new PeftException(
        "A graph of SameDiff joins and turns arrays as it likes, so nobody knows which rows belong"
            + " to which sequence. Make a batch for each adapter.");
  }

  @Override
  public Tensors gradients(Slot slot) {
    throw new PeftException(
        "SameDiff keeps no gradients. Ask for them with calculateGradients of the wrapped graph.");
  }

  @Override
  public List<TensorPlace> places() {
    throw new PeftException(
        "A graph of SameDiff has no vector of parameters, only variables. Train it with fit.");
  }

  @Override
  public void release(String name) {
    // A slot's arrays are its own.
  }

  @Override
  public void forget(String name) {
    updaters.forget(name);
  }
}
