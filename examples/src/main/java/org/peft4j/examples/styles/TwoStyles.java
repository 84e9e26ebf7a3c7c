package org.peft4j.examples.styles;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.lora.LoraConfig;
import org.peft4j.quantization.Quantization;
import org.peft4j.train.Evaluator;
import org.peft4j.train.FineTuner;
import org.peft4j.train.FineTunerBuilder;
import org.peft4j.train.FineTuningSettings;
import org.peft4j.train.metrics.Evaluation;
import org.peft4j.train.metrics.MetricsFile;
import org.peft4j.train.preference.PreferenceData;
import org.peft4j.train.preference.PreferenceObjective;
import org.peft4j.train.preference.loss.OrpoLoss;
import org.peft4j.train.report.ReportFile;
import org.peft4j.train.schedule.StandardSchedule;
import org.peft4j.transformers.CausalLanguageModel;
import org.peft4j.transformers.TransformerOptions;
import org.peft4j.transformers.Transformers;
import org.peft4j.transformers.generation.GenerationConfig;
import org.peft4j.transformers.generation.Generator;
import org.peft4j.transformers.tokenizer.Tokenizer;

/**
 * One model learns the styles of two books with an adapter each; both write how passages go on; and
 * a third adapter learns by ORPO to prefer the style that the model finds less likely. Arguments:
 * the folder of a small Llama, Shakespeare's plays and The Wonderful Wizard of Oz as texts, and a
 * folder to write. With {@code --nf4} before them, the model's linear weights are held in 4 bits.
 */
public final class TwoStyles {
  private static final String SHAKESPEARE = "shakespeare";
  private static final String OZ = "oz";
  private static final String PREFERENCE = "prefers-shakespeare";
  private static final String OPENING = "Once upon a time";
  private static final int BATCH = 8;
  private static final PreferenceObjective ORPO = new PreferenceObjective(new OrpoLoss(0.5));

  private final CausalLanguageModel base;
  private final PeftModel<ComputationGraph> model;
  private final List<Book> books;
  private final Path output;
  private final Plan plan;

  private TwoStyles(
      CausalLanguageModel base,
      PeftModel<ComputationGraph> model,
      List<Book> books,
      Path output,
      Plan plan) {
    this.base = base;
    this.model = model;
    this.books = books;
    this.output = output;
    this.plan = plan;
  }

  public static void main(String[] arguments) {
    List<String> paths = new ArrayList<>(List.of(arguments));
    TransformerOptions options =
        paths.remove("--nf4")
            ? TransformerOptions.defaults().withQuantization(Quantization.nf4())
            : TransformerOptions.defaults();
    if (paths.size() != 4) {
      System.out.println(
          "Usage: TwoStyles [--nf4] MODEL_FOLDER SHAKESPEARE_TXT OZ_TXT OUTPUT_FOLDER");
      System.out.println(
          "A model such as karpathy's stories260K in Hugging Face's form, his tinyshakespeare"
              + " (input.txt), and Project Gutenberg's text 55.");
      return;
    }
    run(
        Path.of(paths.get(0)),
        options,
        Path.of(paths.get(1)),
        Path.of(paths.get(2)),
        Path.of(paths.get(3)),
        Plan.WHOLE);
  }

  static void run(
      Path folder, TransformerOptions options, Path shakespeare, Path oz, Path output, Plan plan) {
    for (Path needed : List.of(folder, shakespeare, oz)) {
      if (!Files.exists(needed)) {
        System.out.println(
            "There is no " + needed + "; see examples/README.md for where it is from.");
        return;
      }
    }
    try (CausalLanguageModel base = Transformers.load(folder, options);
        PeftModel<ComputationGraph> model = Peft.bare(base.graph(), 1)) {
      Tokenizer tokenizer = base.tokenizer();
      List<Book> books =
          List.of(
              Book.read(SHAKESPEARE, shakespeare, tokenizer, plan.blockLength()),
              Book.read(OZ, oz, tokenizer, plan.blockLength()));
      new TwoStyles(base, model, books, output, plan).run();
    }
  }

