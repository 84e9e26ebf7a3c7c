package org.peft4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * The table of families, tasks and methods in docs/models.md says what was compared with the
 * reference, and how far it is from it. With {@code -Dpeft4j.docs=write} it is written anew.
 */
class ModelTableTest {
  private static final Path PAGE = Path.of("../docs/models.md");
  private static final String BEGIN = "<!-- table of models -->";
  private static final String END = "<!-- end of table -->";

  @Test
  void thePageSaysWhatWasCompared() throws IOException {
    Map<String, Map<String, Double>> rows = new TreeMap<>();
    for (CaseParity one : CaseParity.all()) {
      rows.computeIfAbsent(
              "| `" + one.modelType() + "` | " + task(one.architecture()), key -> new TreeMap<>())
          .merge(one.method(), one.logits(), Math::max);
    }
    if (System.getProperty("peft4j.docs", "").equals("write")) {
      write(rows);
    }
    Map<String, Map<String, Double>> documented = documented();
    assertThat(documented.keySet()).isEqualTo(rows.keySet());
    rows.forEach(
        (row, methods) -> {
          Map<String, Double> bounds = documented.getOrDefault(row, Map.of());
          assertThat(bounds.keySet()).as(row).isEqualTo(methods.keySet());
          methods.forEach(
              (method, parity) ->
                  assertThat(parity)
                      .as(row + " " + method)
                      .isLessThanOrEqualTo(bounds.getOrDefault(method, 0.0)));
        });
  }

  /** PEFT's name of the task of a class of transformers. */
  private static String task(String architecture) {
    if (architecture.endsWith("ForSequenceClassification")) {
      return "SEQ_CLS";
    }
    if (architecture.endsWith("ForTokenClassification")) {
      return "TOKEN_CLS";
    }
    if (architecture.endsWith("ForQuestionAnswering")) {
      return "QUESTION_ANS";
    }
    if (architecture.equals("CLIPModel")) {
      return "IMAGE_TEXT";
    }
    if (architecture.endsWith("ForImageClassification")) {
      return "IMAGE_CLASSIFICATION";
    }
    if (architecture.startsWith("Blip")) {
      return "IMAGE_TO_TEXT";
    }
    if (architecture.matches(".*(ForConditionalGeneration|MTModel)")) {
      return "SEQ_2_SEQ_LM";
    }
    return architecture.matches(".*(ForCausalLM|LMHeadModel)") ? "CAUSAL_LM" : "FEATURE_EXTRACTION";
  }

  private static Map<String, Map<String, Double>> documented() throws IOException {
    String page = Files.readString(PAGE);
    Map<String, Map<String, Double>> rows = new TreeMap<>();
    page.substring(page.indexOf(BEGIN), page.indexOf(END))
        .lines()
        .filter(line -> line.startsWith("| `") && !line.startsWith("| `model_type`"))
        .forEach(
            line -> {
              List<String> cells = List.of(line.split(" \\| "));
              Map<String, Double> methods = new TreeMap<>();
              for (String one : cells.get(2).replace(" |", "").split(", ")) {
                List<String> words = List.of(one.split(" "));
                methods.put(words.get(0), Double.parseDouble(words.get(1)));
              }
              rows.put(cells.get(0) + " | " + cells.get(1), methods);
            });
    return rows;
  }

  private static void write(Map<String, Map<String, Double>> rows) throws IOException {
    List<String> lines = new ArrayList<>(List.of(BEGIN));
    lines.add("| `model_type` | task | methods, with the largest relative difference of logits |");
    lines.add("|---|---|---|");
    rows.forEach(
        (row, methods) -> {
          List<String> cells = new ArrayList<>();
          methods.forEach((method, parity) -> cells.add(method + " " + CaseParity.bound(parity)));
          lines.add(row + " | " + String.join(", ", cells) + " |");
        });
    String page = Files.readString(PAGE);
    Files.writeString(
        PAGE,
        page.substring(0, page.indexOf(BEGIN))
            + String.join("\n", lines)
            + "\n"
            + page.substring(page.indexOf(END)));
  }
}
