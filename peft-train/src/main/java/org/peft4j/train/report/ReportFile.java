package org.peft4j.train.report;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.peft4j.error.PeftException;
import org.peft4j.internal.AtomicFile;
import org.peft4j.train.metrics.FineTuningResult;
import org.peft4j.train.metrics.TrainingListener;

/**
 * Writes a page about a training when it has ended or was stopped: curves, last numbers, options
 * and samples, in one HTML file without scripts. The curves are those of the {@code metrics.jsonl}
 * that {@link org.peft4j.train.metrics.MetricsFile} writes, so that a resumed training has the
 * steps before it, too.
 *
 * <pre>{@code
 * FineTuner.builder(model, data)
 *     .listener(new MetricsFile(run.resolve("metrics.jsonl")))
 *     .listener(new ReportFile(run, run.resolve("report.html")));
 * }</pre>
 *
 * <p>Plots are drawn by XChart ({@code org.knowm.xchart:xchart}), which an application adds to its
 * class path, and need fonts on the machine.
 */
public final class ReportFile implements TrainingListener {
  private final Path run;
  private final Path page;

  /**
   * A listener.
   *
   * @param run the folder with {@code metrics.jsonl}, and maybe {@code run.yaml} and {@code
   *     samples.json}
   * @param page the file to write, replaced as a whole
   */
  public ReportFile(Path run, Path page) {
    this.run = run;
    this.page = page;
  }

  @Override
  public void onEnd(FineTuningResult result) {
    write(List.of(run), page);
  }

  /**
   * Writes a page about several runs, finished or not, with all of them on each chart.
   *
   * @param runs their folders, one at least
   * @param page the file to write, replaced as a whole
   * @throws PeftException if a folder has no metrics, XChart or fonts are missing, or the file
   *     cannot be written
   */
  public static void write(List<Path> runs, Path page) {
    if (runs.isEmpty()) {
      throw new PeftException("A report needs a run; give the folder of one at least.");
    }
    ReportPage report = new ReportPage(runs.stream().map(RunFolder::read).toList());
    ByteBuffer bytes = StandardCharsets.UTF_8.encode(drawn(report));
    AtomicFile.write(
        page,
        channel -> {
          while (bytes.hasRemaining()) {
            channel.write(bytes);
          }
        });
  }

  private static String drawn(ReportPage report) {
    try {
      return report.html();
    } catch (LinkageError | InternalError e) {
      String told = String.valueOf(e.getMessage());
      boolean noPlots = told.startsWith("org/knowm/") || told.startsWith("de/erichseifert/");
      throw new PeftException(
          noPlots
              ? "Plots need XChart, which is not on the class path: add org.knowm.xchart:xchart."
              : "Plots need fonts, which this machine's Java does not find: "
                  + told
                  + ". Install fontconfig and a font, such as DejaVu.",
          e);
    }
  }
}
