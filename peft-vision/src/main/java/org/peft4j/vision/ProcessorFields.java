package org.peft4j.vision;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.peft4j.error.PeftException;
import org.peft4j.internal.NearestNames;
import org.peft4j.internal.Quoted;
import org.peft4j.internal.json.JsonText;

/**
 * The fields of an image processor's file. As in transformers, a field that is null is as good as a
 * missing one. Problems are collected; {@link #end} throws all of them.
 */
final class ProcessorFields {
  /** Fields that say nothing about one picture. */
  private static final List<String> WITHOUT_EFFECT =
      List.of(
          "image_processor_type",
          "feature_extractor_type",
          "processor_class",
          "auto_map",
          "_valid_processor_keys",
          "disable_grouping",
          "device",
          "return_tensors",
          "input_data_format",
          "image_seq_length",
          "pad_size");

  private static final String SIZES =
      "a number of pixels from 1 to "
          + PictureSize.LARGEST
          + ", a list of height and width, or an object with height and width";

  private final String source;
  private final ObjectNode json;
  private final Set<String> known = new HashSet<>(WITHOUT_EFFECT);
  private final List<String> problems = new ArrayList<>();

  ProcessorFields(String source, ObjectNode json) {
    this.source = source;
    this.json = json;
  }

  private Optional<JsonNode> value(String name) {
    known.add(name);
    return json.hasNonNull(name) ? Optional.of(json.get(name)) : Optional.empty();
  }

  void known(String... names) {
    known.addAll(List.of(names));
  }

  Optional<String> text(String name) {
    return value(name).filter(JsonNode::isTextual).map(JsonNode::textValue);
  }

  boolean flag(String name, boolean absent) {
    Optional<JsonNode> value = value(name);
    if (value.isPresent() && !value.get().isBoolean()) {
      problem(name, "true or false");
    }
    return value.map(JsonNode::booleanValue).orElse(absent);
  }

  void refuseTrue(String... names) {
    for (String name : names) {
      if (flag(name, false)) {
        problem(name, "false; nothing else is supported");
      }
    }
  }

  void onlyText(String name, String allowed) {
    Optional<JsonNode> value = value(name);
    if (value.isPresent() && !value.get().asText().equals(allowed)) {
      problem(name, allowed);
    }
  }

  double number(String name, double absent) {
    Optional<JsonNode> value = value(name);
    if (value.isEmpty()) {
      return absent;
    }
    if (!value.get().isNumber() || !Float.isFinite(value.get().floatValue())) {
      problem(name, "a number");
      return absent;
    }
    return value.get().doubleValue();
  }

  Resampling resampling(Resampling absent) {
    Optional<JsonNode> value = value("resample");
    if (value.isEmpty()) {
      return absent;
    }
    JsonNode code = value.get();
    if (!code.isInt() || code.intValue() < 0 || code.intValue() >= Resampling.values().length) {
      problem("resample", Resampling.codes());
      return absent;
    }
    return Resampling.of(code.intValue());
  }

  Normalization normalization(Normalization absent) {
    List<Double> mean = numbers("image_mean", absent.mean());
    List<Double> std = numbers("image_std", absent.std());
    try {
      return new Normalization(mean, std);
    } catch (PeftException e) {
      problems.add(String.valueOf(e.getMessage()));
      return absent;
    }
  }

  private List<Double> numbers(String name, List<Double> absent) {
    Optional<JsonNode> value = value(name);
    if (value.isEmpty()) {
      return absent;
    }
    if (value.get().isNumber()) { // One for all channels.
      double one = value.get().doubleValue();
      return List.of(one, one, one);
    }
    List<Double> numbers = new ArrayList<>();
    value.get().forEach(each -> numbers.add(each.isNumber() ? each.doubleValue() : Double.NaN));
    return numbers;
  }

  ResizeRule resize(ResizeRule absent, boolean square) {
    Optional<JsonNode> value = value("size");
    boolean both = flag("default_to_square", square);
    if (value.isEmpty()) {
      return absent;
    }
    JsonNode size = value.get();
    try {
      if (size.isInt() && !both) {
        return new ResizeRule.ShortestEdge(edge(size));
      }
      return switch (String.join(" ", names(size))) {
        case "shortest_edge" -> new ResizeRule.ShortestEdge(edge(size.path("shortest_edge")));
        case "longest_edge shortest_edge" ->
            new ResizeRule.BothEdges(
                edge(size.path("shortest_edge")), edge(size.path("longest_edge")));
        case "max_height max_width" ->
            new ResizeRule.Within(
                new PictureSize(edge(size.path("max_height")), edge(size.path("max_width"))));
        default -> new ResizeRule.Exactly(exactly(size));
      };
    } catch (PeftException e) {
      problem(
          "size",
          SIZES + ", with shortest_edge, with both edges, or with max_height and max_width");
      return absent;
    }
  }

  PictureSize crop(Optional<PictureSize> absent) {
    Optional<JsonNode> value = value("crop_size");
    try {
      return value.isPresent() ? exactly(value.get()) : absent.orElseThrow(() -> wrong());
    } catch (PeftException e) {
      problem("crop_size", SIZES);
      return new PictureSize(1, 1);
    }
  }

  private static PictureSize exactly(JsonNode size) {
    if (size.isInt()) {
      return new PictureSize(edge(size), edge(size));
    }
    if (size.isArray() && size.size() == 2) {
      return new PictureSize(edge(size.get(0)), edge(size.get(1)));
    }
    if (names(size).equals(new TreeSet<>(Set.of("height", "width")))) {
      return new PictureSize(edge(size.path("height")), edge(size.path("width")));
    }
    throw wrong();
  }

  private static TreeSet<String> names(JsonNode size) {
    TreeSet<String> names = new TreeSet<>();
    size.properties()
        .forEach(
            each -> {
              if (!each.getValue().isNull()) {
                names.add(each.getKey());
              }
            });
    return names;
  }

  private static int edge(JsonNode value) {
    if (!value.isInt() || value.intValue() < 1 || value.intValue() > PictureSize.LARGEST) {
      throw wrong();
    }
    return value.intValue();
  }

  private static PeftException wrong() {
    return new PeftException("not a size");
  }

  private void problem(String name, String allowed) {
    JsonNode value = json.path(name);
    String given = value.isMissingNode() ? "missing" : JsonText.shown(value);
    problems.add(name + " is " + given + "; allowed: " + allowed + ".");
  }

  /**
   * Refuses fields that nothing asked for.
   *
   * @throws PeftException listing all problems, if there are any
   */
  void end() {
    json.properties()
        .forEach(
            field -> {
              if (!known.contains(field.getKey()) && !field.getValue().isNull()) {
                problems.add(
                    "The field "
                        + Quoted.quoted(field.getKey())
                        + " is unknown. "
                        + NearestNames.sentence(field.getKey(), known));
              }
            });
    if (!problems.isEmpty()) {
      throw new PeftException(
          source + " describes no supported image processor: " + String.join(" ", problems));
    }
  }
}
