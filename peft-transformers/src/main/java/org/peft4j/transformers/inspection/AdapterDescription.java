package org.peft4j.transformers.inspection;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.peft4j.config.PeftConfig;
import org.peft4j.internal.LayerNumbers;
import org.peft4j.internal.files.AdapterFiles;
import org.peft4j.internal.files.AdapterKeys;
import org.peft4j.internal.model.UnknownFields;
import org.peft4j.method.Methods;

/**
 * An adapter folder.
 *
 * @param config its config
 * @param targets the modules that have tensors, in the file's order
 * @param tensors the tensors in its file
 */
public record AdapterDescription(PeftConfig config, List<String> targets, TensorTable tensors)
    implements Description {
  public AdapterDescription {
    targets = List.copyOf(targets);
  }

  static AdapterDescription read(Path folder) {
    PeftConfig config = AdapterFiles.readConfig(folder);
    TensorTable tensors = TensorTable.read(AdapterFiles.weights(folder));
    AdapterKeys keys = AdapterKeys.of(config);
    List<String> targets =
        tensors.tensors().stream()
            .flatMap(tensor -> keys.module(tensor.name()).stream())
            .distinct()
            .sorted(NumberOrder.INSTANCE)
            .toList();
    return new AdapterDescription(config, targets, tensors);
  }

  @Override
  public String text() {
    return summary() + "\n" + tensors.text();
  }

  private String summary() {
    StringBuilder text = new StringBuilder();
    text.append(config.peftType()).append(" adapter\n");
    ObjectNode json = Methods.of(config).writeConfig(config);
    for (Map.Entry<String, JsonNode> field : json.properties()) {
      if (tells(field.getValue()) && !field.getKey().equals("peft_type")) {
        text.append("  ").append(field.getKey()).append(": ").append(field.getValue()).append('\n');
      }
    }
    Set<String> unknown = UnknownFields.of(config).keySet();
    if (!unknown.isEmpty()) {
      text.append("not known here and not applied: ");
      text.append(unknown.stream().sorted().collect(Collectors.joining(", "))).append('\n');
    }
    if (targets.isEmpty()) {
      return text.toString();
    }
    text.append("on ").append(TextTable.number(targets.size())).append(" modules: ");
    text.append(
        targets.stream().map(LayerNumbers::starred).distinct().collect(Collectors.joining(", ")));
    return text.append('\n').toString();
  }

  /** Whether a field is worth a line; most of a config is null, false or empty. */
  private static boolean tells(JsonNode value) {
    boolean empty = value.isContainerNode() && value.isEmpty();
    boolean off = value.isBoolean() && !value.booleanValue();
    return !value.isNull() && !empty && !off;
  }
}
