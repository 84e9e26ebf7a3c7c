package org.peft4j.transformers.inspection;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.peft4j.config.PeftConfig;
import org.peft4j.internal.files.AdapterFiles;
import org.peft4j.method.Methods;
import org.peft4j.safetensors.TensorInfo;

/**
 * An adapter folder.
 *
 * @param config its config
 * @param targets the modules that it has tensors for, in the order of the file
 * @param tensors what is in its file
 */
public record AdapterDescription(PeftConfig config, List<String> targets, TensorTable tensors)
    implements Description {
  /** What follows a module's path in the key of a tensor that is grafted on it. */
  private static final Pattern GRAFTED =
      Pattern.compile(
          "\\.((lora|hada|lokr|vera|ia3|mora)_\\w+|ln_tuning_layers|token_adapter"
              + "|trainable_tokens_delta|base_layer)(\\..*)?$");

  public AdapterDescription {
    targets = List.copyOf(targets);
  }

  static AdapterDescription read(Path folder) {
    PeftConfig config = AdapterFiles.readConfig(folder);
    TensorTable tensors = TensorTable.read(folder.resolve(AdapterFiles.WEIGHTS));
    String root = Methods.of(config).savedModulesRoot();
    List<String> targets =
        tensors.tensors().stream()
            .map(TensorInfo::name)
            .filter(key -> key.startsWith(root))
            .map(key -> module(key.substring(root.length())))
            .distinct()
            .sorted(NumberOrder.INSTANCE)
            .toList();
    return new AdapterDescription(config, targets, tensors);
  }

  /** The path of the module that a tensor of this path belongs to. */
  private static String module(String path) {
    return GRAFTED.matcher(path).replaceFirst("").replaceFirst("\\.(weight|bias)$", "");
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
    if (targets.isEmpty()) {
      return text.toString();
    }
    text.append("on ").append(TextTable.number(targets.size())).append(" modules: ");
    text.append(
        targets.stream()
            .map(target -> target.replaceAll("(?<=\\.)\\d+(?=\\.)", "*"))
            .distinct()
            .collect(Collectors.joining(", ")));
    return text.append('\n').toString();
  }

  /** Whether a field has a value at all; most of a config is null, false or empty. */
  private static boolean tells(JsonNode value) {
    boolean empty = value.isContainerNode() && value.isEmpty();
    boolean off = value.isBoolean() && !value.booleanValue();
    return !value.isNull() && !empty && !off;
  }
}
