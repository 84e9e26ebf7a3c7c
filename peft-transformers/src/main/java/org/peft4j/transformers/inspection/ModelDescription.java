package org.peft4j.transformers.inspection;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;
import org.peft4j.transformers.config.ModelConfig;
import org.peft4j.transformers.config.ModelConfigReader;
import org.peft4j.transformers.internal.model.ModelSites;

/**
 * A model folder.
 *
 * @param config its architecture
 * @param sites where something can be grafted, in the order of the forward pass
 * @param tensors what is in its files
 */
public record ModelDescription(ModelConfig config, List<Site> sites, TensorTable tensors)
    implements Description {
  public ModelDescription {
    sites = List.copyOf(sites);
  }

  static ModelDescription read(Path folder) {
    ModelConfig config = ModelConfigReader.read(folder);
    return new ModelDescription(config, new ModelSites(config).all(), TensorTable.read(folder));
  }

  /** The number of parameters of the architecture, a tied head counted once. */
  public long parameterCount() {
    long head = config.tiedHead() ? (long) config.vocabularySize() * config.hiddenSize() : 0;
    return sites.stream().mapToLong(Site::count).sum() - head;
  }

  @Override
  public String text() {
    return summary() + "\n" + siteTable() + "\n" + tensors.text();
  }

  private String summary() {
    return String.format(
        "%s model: %s parameters, %d layers, width %d, %d heads (%d for keys and values), vocabulary"
            + " %s, %s positions, %s%n",
        config.family().modelType(),
        TextTable.number(parameterCount()),
        config.layers(),
        config.hiddenSize(),
        config.attention().heads(),
        config.attention().keyValueHeads(),
        TextTable.number(config.vocabularySize()),
        TextTable.number(config.maxPositions()),
        head());
  }

  private String head() {
    String language = config.tiedHead() ? "tied head" : "untied head";
    return config.labels().map(labels -> "labels " + labels.names()).orElse(language);
  }

  /** A line for each sort of site that adapters can be on. */
  private String siteTable() {
    Map<String, List<Site>> byModule = new TreeMap<>();
    for (Site site : sites) {
      if (site.kind() != SiteKind.NORM && site.kind().isModule()) {
        String module = site.name().substring(site.name().lastIndexOf('.') + 1);
        byModule.computeIfAbsent(module, name -> new ArrayList<>()).add(site);
      }
    }
    TextTable table = new TextTable("site", "kind", "inputs → outputs", "count", "elements");
    byModule.forEach(
        (module, group) ->
            table.row(
                module,
                group.get(0).kind().name().toLowerCase(java.util.Locale.ROOT),
                shapes(group),
                TextTable.number(group.size()),
                TextTable.number(group.stream().mapToLong(Site::count).sum())));
    return table.text();
  }

  private static String shapes(List<Site> sites) {
    Set<String> shapes =
        sites.stream()
            .map(site -> site.inputs() + " → " + site.outputs())
            .collect(Collectors.toCollection(java.util.TreeSet::new));
    return String.join(", ", shapes);
  }
}
