package org.peft4j.transformers.inspection;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;
import org.peft4j.transformers.architecture.AttentionPart;
import org.peft4j.transformers.architecture.HeadPart;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.architecture.PatchInput;
import org.peft4j.transformers.family.Families;
import org.peft4j.transformers.internal.weights.StoredHead;

/**
 * A model folder.
 *
 * @param architecture the architecture in its {@code config.json}
 * @param tensors the tensors in its files
 */
public record ModelDescription(ModelArchitecture architecture, TensorTable tensors)
    implements Description {
  static ModelDescription read(Path folder) {
    return new ModelDescription(
        StoredHead.of(folder, Families.read(folder)), TensorTable.read(folder));
  }

  /** The sites where adapters can act, in the order of the forward pass. */
  public List<Site> sites() {
    return architecture.sites();
  }

  /** The number of parameters; a tied head counts once. */
  public long parameterCount() {
    return architecture.parameterCount();
  }

  @Override
  public String text() {
    return summary() + "\n" + siteTable() + "\n" + tensors.text();
  }

  private String summary() {
    AttentionPart attention = architecture.body().blocks().get(0).attentions().get(0);
    return String.format(
        "%s model: %s parameters, %s%d layers, width %d, %d heads (%d for keys and values),"
            + " %s, %s%n",
        architecture.modelType(),
        TextTable.number(parameterCount()),
        encoder(),
        architecture.body().depth(),
        architecture.hiddenSize(),
        attention.heads(),
        attention.keyValueHeads(),
        reads(),
        head());
  }

  private String reads() {
    Optional<String> pictures = architecture.pictures().map(ModelDescription::pictures);
    if (!architecture.readsText()) {
      return pictures.orElseThrow();
    }
    String text =
        "vocabulary %s, %s positions"
            .formatted(
                TextTable.number(architecture.vocabularySize()),
                TextTable.number(architecture.maxPositions()));
    return pictures.map(both -> both + ", " + text).orElse(text);
  }

  private static String pictures(PatchInput input) {
    return "pictures of %d × %d pixels in patches of %d × %d"
        .formatted(
            input.imageHeight(), input.imageWidth(), input.patchHeight(), input.patchWidth());
  }

  private String encoder() {
    return architecture
        .encoder()
        .map(stack -> "an encoder of " + stack.depth() + " layers, a decoder of ")
        .orElse("");
  }

  private String head() {
    HeadPart head = architecture.head();
    if (head instanceof HeadPart.Features) {
      return head.modules().isEmpty() ? "hidden states" : "hidden states and a pooler";
    }
    String other = head instanceof HeadPart.Span ? "answers to questions" : "untied head";
    return head.labels()
        .map(labels -> "labels " + labels.names())
        .orElse(head.tied() ? "tied head" : other);
  }

  /** A line for each group of like sites. */
  private String siteTable() {
    Map<String, List<Site>> byModule = new TreeMap<>();
    for (Site site : sites()) {
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
