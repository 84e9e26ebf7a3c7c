package org.peft4j.internal.samediff.sites;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.VariableType;
import org.nd4j.autodiff.samediff.internal.SameDiffOp;
import org.nd4j.linalg.api.buffer.DataType;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;
import org.peft4j.site.SiteParameter;
import org.peft4j.site.SiteRole;
import org.peft4j.weight.WeightView;

/**
 * The sites of a graph, each named by its weight's variable, in the order of first use. A weight's
 * first use says what it is; at all others its adapters act too. A bias is what the operation adds,
 * or the next one does with a vector. Other variables form sites of their own, which train as a
 * copy only.
 */
public final class GraphSites {
  public static final String WEIGHT = "weight";
  public static final String BIAS = "bias";

  private final SameDiff graph;
  private final DataType type;
  private final Map<String, Role> roles = new LinkedHashMap<>();
  private final Map<String, String> biasOf = new LinkedHashMap<>();
  private final Map<String, String> weightBehind = new HashMap<>();

  private GraphSites(SameDiff graph, DataType type) {
    this.graph = graph;
    this.type = type;
  }

  /**
   * The sites of a graph whose weights are of a type.
   *
   * @param type floating-point weights of another type are left out
   */
  public static List<GraphSite> of(SameDiff graph, DataType type) {
    GraphSites scan = new GraphSites(graph, type);
    graph.getOps().values().forEach(scan::weights);
    graph.getOps().values().forEach(scan::addedVector);
    return scan.sites();
  }

  /** Whether a variable is frozen: has an array of the graph's type. */
  private boolean frozen(String name) {
    SDVariable variable = graph.getVariable(name);
    VariableType kind = variable.getVariableType();
    return (kind == VariableType.VARIABLE || kind == VariableType.CONSTANT)
        && variable.dataType() == type
        && variable.getArr() != null;
  }

  private long[] shape(String name) {
    return graph.getVariable(name).getArr().shape();
  }

  private void weights(SameDiffOp op) {
    List<String> inputs = GraphParts.inputs(op);
    for (int i = 0; i < inputs.size(); i++) {
      Carried carried = Carried.of(graph, inputs.get(i));
      if (frozen(carried.origin())) {
        boolean itself = carried.origin().equals(inputs.get(i));
        Role.of(op.getOp(), i, shape(carried.origin()).length, inputs.size())
            .flatMap(role -> itself ? Optional.of(role) : role.of(carried))
            .ifPresent(role -> weight(op, carried.origin(), role));
      }
    }
  }

  private void weight(SameDiffOp op, String name, Role role) {
    List<String> inputs = GraphParts.inputs(op);
    boolean first = roles.putIfAbsent(name, role) == null;
    if (first && role.bias() >= 0 && frozen(inputs.get(role.bias()))) {
      biasOf.putIfAbsent(inputs.get(role.bias()), name);
    }
    op.getOutputsOfOp().forEach(output -> weightBehind.putIfAbsent(output, name));
  }

  /**
   * A vector that is added to what a weight gave is its bias; one that multiplies, a norm's gain.
   */
  private void addedVector(SameDiffOp op) {
    String name = op.getOp().opName();
    List<String> inputs = GraphParts.inputs(op);
    if (inputs.size() != 2) {
      return;
    }
    for (int i = 0; i < 2; i++) {
      String vector = inputs.get(i);
      String other = inputs.get(1 - i);
      if (!frozen(vector) || shape(vector).length != 1 || roles.containsKey(vector)) {
        continue;
      }
      String weight = weightBehind.get(Carried.unturned(graph, other));
      if (("add".equals(name) || "biasadd".equals(name)) && weight != null) {
        Role role = Objects.requireNonNull(roles.get(weight));
        if (takes(weight, role, shape(vector)[0])) {
          biasOf.putIfAbsent(vector, weight);
        }
      } else if ("multiply".equals(name) && normalised(other)) {
        roles.put(vector, new Role(SiteKind.NORM, WeightView.AS_STORED, -1, null, false));
        weightBehind.put(op.getOutputsOfOp().get(0), vector);
      }
    }
  }

  private boolean takes(String weight, Role role, long length) {
    return (role.kind() == SiteKind.NORM
            || role.kind() == SiteKind.LINEAR
            || role.kind() == SiteKind.CONVOLUTION)
        && biasOf.values().stream().noneMatch(weight::equals)
        && role.view().shape(shape(weight))[0] == length;
  }

