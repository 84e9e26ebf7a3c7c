package org.peft4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.AdapterScope;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.config.ConfigReader;
import org.peft4j.error.PeftException;
import org.peft4j.method.PeftMethod;

/**
 * The table of methods in docs/methods.md says what the methods do when they are tried. With {@code
 * -Dpeft4j.docs=write} it is written anew.
 */
class MethodTableTest {
  private static final Path PAGE = Path.of("../docs/methods.md");
  private static final String BEGIN = "<!-- table of methods -->";
  private static final String END = "<!-- end of table -->";
  private static final INDArray IDS = Nd4j.createFromArray(new long[][] {{3, 4, 5}, {6, 7, 8}});

  /** What a config must have beside its method's name. */
  private static final Map<String, String> FIELDS =
      Map.of(
          "PROMPT_TUNING", "{\"num_virtual_tokens\": 2}",
          "P_TUNING", "{\"num_virtual_tokens\": 2}",
          "PREFIX_TUNING", "{\"num_virtual_tokens\": 2}",
          "MULTITASK_PROMPT_TUNING", "{\"num_virtual_tokens\": 2}",
          "TRAINABLE_TOKENS", "{\"token_indices\": [3, 5]}",
          "ADALORA", "{\"total_step\": 10}",
          "MORA", "{\"target_modules\": [\"q_proj\"]}");

  /** Methods of this library whose files Hugging Face PEFT cannot read. */
  private static final List<String> OWN = List.of("BITFIT", "BOTTLENECK", "DELTA_LORA", "MORA");

  private record Row(String cells, double parity) {}

  @Test
  void thePageSaysWhatIsSo() throws IOException {
    Map<String, Row> rows = new TreeMap<>();
    for (PeftMethod<?> method : ServiceLoader.load(PeftMethod.class)) {
      rows.put(method.peftType(), tried(method));
    }
    if (System.getProperty("peft4j.docs", "").equals("write")) {
      write(rows);
    }
    Map<String, String[]> documented = documented();
    assertThat(documented.keySet()).isEqualTo(rows.keySet());
    rows.forEach(
        (name, row) -> {
          String[] cells = documented.getOrDefault(name, new String[] {"", ""});
          assertThat(cells[0]).as(name).isEqualTo(row.cells());
          if (row.parity() > 0) {
            assertThat(row.parity()).as(name).isLessThanOrEqualTo(Double.parseDouble(cells[1]));
          }
        });
  }

  private static Row tried(PeftMethod<?> method) throws IOException {
    String sites =
        method.siteKinds().stream()
            .map(kind -> kind.name().toLowerCase(Locale.ROOT))
            .sorted()
            .collect(Collectors.joining(", "));
    try (CausalLanguageModel base = Transformers.load(Golden.base("llama_biases"));
        PeftModel<ComputationGraph> model = Peft.bare(base.graph(), 1)) {
      ObjectNode json =
          (ObjectNode) new JsonMapper().readTree(FIELDS.getOrDefault(method.peftType(), "{}"));
      json.put("peft_type", method.peftType());
      model.addAdapter("default", method.readConfig(new ConfigReader(json)));
      model.setActive("default");
      model.setTasks(0);
      String files = OWN.contains(method.peftType()) ? "own" : "Hugging Face PEFT's";
      String cells =
          "| %s | %s | %s | %s".formatted(sites, yes(merges(model)), yes(splits(model)), files);
      return new Row(cells, parity(method.peftType()));
    }
  }

  private static String yes(boolean value) {
    return value ? "yes" : "no";
  }

  private static boolean merges(PeftModel<ComputationGraph> model) {
    INDArray adapted = model.network().output(IDS)[0].dup();
    try (AdapterScope merged = model.merged()) {
      INDArray difference = model.network().output(IDS)[0].sub(adapted);
      assertThat(difference.amaxNumber().doubleValue()).isLessThan(1e-4);
      return true;
    } catch (PeftException e) {
      assertThat(e).hasMessageContaining("cannot be merged");
      return false;
    }
  }

  private static boolean splits(PeftModel<ComputationGraph> model) {
    INDArray adapted = model.network().output(IDS)[0].dup();
    try (AdapterScope rows = model.adapterOfEachRow(List.of("default", "default"))) {
      INDArray difference = model.network().output(IDS)[0].sub(adapted);
      assertThat(difference.amaxNumber().doubleValue()).isLessThan(1e-4);
      return true;
    } catch (PeftException e) {
      return false;
    }
  }

  /** The largest relative difference of logits over the reference's cases; 0 if there are none. */
  private static double parity(String peftType) throws IOException {
    return CaseParity.all().stream()
        .filter(one -> one.method().equals(peftType))
        .mapToDouble(CaseParity::logits)
        .max()
        .orElse(0);
  }

  private static Map<String, String[]> documented() throws IOException {
    String page = Files.readString(PAGE);
    Map<String, String[]> rows = new TreeMap<>();
    page.substring(page.indexOf(BEGIN), page.indexOf(END))
        .lines()
        .filter(line -> line.startsWith("| `") && !line.contains("peft_type"))
        .forEach(
            line -> {
              int name = line.indexOf('`', 3);
              int last = line.lastIndexOf('|', line.length() - 2);
              rows.put(
                  line.substring(3, name),
                  new String[] {
                    line.substring(name + 2, last).strip(),
                    line.substring(last + 1, line.length() - 1).strip()
                  });
            });
    return rows;
  }

  private static void write(Map<String, Row> rows) throws IOException {
    List<String> lines = new ArrayList<>(List.of(BEGIN));
    lines.add("| `peft_type` | sites | merges | per row | files | logits |");
    lines.add("|---|---|---|---|---|---|");
    rows.forEach(
        (name, row) ->
            lines.add("| `%s` %s | %s |".formatted(name, row.cells(), bound(name, row.parity()))));
    String page = Files.readString(PAGE);
    Files.writeString(
        PAGE,
        page.substring(0, page.indexOf(BEGIN))
            + String.join("\n", lines)
            + "\n"
            + page.substring(page.indexOf(END)));
  }

  private static String bound(String name, double parity) {
    if (parity == 0) {
      return name.equals("BITFIT") ? "as LoRA with bias: all" : "formulas in FP64";
    }
    return CaseParity.bound(parity);
  }
}
