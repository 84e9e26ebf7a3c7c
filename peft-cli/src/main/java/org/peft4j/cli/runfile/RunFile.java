package org.peft4j.cli.runfile;

import java.io.IOException;
import java.io.Reader;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.peft4j.error.PeftException;
import org.peft4j.internal.Quoted;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;

/**
 * A YAML or JSON file whose keys are long names of options. Values stay texts as they are written,
 * so that {@code 1e-4} and {@code no} mean what they mean on the command line. Nothing is made of a
 * tag; size, depth and aliases are bounded.
 */
final class RunFile {
  private static final int MOST_CHARACTERS = 1 << 20;
  private static final int MOST_ALIASES = 20;
  private static final int DEEPEST = 20;

  private final String file;

  private RunFile(String file) {
    this.file = file;
  }

  /** A value of a key: texts, or texts by name. */
  record Value(List<String> texts, Map<String, String> named, boolean list) {}

  /**
   * Reads a file.
   *
   * @throws PeftException if it cannot be read, or is not a map of names to texts, lists of texts
   *     and maps of texts; names the place
   */
  static Map<String, Value> read(Path file) {
    try (Reader text = Files.newBufferedReader(file)) {
      return new RunFile(file.toString()).read(text);
    } catch (IOException e) {
      throw new PeftException("Cannot read the run's file " + file + ": " + e + ".", e);
    }
  }

  /**
   * Reads a text.
   *
   * @param name what to call it in messages
   */
  static Map<String, Value> of(String name, String text) {
    return new RunFile(name).read(new StringReader(text));
  }

  private Map<String, Value> read(Reader text) {
    LoaderOptions options = new LoaderOptions();
    options.setCodePointLimit(MOST_CHARACTERS);
    options.setMaxAliasesForCollections(MOST_ALIASES);
    options.setNestingDepthLimit(DEEPEST);
    options.setAllowRecursiveKeys(false);
    try {
      Node root = new Yaml(new SafeConstructor(options)).compose(text);
      return root == null ? Map.of() : values(root);
    } catch (YAMLException e) {
      throw new PeftException(
          file + " is not valid YAML: " + String.valueOf(e.getMessage()).strip() + ".", e);
    }
  }

  private Map<String, Value> values(Node root) {
    Map<String, Value> values = new LinkedHashMap<>();
    for (NodeTuple each : entries(root, "options and their values, as in 'rank: 8'")) {
      String name = text(each.getKeyNode(), "the name of an option");
      value(each.getValueNode())
          .ifPresent(
              value -> {
                if (values.put(name, value) != null) {
                  throw problem(each.getKeyNode(), Quoted.quoted(name) + " is there twice");
                }
              });
    }
    return values;
  }

  private List<NodeTuple> entries(Node node, String needed) {
    if (node instanceof MappingNode map) {
      return map.getValue();
    }
    throw problem(node, "needed: " + needed);
  }

  /** Empty for null: the option is not given. */
  private Optional<Value> value(Node node) {
    if (node.getTag().equals(Tag.NULL)) {
      return Optional.empty();
    }
    if (node instanceof SequenceNode list) {
      List<String> texts = new ArrayList<>();
      list.getValue().forEach(each -> texts.add(text(each, "a text or a number")));
      return Optional.of(new Value(texts, Map.of(), true));
    }
    if (node instanceof MappingNode) {
      Map<String, String> named = new LinkedHashMap<>();
      for (NodeTuple each : entries(node, "a map")) {
        named.put(text(each.getKeyNode(), "a name"), json(each.getValueNode(), 0));
      }
      return Optional.of(new Value(List.of(), named, false));
    }
    return Optional.of(new Value(List.of(text(node, "a text")), Map.of(), false));
  }

  private String text(Node node, String needed) {
    if (node instanceof ScalarNode scalar) {
      return scalar.getValue();
    }
    throw problem(node, "needed: " + needed);
  }

  /** Fields of a config may be lists and maps: their JSON. Texts alone stay as they are. */
  private String json(Node node, int depth) {
    if (depth > DEEPEST) {
      throw problem(node, "it refers to itself, or is deeper than " + DEEPEST);
    }
    if (node instanceof SequenceNode list) {
      List<String> parts = new ArrayList<>();
      list.getValue().forEach(each -> parts.add(inner(each, depth)));
      return "[" + String.join(",", parts) + "]";
    }
    if (node instanceof MappingNode map) {
      List<String> parts = new ArrayList<>();
      for (NodeTuple each : map.getValue()) {
        parts.add(
            Texts.json(text(each.getKeyNode(), "a name"))
                + ":"
                + inner(each.getValueNode(), depth));
      }
      return "{" + String.join(",", parts) + "}";
    }
    return text(node, "a text");
  }

  private String inner(Node node, int depth) {
    if (node instanceof ScalarNode scalar) {
      boolean plain =
          List.of(Tag.INT, Tag.FLOAT, Tag.BOOL, Tag.NULL).contains(scalar.getTag())
              && Texts.isJson(scalar.getValue());
      return plain ? scalar.getValue() : Texts.json(scalar.getValue());
    }
    return json(node, depth + 1);
  }

  private PeftException problem(Node node, String what) {
    Mark mark = node.getStartMark();
    return new PeftException(
        "%s, line %d, column %d: %s."
            .formatted(file, mark.getLine() + 1, mark.getColumn() + 1, what));
  }
}