  /**
   * Whether a variable is a normalisation written out: a quotient, or what {@code standardize}
   * gives.
   */
  private boolean normalised(String variable) {
    String producer = GraphParts.variable(graph, variable).getOutputOfOp();
    String name = producer == null ? "" : GraphParts.op(graph, producer).getOp().opName();
    return name.equals("standardize") || name.equals("divide") || name.equals("realdiv");
  }

  private List<GraphSite> sites() {
    Map<String, @Nullable String> biases = new HashMap<>();
    biasOf.forEach((bias, weight) -> biases.putIfAbsent(weight, bias));
    List<GraphSite> sites = new ArrayList<>();
    roles.forEach((weight, role) -> sites.add(site(weight, role, biases.get(weight))));
    for (SDVariable variable : graph.variables()) {
      String name = variable.name();
      boolean known = roles.containsKey(name) || biasOf.containsKey(name);
      if (variable.getVariableType() == VariableType.VARIABLE && frozen(name) && !known) {
        sites.add(rest(name));
      }
    }
    return sites;
  }

  private GraphSite site(String weight, Role role, @Nullable String bias) {
    Map<String, String> variables = new LinkedHashMap<>();
    List<SiteParameter> parameters = new ArrayList<>();
    parameters.add(SiteParameter.weight(WEIGHT, shape(weight)));
    variables.put(WEIGHT, weight);
    if (bias != null) {
      parameters.add(SiteParameter.bias(BIAS, shape(bias)));
      variables.put(BIAS, bias);
    }
    long[] shape = role.view().shape(shape(weight));
    Site site =
        switch (role.kind()) {
          case LINEAR -> Site.linear(weight, weight, shape[1], shape[0], parameters);
          case EMBEDDING ->
              Site.embedding(weight, weight, shape[0], shape[1], parameters)
                  .as(SiteRole.TOKEN_EMBEDDING);
          case CONVOLUTION ->
              Site.convolution(
                  weight,
                  weight,
                  shape[1],
                  shape[0],
                  LongStream.of(shape).skip(2).boxed().toList(),
                  parameters);
          default -> Site.parameters(weight, weight, SiteKind.NORM, parameters).as(SiteRole.NORM);
        };
    return new GraphSite(site, variables, uses(site, role, variables));
  }

  /** A variable of another sort: it trains as a copy only. */
  private GraphSite rest(String name) {
    boolean added =
        shape(name).length == 1
            && uses(name).stream().anyMatch(op -> op.equals("add") || op.equals("biasadd"));
    SiteParameter parameter =
        added ? SiteParameter.bias(BIAS, shape(name)) : SiteParameter.weight(WEIGHT, shape(name));
    Site site = Site.parameters(name, name, SiteKind.PARAMETERS, List.of(parameter));
    Map<String, String> variables = Map.of(parameter.name(), name);
    return new GraphSite(site, variables, uses(site, null, variables));
  }

  private List<String> uses(String variable) {
    return graph.getOps().values().stream()
        .filter(op -> GraphParts.inputs(op).contains(variable))
        .map(op -> op.getOp().opName())
        .toList();
  }

  private List<Use> uses(Site site, @Nullable Role role, Map<String, String> variables) {
    List<Use> uses = new ArrayList<>();
    for (SameDiffOp op : graph.getOps().values()) {
      List<String> inputs = GraphParts.inputs(op);
      for (int i = 0; i < inputs.size(); i++) {
        for (SiteParameter parameter : site.parameters()) {
          if (inputs.get(i).equals(variables.get(parameter.name()))) {
            uses.add(use(op, i, parameter, role, variables));
          }
        }
      }
    }
    return uses;
  }

  private Use use(
      SameDiffOp op,
      int argument,
      SiteParameter parameter,
      @Nullable Role role,
      Map<String, String> variables) {
    if (role == null || !parameter.name().equals(WEIGHT)) {
      return new Use(op.getName(), argument, parameter, WeightView.AS_STORED, null);
    }
    List<String> inputs = GraphParts.inputs(op);
    boolean onlyWeight = inputs.stream().filter(roles::containsKey).count() == 1;
    boolean ownBias = inputs.size() < 3 || inputs.get(2).equals(variables.get(BIAS));
    Optional<Role> own =
        Role.of(op.getOp(), argument, shape(inputs.get(argument)).length, inputs.size())
            .filter(o -> o.kind() == role.kind() && o.view() == role.view())
            .filter(o -> onlyWeight && ownBias);
    return new Use(
        op.getName(), argument, parameter, role.view(), own.map(Role::beside).orElse(null));
  }
}
