package org.peft4j.internal.wrapped;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.peft4j.internal.adapted.PartSummary;

/** A wrapped network as a table: its layers by the names and classes of the base model's. */
final class NetworkSummary {
  private NetworkSummary() {}

  /**
   * The table.
   *
   * @param outputs the type of each part's output, by name; empty if not asked for
   */
  static String of(List<PartSummary> parts, Map<String, InputType> outputs) {
    List<List<String>> lines = new ArrayList<>();
    lines.add(
        List.of("Name (Type)", "nIn,nOut", "Frozen", "Trainable", "Trainable tensors", "Output"));
    for (PartSummary part : parts) {
      InputType output = outputs.get(part.name());
      lines.add(
          List.of(
              part.name() + " (" + part.type() + ")",
              part.widths(),
              "%,d".formatted(part.frozen()),
              "%,d".formatted(part.trainable()),
              part.shapes(),
              output == null ? "-" : output.toString()));
    }
    int columns = outputs.isEmpty() ? 5 : 6;
    StringBuilder text = new StringBuilder("\n");
    for (List<String> line : lines) {
      for (int column = 0; column < columns; column++) {
        int at = column;
        int width = lines.stream().mapToInt(l -> l.get(at).length()).max().orElse(0);
        text.append(line.get(at)).append(" ".repeat(width - line.get(at).length() + 3));
      }
      text.setLength(text.toString().stripTrailing().length());
      text.append("\n");
    }
    return text.append(
            "Frozen: %,d. Trainable: %,d.%n"
                .formatted(
                    parts.stream().mapToLong(PartSummary::frozen).sum(),
                    parts.stream().mapToLong(PartSummary::trainable).sum()))
        .toString();
  }
}
