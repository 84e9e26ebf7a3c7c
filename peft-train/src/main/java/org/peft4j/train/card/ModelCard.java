package org.peft4j.train.card;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.peft4j.config.PeftConfig;
import org.peft4j.error.PeftException;
import org.peft4j.internal.AtomicFile;
import org.peft4j.plan.TrainableParameters;
import org.peft4j.train.metrics.Evaluation;
import org.peft4j.transformers.config.Task;

/**
 * The {@code README.md} of an adapter, in the form of Hugging Face's model cards: a front matter in
 * YAML that its Hub reads, what was trained on what, how well, and how to load it in Python and in
 * Java. Every text from outside is quoted or escaped.
 *
 * @param name of the adapter
 * @param config of the adapter
 * @param task what it is for
 * @param parameters what was trained
 * @param data the name of what it was trained on
 * @param evaluation its last, or best; empty if there was none
 * @param settings of the training by name, for a table
 */
public record ModelCard(
    String name,
    PeftConfig config,
    Task task,
    TrainableParameters parameters,
    String data,
    Optional<Evaluation> evaluation,
    Map<String, String> settings) {
  private static final String FILE = "README.md";

  /** The tag by which a card is known as one of ours. */
  private static final String TAG = "- peft4j\n";

  /** Keeps the order of the settings. */
  public ModelCard {
    settings = Collections.unmodifiableMap(new LinkedHashMap<>(settings));
  }

  /**
   * Writes the card into the folder of the adapter, unless somebody else's {@code README.md} is
   * there.
   *
   * @return whether it was written
   * @throws PeftException if it cannot be written
   */
  public boolean write(Path folder) {
    Path file = folder.resolve(FILE);
    try {
      if (Files.exists(file) && !Files.readString(file).contains(TAG)) {
        return false;
      }
    } catch (IOException e) {
      throw new PeftException("Cannot read " + file + ": " + e + ".", e);
    }
    ByteBuffer bytes = StandardCharsets.UTF_8.encode(text());
    AtomicFile.write(
        file,
        channel -> {
          while (bytes.hasRemaining()) {
            channel.write(bytes);
          }
        });
    return true;
  }

  /** The whole text. */
  public String text() {
    return frontMatter()
        + "\n# "
        + Markdown.text(name)
        + "\n\n"
        + "An adapter for %s, trained with %s by PEFT4J.\n\n"
            .formatted(Markdown.code(base()), Markdown.code(method()))
        + facts()
        + Loading.text(task, base())
        + table();
  }

  private String base() {
    return config.common().baseModel().orElse("");
  }

  private String method() {
    return config.peftType().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private String frontMatter() {
    StringBuilder yaml = new StringBuilder("---\nlibrary_name: peft\n");
    if (!base().isEmpty()) {
      yaml.append("base_model: ").append(Markdown.quoted(base())).append('\n');
    }
    yaml.append("pipeline_tag: ").append(Loading.pipeline(task)).append('\n');
    yaml.append("tags:\n- ").append(method()).append('\n').append(TAG);
    evaluation.ifPresent(
        found -> {
          yaml.append("model-index:\n- name: ").append(Markdown.quoted(name)).append('\n');
          yaml.append("  results:\n  - task:\n      type: ").append(Loading.pipeline(task));
          yaml.append("\n    dataset:\n      type: ").append(Markdown.quoted(data));
          yaml.append("\n      name: ").append(Markdown.quoted(data)).append("\n    metrics:\n");
          metrics(found)
              .forEach(
                  (metric, value) ->
                      yaml.append("    - type: ")
                          .append(Markdown.quoted(metric))
                          .append("\n      value: ")
                          .append(number(value))
                          .append('\n'));
        });
    return yaml.append("---\n").toString();
  }

  private static Map<String, Double> metrics(Evaluation evaluation) {
    Map<String, Double> metrics = new LinkedHashMap<>();
    metrics.put("loss", evaluation.loss());
    metrics.putAll(evaluation.values());
    return metrics;
  }

  /** YAML writes infinities and NaN with a dot. */
  private static String number(double value) {
    if (Double.isNaN(value)) {
      return ".nan";
    }
    if (Double.isInfinite(value)) {
      return value > 0 ? ".inf" : "-.inf";
    }
    return String.valueOf(value).replace('E', 'e');
  }

  private String facts() {
    StringBuilder text = new StringBuilder();
    text.append("- Task: ").append(Markdown.code(task.name())).append('\n');
    text.append(
        String.format(
            Locale.ROOT,
            "- Trained: %,d of %,d parameters (%.4g %%)\n",
            parameters.trainable(),
            parameters.all(),
            parameters.percent()));
    text.append("- Data: ").append(Markdown.code(data)).append('\n');
    evaluation.ifPresent(
        found ->
            metrics(found)
                .forEach(
                    (metric, value) ->
                        text.append(
                            String.format(
                                Locale.ROOT,
                                "- Held-out %s: %.6g\n",
                                Markdown.text(metric),
                                value))));
    return text.append('\n').toString();
  }

  private String table() {
    if (settings.isEmpty()) {
      return "";
    }
    StringBuilder text = new StringBuilder("\n## Training\n\n| setting | value |\n|---|---|\n");
    settings.forEach(
        (setting, value) ->
            text.append("| ")
                .append(Markdown.cell(setting))
                .append(" | ")
                .append(Markdown.cell(value))
                .append(" |\n"));
    return text.toString();
  }
}
