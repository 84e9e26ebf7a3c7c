package org.peft4j.cli.train;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.peft4j.cli.options.AdapterOptions;
import org.peft4j.config.ConfigField;
import org.peft4j.config.ConfigFields;
import org.peft4j.config.PeftConfig;
import org.peft4j.method.Methods;
import org.peft4j.method.PeftMethod;
import org.peft4j.method.TrainingOption;
import picocli.CommandLine.Help;
import picocli.CommandLine.Help.Column;
import picocli.CommandLine.Help.Column.Overflow;
import picocli.CommandLine.Help.TextTable;

/** A help section for each method: its config's fields and its training options. */
final class MethodHelp {
  private static final int INDENT = 2;
  private static final int NAME_WIDTH = 34;
  private static final int WIDTH = 100;

  private MethodHelp() {}

  static String text(Help help) {
    StringBuilder text = new StringBuilder();
    Map<String, PeftMethod<?>> methods = Methods.all();
    section(
        text,
        help,
        "Every method: fields with their defaults, for --set",
        common(methods.values().iterator().next()));
    methods.forEach(
        (type, method) ->
            section(
                text,
                help,
                title(method.fields().method()) + ", --method " + option(type),
                Stream.concat(
                    own(method), method.trainingOptions().stream().map(MethodHelp::line))));
    return text.toString();
  }

  private static String option(String peftType) {
    return peftType.toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private static String title(String name) {
    return name.substring(0, 1).toUpperCase(Locale.ROOT) + name.substring(1);
  }

  private record Line(String name, String text) {}

  private static void section(StringBuilder text, Help help, String title, Stream<Line> lines) {
    List<Line> all = lines.toList();
    text.append(String.format("%n%s:%n", title));
    if (all.isEmpty()) {
      text.append(String.format("  only the fields of every method%n"));
      return;
    }
    TextTable table =
        TextTable.forColumns(
            help.colorScheme(),
            new Column(NAME_WIDTH, INDENT, Overflow.SPAN),
            new Column(WIDTH - NAME_WIDTH, 1, Overflow.WRAP));
    all.forEach(line -> table.addRowValues(line.name(), line.text()));
    text.append(table);
  }

  private static Line line(TrainingOption option) {
    return new Line("--" + option.name() + "=X", option.help());
  }

  private static <C extends PeftConfig> Stream<Line> common(PeftMethod<C> method) {
    return lines(method.fields(), method.fields().common());
  }

  private static <C extends PeftConfig> Stream<Line> own(PeftMethod<C> method) {
    return lines(method.fields(), method.fields().own());
  }

  private static <C extends PeftConfig> Stream<Line> lines(
      ConfigFields<C, ?> description, List<? extends ConfigField<C, ?>> fields) {
    ObjectNode defaults = description.defaults();
    return fields.stream()
        .filter(ConfigField::settable)
        .map(field -> new Line(assignment(field, defaults), text(field)));
  }

  /** The field with its default, as {@code --set} takes it. */
  private static String assignment(ConfigField<?, ?> field, ObjectNode defaults) {
    JsonNode value = defaults.path(field.name());
    String shown = value.isTextual() ? value.textValue() : value.toString();
    return field.name() + "=" + (field.required() ? "…" : shown);
  }

  private static String text(ConfigField<?, ?> field) {
    List<String> notes = new ArrayList<>();
    if (field.required()) {
      notes.add("required");
    }
    if (!field.allowed().isEmpty()) {
      notes.add(field.allowed());
    }
    field.role().flatMap(AdapterOptions::option).ifPresent(name -> notes.add("or " + name));
    return notes.isEmpty() ? field.help() : field.help() + " [" + String.join("; ", notes) + "]";
  }
}