  private void run() {
    System.out.println("nats a token of held-out text   shakespeare      oz");
    losses("base");
    for (Book book : books) {
      model.addAdapter(book.name(), lora());
      model.setActive(book.name());
      train(
          FineTuner.builder(model, book.training()).evaluation(book.held()),
          book.name(),
          5e-3,
          plan.steps());
      losses(book.name());
    }
    ReportFile.write(
        books.stream().map(book -> output.resolve(book.name())).toList(),
        output.resolve("styles.html"));
    prefer();
    samples();
    System.out.println("\nAdapters and pages are in " + output);
  }

  /** The third adapter, on what the two others write. */
  private void prefer() {
    Rivals rivals = new Rivals(base, model, SHAKESPEARE, OZ);
    PreferenceData training = rivals.pairs(plan.pairs(), 10, true, books);
    PreferenceData held = rivals.pairs(plan.pairs() / 3, 20, false, books);
    model.addAdapter(PREFERENCE, lora());
    model.setActive(PREFERENCE);
    final Evaluation before = Evaluator.evaluate(model, ORPO, held, BATCH);
    train(
        FineTuner.builder(model, ORPO).data(training).evaluation(held),
        PREFERENCE,
        5e-3,
        plan.preferenceSteps());
    losses(PREFERENCE);
    System.out.printf(
        "%n%d pairs of answers by both adapters, %d held out%n", training.size(), held.size());
    print("before ORPO", before);
    print("after", Evaluator.evaluate(model, ORPO, held, BATCH));
  }

  private static LoraConfig lora() {
    return LoraConfig.builder().rank(16).alpha(32).targetAllLinear().taskType("CAUSAL_LM").build();
  }

  private void train(FineTunerBuilder<?> builder, String name, double rate, long steps) {
    Path folder = folder(name);
    builder
        .settings(
            FineTuningSettings.builder()
                .steps(steps)
                .batchSize(BATCH)
                .learningRate(rate)
                .schedule(StandardSchedule.COSINE)
                .warmupRatio(0.03)
                .evalEvery(Math.max(1, steps / 6))
                .seed(1)
                .build())
        .listener(new MetricsFile(folder.resolve("metrics.jsonl")))
        .listener(new ReportFile(folder, folder.resolve("report.html")))
        .build()
        .run();
    model.save(name, folder);
  }

  private Path folder(String name) {
    try {
      return Files.createDirectories(output.resolve(name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What the active adapter, or the base, makes of both held-out texts. */
  private void losses(String who) {
    System.out.printf("%-30s", who);
    for (Book book : books) {
      System.out.printf("   %8.4f", new Evaluator(model, BATCH).evaluate(book.held()).loss());
    }
    System.out.println();
  }

  private static void print(String when, Evaluation evaluation) {
    System.out.printf(
        "%-12s Shakespeare preferred in %5.1f %%, log odds %+.3f%n",
        when, 100 * value(evaluation, "rewards/accuracies"), value(evaluation, "log_odds_chosen"));
  }

  private static double value(Evaluation evaluation, String name) {
    return Objects.requireNonNull(evaluation.values().get(name), name);
  }

  private void samples() {
    List<int[]> opening = List.of(base.tokenizer().encode(OPENING, true));
    GenerationConfig config = GenerationConfig.builder().maxNewTokens(40).build();
    System.out.println();
    for (String name : List.of(SHAKESPEARE, OZ, PREFERENCE)) {
      model.setActive(name);
      List<Integer> ids =
          Generator.of(base, model.network()).generate(opening, config).rows().get(0).tokens();
      String text = base.tokenizer().decode(ids.stream().mapToInt(id -> id).toArray(), true);
      System.out.printf("%s: %s%s%n", name, OPENING, text.replace('\n', ' '));
    }
  }
}
