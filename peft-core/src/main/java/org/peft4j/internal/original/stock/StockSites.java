package org.peft4j.internal.original.stock;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.LongStream;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.samediff.SameDiffVertex;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;
import org.peft4j.site.SiteParameter;
import org.peft4j.weight.WeightView;

/**
 * The sites of a layer that runs on effective weights: one for each of its {@link
 * GraftableWeights}, named layer and parameter ({@code lstm.RW}), or like the layer if there is
 * only one. Biases belong to the first of them. All other parameters form one more site, without
 * grafts.
 */
final class StockSites {
  private final String module;
  private final Map<String, WeightView> graftable;
  private final Map<String, INDArray> table;

  private StockSites(
      String module, Map<String, WeightView> graftable, Map<String, INDArray> table) {
    this.module = module;
    this.graftable = graftable;
    this.table = table;
  }

  /** The sites of a layer, in the order of its parameters. */
  static List<WeightSite> of(
      String name, Layer configuration, @Nullable Map<String, INDArray> table) {
    return of(name, GraftableWeights.of(configuration), table);
  }

  /** The sites of a vertex that SameDiff computes. */
  static List<WeightSite> of(
      String name, SameDiffVertex configuration, Map<String, INDArray> table) {
    return of(name, GraftableWeights.of(configuration), table);
  }

  private static List<WeightSite> of(
      String name, Map<String, WeightView> graftable, @Nullable Map<String, INDArray> table) {
    return table == null || table.isEmpty()
        ? List.of()
        : new StockSites(name, graftable, Peepholes.apart(table)).sites();
  }

  private List<WeightSite> sites() {
    Set<String> present = new LinkedHashSet<>(graftable.keySet());
    present.retainAll(table.keySet());
    Map<String, List<SiteParameter>> parameters = new LinkedHashMap<>();
    present.forEach(key -> parameters.put(key, new ArrayList<>(List.of(describe(key)))));
    List<SiteParameter> rest = new ArrayList<>();
    for (String key : table.keySet()) {
      SiteParameter parameter = describe(key);
      if (parameter.bias() && !present.isEmpty()) {
        String owner = ownerOfBias(key, present);
        Objects.requireNonNull(parameters.get(owner)).add(parameter);
      } else if (!present.contains(key)) {
        rest.add(parameter);
      }
    }
    List<WeightSite> sites = new ArrayList<>();
    parameters.forEach(
        (key, all) -> sites.add(graftable(key, all, present.size() == 1 && rest.isEmpty())));
    if (!rest.isEmpty()) {
      String own = sites.isEmpty() ? module : module + "." + rest.get(0).name();
      Site site = Site.parameters(own, module, SiteKind.PARAMETERS, rest);
      sites.add(new WeightSite(site, rest.get(0).name(), WeightView.AS_STORED));
    }
    return sites;
  }

  private SiteParameter describe(String key) {
    return StockParameters.describe(key, Objects.requireNonNull(table.get(key)));
  }

  /** The first weight of the same direction: fW for fb, bW for bb, WB for bB, W for b. */
  private static String ownerOfBias(String bias, Set<String> weights) {
    boolean before = bias.endsWith("b");
    String direction = before ? bias.substring(0, bias.length() - 1) : bias.substring(1);
    return weights.stream()
        .filter(key -> before ? key.startsWith(direction) : key.endsWith(direction))
        .findFirst()
        .orElseGet(() -> weights.iterator().next());
  }

  private WeightSite graftable(String key, List<SiteParameter> parameters, boolean alone) {
    WeightView view = Objects.requireNonNull(graftable.get(key));
    INDArray weight = view.of(Objects.requireNonNull(table.get(key)));
    String name = alone ? module : module + "." + key;
    long[] shape = weight.shape();
    Site site =
        shape.length > 2
            ? Site.convolution(
                name,
                module,
                shape[1],
                shape[0],
                LongStream.of(shape).skip(2).boxed().toList(),
                parameters)
            : Site.linear(name, module, shape[1], shape[0], parameters);
    return new WeightSite(site, key, view);
  }
}
