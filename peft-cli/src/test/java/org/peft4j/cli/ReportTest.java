package org.peft4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.xml.parsers.DocumentBuilder;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.xml.sax.InputSource;
import org.xml.sax.SAXException;

/** {@code peft report}, and {@code peft train --report}. */
class ReportTest {
  private static final Pattern IMAGE =
      Pattern.compile("<img alt=\"([^\"]*)\" src=\"data:image/svg\\+xml;base64,([^\"]*)\">");

  private final Path folder;

  ReportTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private record Chart(String title, Document svg) {
    /** The lines of a colour: one between two points of a curve. */
    private long lines(String rgb) {
      long count = 0;
      for (int i = 0; i < svg.getElementsByTagName("line").getLength(); i++) {
        Element line = (Element) svg.getElementsByTagName("line").item(i);
        count += line.getAttribute("style").contains("stroke:rgb(" + rgb + ")") ? 1 : 0;
      }
      return count;
    }
  }

  private static List<Chart> charts(String html)
      throws ParserConfigurationException, IOException, SAXException {
    DocumentBuilder reader = DocumentBuilderFactory.newInstance().newDocumentBuilder();
    // The document type lies on the web.
    reader.setEntityResolver(
        (name, place) -> new InputSource(new ByteArrayInputStream(new byte[0])));
    List<Chart> charts = new ArrayList<>();
    Matcher images = IMAGE.matcher(html);
    while (images.find()) {
      byte[] svg = Base64.getDecoder().decode(images.group(2));
      charts.add(new Chart(images.group(1), reader.parse(new ByteArrayInputStream(svg))));
    }
    return charts;
  }

  @Test
  void aTrainingWritesAPageWithItsCurvesSamplesAndOptions()
      throws IOException, ParserConfigurationException, SAXException {
    Path data = Files.writeString(folder.resolve("a.txt"), "The cat has a hat. ".repeat(40));
    Path output = folder.resolve("o & <b>");
    Run run =
        Run.of(
            "train",
            "-m",
            Run.GOLDEN.resolve("predictions/llama_text"),
            "-d",
            data,
            "-o",
            output,
            "--sequence-length",
            16,
            "--batch-size",
            2,
            "--steps",
            9,
            "--learning-rate",
            "0.05",
            "--eval-split",
            0.2,
            "--eval-every",
            3,
            "--report",
            "--sample",
            "The cat",
            "--sample",
            "<script>alert('x')</script>");

    assertThat(run.status()).as(run.err()).isZero();
    assertThat(run.out()).contains("report written to " + output.resolve("report.html"));
    String html = Files.readString(output.resolve("report.html"));
    List<Chart> charts = charts(html);
    assertThat(charts)
        .extracting(Chart::title)
        .startsWith(
            "Loss",
            "Held-out loss",
            "Learning rate",
            "Gradient norm",
            "Tokens or pictures per second",
            "Memory (MB)");
    assertThat(charts)
        .allMatch(chart -> chart.lines("0,114,178") == (chart.title().startsWith("Held") ? 2 : 8));
    assertThat(html)
        .contains("<title>o &amp; &lt;b&gt;</title>", "<th>before</th><th>after</th>")
        .contains("<td class=\"t\">&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;</td>")
        .contains("learning-rate: 0.05", "sample: [&quot;The cat&quot;, ")
        .doesNotContain("<script", "http://", "https://");
    assertThat(Files.readString(output.resolve("samples.json")))
        .contains("\"prompt\" : \"The cat\"", "\"before\"", "\"after\"");
  }

  @Test
  void severalRunsShareTheirCharts()
      throws IOException, ParserConfigurationException, SAXException {
    for (String name : List.of("a/run", "b/run", "c")) {
      Path run = Files.createDirectories(folder.resolve(name));
      StringBuilder lines = new StringBuilder();
      for (int step = 1; step <= 400; step++) {
        lines.append("{\"step\":%d,\"loss\":%s,\"step_seconds\":1}\n".formatted(step, 3.0 / step));
      }
      lines.append("{\"step\":400,\"loss\":\"NaN\"}\n{\"step\":4");
      Files.writeString(run.resolve("metrics.jsonl"), lines);
    }
    Files.writeString(
        folder.resolve("c/metrics.jsonl"), "{\"step\":7,\"loss\":2,\"rewards/margins\":0.5}\n");
    Path page = folder.resolve("page.html");

    Run run =
        Run.of(
            "report",
            folder.resolve("a/run"),
            folder.resolve("b/run"),
            folder.resolve("c"),
            "-o",
            page);

    assertThat(run.status()).as(run.err()).isZero();
    String html = Files.readString(page);
    List<Chart> charts = charts(html);
    assertThat(charts).extracting(Chart::title).containsExactly("Loss", "rewards/margins");
    // The means of two steps each are 200 points.
    assertThat(charts.get(0).lines("0,114,178")).isEqualTo(199);
    assertThat(charts.get(0).lines("213,94,0")).isEqualTo(199);
    assertThat(html)
        .contains("<th class=\"n\">run</th><th class=\"n\">run (2)</th><th class=\"n\">c</th>")
        .contains("<td class=\"n\">400</td>", "<td class=\"n\">0.0075</td>")
        .contains("border-color: #0072b2; border-top-style: solid\"></i>run</span>")
        .contains("border-color: #009e73; border-top-style: solid\"></i>c</span>");
    assertThat(page.toFile().length()).isLessThan(400_000);
    assertThat(html.getBytes(StandardCharsets.UTF_8).length).isEqualTo(page.toFile().length());
  }

  @Test
  void foldersWithoutMetricsAreRefused() throws IOException {
    Path empty = Files.createDirectories(folder.resolve("empty"));
    Path odd = Files.createDirectories(folder.resolve("odd"));
    Files.writeString(odd.resolve("metrics.jsonl"), "no JSON\n");

    assertThat(Run.of("report", empty, "-o", folder.resolve("x")).err())
        .contains("There is no metrics.jsonl in " + empty);
    assertThat(Run.of("report", odd, "-o", folder.resolve("x")).err())
        .contains("has no metrics of a step");
    assertThat(Run.of("report").status()).isEqualTo(2);
    assertThat(folder.resolve("x")).doesNotExist();
  }

  @Test
  void samplesAreForLanguageModels() throws IOException {
    Path data = Files.writeString(folder.resolve("a.csv"), "text,label\ncat,a\nhat,b\n");
    Run run =
        Run.of(
            "train",
            "-m",
            Run.GOLDEN.resolve("predictions/bert_vectors"),
            "-d",
            data,
            "--task",
            "seq-cls",
            "-o",
            folder.resolve("o"),
            "--steps",
            1,
            "--sample",
            "A");

    assertThat(run.status()).isEqualTo(1);
    assertThat(run.err()).contains("give the folder of a language model");
    assertThat(folder.resolve("o")).doesNotExist();
  }
}
