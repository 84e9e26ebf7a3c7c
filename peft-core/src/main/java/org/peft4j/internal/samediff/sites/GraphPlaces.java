package org.peft4j.internal.samediff.sites;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.internal.SameDiffOp;
import org.peft4j.internal.original.OutputPlace;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;

/**
 * The places after variables whose number of features is known: what a weight gives, and what
 * operations on single elements make of that. Each is named by its variable.
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
          "identity",
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

  private record Features(long width, boolean channelsFirst) {}

  private GraphPlaces() {}

  public static Map<String, OutputPlace> of(SameDiff graph, List<GraphSite> sites) {
    Map<String, Features> known = new LinkedHashMap<>();
    for (SameDiffOp op : graph.getOps().values()) {
      Features features = given(graph, op, sites);
      for (String input :
          KEEP.contains(op.getOp().opName()) ? GraphParts.inputs(op) : List.<String>of()) {
        if (features == null) {
          features = known.get(input);
        }
      }
      if (features != null) {
        known.put(op.getOutputsOfOp().get(0), features);
      }
    }
    Map<String, OutputPlace> places = new LinkedHashMap<>();
    known.forEach(
        (variable, features) -> {
          Site site = Site.place(variable, variable, SiteKind.SUBLAYER, 0, features.width);
          places.put(
              variable, new OutputPlace(site, !features.channelsFirst, !features.channelsFirst));
        });
    return places;
  }

  /** The features that an operation makes by a weight. */
  private static @Nullable Features given(SameDiff graph, SameDiffOp op, List<GraphSite> sites) {
    for (GraphSite site : sites) {
      for (Use use : site.uses()) {
        if (use.operation().equals(op.getName())
            && use.parameter().name().equals(GraphSites.WEIGHT)) {
          return features(graph, op, site, use);
        }
      }
    }
    return null;
  }

  private static @Nullable Features features(
      SameDiff graph, SameDiffOp op, GraphSite site, Use use) {
    long width = site.site().outputs();
    return switch (op.getOp().opName()) {
      case "matmul" ->
          use.beside() instanceof Product product && !product.outputTurned()
              ? new Features(width, false)
              : null;
      case "xw_plus_b", "relu_layer", "gather" -> new Features(width, false);
      case "conv1d", "conv2d" ->
          Role.of(
                  op.getOp(),
                  use.argument(),
                  graph.getVariable(site.variable(GraphSites.WEIGHT)).getArr().rank(),
                  GraphParts.inputs(op).size())
              .map(role -> new Features(width, role.channelsFirst()))
              .orElse(null);
      case "multi_head_dot_product_attention" ->
          use.argument() == 6 ? new Features(width, true) : null;
      default -> null;
    };
  }
}
