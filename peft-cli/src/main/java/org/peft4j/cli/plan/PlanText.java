package org.peft4j.cli.plan;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToLongFunction;
import org.peft4j.cli.options.ByteSize;
import org.peft4j.internal.LayerNumbers;
import org.peft4j.plan.PlannedAdapter;
import org.peft4j.plan.TrainingMemory;
import org.peft4j.site.Site;
import org.peft4j.transformers.config.Precision;
import org.peft4j.transformers.inspection.TextTable;

/**
 * A plan as text.
 *
 * @param precisions the precisions to report memory for
 */
record PlanText(PlannedRun run, List<Precision> precisions) {
  String text() {
    StringBuilder text = new StringBuilder();
    text.append(run.adapter().parameters()).append('\n');
    long file = run.adapter().fileBytes();
    return text.append('\n')
        .append(sites())
        .append("\nadapter_model.safetensors: ")
        .append(TextTable.number(file))
        .append(" bytes (")
        .append(ByteSize.text(file))
        .append(")\n\n")
        .append(memory())
        .toString();
  }

  /**
   * A line for each group of like sites; sites that differ only in their layer's number share one.
   */
  private String sites() {
    Map<List<String>, List<PlannedAdapter>> groups = new LinkedHashMap<>();
    run.adapter()
        .adapters()
        .forEach(a -> groups.computeIfAbsent(describe(a), key -> new ArrayList<>()).add(a));
    TextTable table = new TextTable(3, "site", "kind", "inputs → outputs", "count", "trainable");
    groups.forEach(
        (description, group) -> {
          List<String> cells = new ArrayList<>(description);
          cells.add(TextTable.number(group.size()));
          cells.add(TextTable.number(group.stream().mapToLong(PlannedAdapter::count).sum()));
          table.row(cells.toArray(String[]::new));
        });
    return table.text();
  }

  private static List<String> describe(PlannedAdapter adapter) {
    Site site = adapter.site();
    String kind = site.kind().name().toLowerCase(Locale.ROOT);
    return List.of(
        LayerNumbers.starred(site.name()),
        adapter.copy() ? kind + ", copy" : kind,
        site.inputs() == 0 ? "" : site.inputs() + " → " + site.outputs());
  }

  private String memory() {
    List<String> titles = new ArrayList<>();
    titles.add("memory, " + run.batchText());
    precisions.forEach(precision -> titles.add(title(precision)));
    TextTable table = new TextTable(1, titles.toArray(String[]::new));
    row(table, run.offload() ? "weights, offloaded" : "weights", false, TrainingMemory::weights);
    row(table, "adapter", false, TrainingMemory::adapters);
    row(table, "gradients", false, TrainingMemory::gradients);
    row(table, "optimizer, " + run.optimizer().id(), false, TrainingMemory::optimizer);
    row(table, "activations", false, TrainingMemory::activations);
    row(table, "total", false, TrainingMemory::total);
    row(table, "process", false, TrainingMemory::process);
    row(table, "activations, checkpointed", true, TrainingMemory::activations);
    row(table, "total, checkpointed", true, TrainingMemory::total);
    row(table, "process, checkpointed", true, TrainingMemory::process);
    return table.text();
  }

  private String title(Precision precision) {
    String rest = precision.name().toLowerCase(Locale.ROOT);
    return run.quantization().map(bits -> bits.id() + ", " + rest).orElse(rest);
  }

  private void row(
      TextTable table, String name, boolean checkpointing, ToLongFunction<TrainingMemory> part) {
    List<String> cells = new ArrayList<>(List.of(name));
    for (Precision precision : precisions) {
      cells.add(ByteSize.text(part.applyAsLong(run.memory(precision, checkpointing))));
    }
    table.row(cells.toArray(String[]::new));
  }
}
