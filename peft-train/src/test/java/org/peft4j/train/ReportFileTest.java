package org.peft4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.File;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.error.PeftException;
import org.peft4j.train.metrics.MetricsFile;
import org.peft4j.train.metrics.StepMetrics;
import org.peft4j.train.metrics.TrainingListener;
import org.peft4j.train.report.ReportFile;

/** A page about a training, written by a listener. */
class ReportFileTest {
  private static final Pattern IMAGE =
      Pattern.compile("<img alt=\"([^\"]*)\" src=\"data:image/svg\\+xml;base64,([^\"]*)\">");

  /** A line between two points of the first run's curve. */
  private static final Pattern LINE = Pattern.compile("<line[^>]*stroke:rgb\\(0,114,178\\)");

  private final Path run;
  private final Path page;

  ReportFileTest(@TempDir Path folder) {
    this.run = folder;
    this.page = folder.resolve("page.html");
  }

  private FineTunerBuilder<?> tuner(TinyTraining training) {
    return FineTuner.builder(training.model, TinyTraining.data(20))
        .settings(TinyTraining.settings().evalEvery(5).build())
        .evaluation(TinyTraining.data(4))
        .checkpoints(run, 0)
        .listener(new MetricsFile(run.resolve("metrics.jsonl")))
        .listener(new ReportFile(run, page));
  }

  private static List<String> chart(String html, String title) {
    List<String> lines = new ArrayList<>();
    Matcher images = IMAGE.matcher(html);
    while (images.find()) {
      if (images.group(1).equals(title)) {
        byte[] svg = Base64.getDecoder().decode(images.group(2));
        Matcher line = LINE.matcher(new String(svg, StandardCharsets.UTF_8));
        while (line.find()) {
          lines.add(line.group());
        }
      }
    }
    return lines;
  }

  @Test
  void theStepsBeforeAndAfterAStopAreOnThePage() throws IOException {
    try (TinyTraining training = new TinyTraining()) {
      FineTuner[] tuner = new FineTuner[1];
      tuner[0] =
          tuner(training)
              .listener(
                  new TrainingListener() {
                    @Override
                    public void onStep(StepMetrics metrics) {
                      if (metrics.step() == 4) {
                        tuner[0].stop();
                      }
                    }
                  })
              .build();
      tuner[0].run();
    }
    String stopped = Files.readString(page);
    assertThat(chart(stopped, "Loss")).hasSize(3);
    assertThat(stopped).contains("<td>Steps</td><td class=\"n\">4</td>");

    try (TinyTraining training = new TinyTraining()) {
      tuner(training).resumeFrom(Checkpoints.latest(run).orElseThrow()).build().run();
    }
    String whole = Files.readString(page);
    assertThat(chart(whole, "Loss")).hasSize(9);
    assertThat(chart(whole, "Memory (MB)")).hasSize(9);
    assertThat(chart(whole, "Held-out loss")).hasSize(1);
    assertThat(whole).contains("<td>Steps</td><td class=\"n\">10</td>").doesNotContain("<script");
  }

  @Test
  void aRunWithoutMetricsAndNoRunsAreRefused() {
    assertThatThrownBy(() -> ReportFile.write(List.of(run), page))
        .isInstanceOf(PeftException.class)
        .hasMessageStartingWith("There is no metrics.jsonl in " + run);
    assertThatThrownBy(() -> ReportFile.write(List.of(), page))
        .hasMessage("A report needs a run; give the folder of one at least.");
    assertThat(page).doesNotExist();
  }

  @Test
  void anApplicationWithoutXChartIsToldToAddIt() throws Exception {
    Files.writeString(run.resolve("metrics.jsonl"), "{\"step\":1,\"loss\":0.5}\n");
    List<URL> urls = new ArrayList<>();
    for (String each : System.getProperty("java.class.path").split(File.pathSeparator)) {
      if (!each.contains("xchart")) {
        urls.add(Path.of(each).toUri().toURL());
      }
    }
    try (URLClassLoader without =
        new URLClassLoader(urls.toArray(URL[]::new), ClassLoader.getPlatformClassLoader())) {
      Method write =
          without.loadClass(ReportFile.class.getName()).getMethod("write", List.class, Path.class);

      assertThatThrownBy(() -> write.invoke(null, List.of(run), page))
          .isInstanceOf(InvocationTargetException.class)
          .cause()
          .hasMessage(
              "Plots need XChart, which is not on the class path: add org.knowm.xchart:xchart.");
    }
  }
}
