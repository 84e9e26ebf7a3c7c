package org.peft4j.internal.samediff;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.nd4j.autodiff.samediff.SameDiff;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.SharingAdapter;
import org.peft4j.error.PeftException;
import org.peft4j.internal.original.OriginalPart;
import org.peft4j.internal.samediff.sites.GraphSite;
import org.peft4j.internal.samediff.sites.Product;
import org.peft4j.internal.samediff.sites.Use;
import org.peft4j.site.Site;
import org.peft4j.weight.DenseWeight;
import org.peft4j.weight.FrozenWeight;
import org.peft4j.weight.WeightView;

/** A site of a graph as planning and merging see it. Its weights are the graph's own arrays. */
final class GraphOriginal implements OriginalPart {
  private final GraphSite site;
  private final Map<String, FrozenWeight> weights = new HashMap<>();

  GraphOriginal(SameDiff graph, GraphSite site) {
    this.site = site;
    site.variables()
        .forEach(
            (parameter, variable) ->
                weights.put(
                    parameter,
                    DenseWeight.ofVector(graph.getVariable(variable).getArr(), view(parameter))));
  }

  private WeightView view(String parameter) {
    return site.uses().stream()
        .filter(use -> use.parameter().name().equals(parameter))
        .map(Use::view)
        .findFirst()
        .orElse(WeightView.AS_STORED);
  }

  @Override
  public List<Site> sites() {
    return List.of(site.site());
  }

  @Override
  public FrozenWeight frozen(Site of, String parameter) {
    FrozenWeight weight = weights.get(parameter);
    if (weight == null) {
      throw new IllegalArgumentException("No parameter " + parameter + " at " + of.name() + ".");
    }
    return weight;
  }

  @Override
  public boolean takesBias(Site of) {
    return site.uses().stream().anyMatch(use -> use.beside() instanceof Product);
  }

  @Override
  public void requireTaken(Adapter adapter) {
    requireAlone(adapter);
  }

  /** Refuses an adapter that needs more of a pass than its own place. */
  static void requireAlone(Adapter adapter) {
    String why = null;
    if (adapter instanceof SharingAdapter sharing && !sharing.tied().isEmpty()
        || adapter.exchanges()) {
      why = "exchanges arrays with other places, in an order that SameDiff does not promise";
    }
    if (why != null) {
      throw new PeftException(
          "The adapter at "
              + adapter.site().name()
              + " "
              + why
              + ". Choose a config without that for this graph.");
    }
  }
}
