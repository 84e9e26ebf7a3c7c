package org.peft4j.internal.samediff.sites;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.internal.SameDiffOp;
import org.nd4j.linalg.api.ops.DynamicCustomOp;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;

/**
 * The places after variables whose features are known: what a weight gives, and what operations on
 * single elements, pooling and turned dimensions make of that. Each is named by its variable.
 */
public final class GraphPlaces {
  /** Operations whose output has the features of their first input that has some. */
  private static final Set<String> KEEP =
      Set.of(
          "add",
          "subtract",
          "multiply",
          "divide",
          "biasadd",
          "maxpool2d",
          "avgpool2d",
          "relu",
          "relu6",
          "leakyrelu",
          "elu",
          "selu",
          "gelu",
          "precise_gelu",
          "swish",
          "mish",
          "tanh",
          "sigmoid",
          "hard_sigmoid",
          "hardtanh",
          "softplus",
          "softsign",
          "softmax",
          "log_softmax",
          "layer_norm",
          "batchnorm",
          "standardize",
          "erf",
          "square",
          "sqrt",
          "exp",
          "abs",
          "neg");

  /**
   * Features of an array.
   *
   * @param axis their dimension, counted from the end: −1 is the last one. So it stays right where
   *     an operation adds dimensions in front
   */
  private record Features(long width, int axis) {}

  private final SameDiff graph;
  private final Set<String> weights;
  private final Map<String, Features> known = new LinkedHashMap<>();

  private GraphPlaces(SameDiff graph, List<GraphSite> sites) {
    this.graph = graph;
    weights =
        sites.stream()
            .map(site -> site.variables().get(GraphSites.WEIGHT))
            .filter(Objects::nonNull)
            .collect(Collectors.toSet());
  }

  public static Map<String, GraphPlace> of(SameDiff graph, List<GraphSite> sites) {
    GraphPlaces scan = new GraphPlaces(graph, sites);
    graph.getOps().values().forEach(scan::add);
    Map<String, GraphPlace> places = new LinkedHashMap<>();
    scan.known.forEach(
        (variable, features) ->
            places.put(
                variable,
                new GraphPlace(
                    Site.place(variable, variable, SiteKind.SUBLAYER, 0, features.width),
                    features.axis)));
    return places;
  }

  private void add(SameDiffOp op) {
    given(op)
        .or(() -> kept(op))
        .ifPresent(features -> known.put(op.getOutputsOfOp().get(0), features));
  }

  /** The features that an operation makes by a weight. */
  private Optional<Features> given(SameDiffOp op) {
    List<String> inputs = GraphParts.inputs(op);
    for (int i = 0; i < inputs.size(); i++) {
      Carried carried = Carried.of(graph, inputs.get(i));
      if (weights.contains(carried.origin())) {
        long[] shape = carried.turned(graph.getVariable(carried.origin()).getArr().shape());
        int argument = i;
        Optional<Features> features =
            Role.of(op.getOp(), i, shape.length, inputs.size())
                .flatMap(role -> given(op.getOp().opName(), argument, role, shape));
        if (features.isPresent()) {
          return features;
        }
      }
    }
    return Optional.empty();
  }

  private static Optional<Features> given(String op, int argument, Role role, long[] shape) {
    long width = role.kind() == SiteKind.EMBEDDING ? shape[1] : role.view().shape(shape)[0];
    return switch (op) {
      case "matmul" ->
          role.beside() instanceof Product product
              ? Optional.of(new Features(width, product.outputTurned() ? -2 : -1))
              : Optional.empty();
      case "xw_plus_b", "relu_layer", "gather" -> Optional.of(new Features(width, -1));
      case "conv1d", "conv2d" ->
          Optional.of(new Features(width, role.channelsFirst() ? 1 - shape.length : -1));
      case "multi_head_dot_product_attention" ->
          argument == 6 ? Optional.of(new Features(width, -2)) : Optional.empty();
      default -> Optional.empty();
    };
  }

  /** The features that an operation leaves as they were, perhaps in another dimension. */
  private Optional<Features> kept(SameDiffOp op) {
    List<String> inputs = GraphParts.inputs(op);
    if (Carried.turns(op)) {
      return Optional.ofNullable(known.get(inputs.get(0))).flatMap(f -> turned(op, f));
    }
    return KEEP.contains(op.getOp().opName()) || Carried.passes(op)
        ? inputs.stream().map(known::get).filter(Objects::nonNull).findFirst()
        : Optional.empty();
  }

  private static Optional<Features> turned(SameDiffOp op, Features before) {
    long[] order = ((DynamicCustomOp) op.getOp()).iArgs();
    int rank = order.length;
    for (int i = 0; i < rank; i++) {
      if (Math.floorMod((int) order[i], rank) == rank + before.axis) {
        return Optional.of(new Features(before.width, i - rank));
      }
    }
    return Optional.empty();
  }
}
