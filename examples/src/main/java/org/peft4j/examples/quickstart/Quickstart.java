package org.peft4j.examples.quickstart;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.lora.LoraConfig;
import org.peft4j.train.FineTuner;
import org.peft4j.train.FineTuningSettings;
import org.peft4j.train.data.TrainingData;
import org.peft4j.train.metrics.StepMetrics;
import org.peft4j.train.metrics.TrainingListener;
import org.peft4j.train.schedule.StandardSchedule;
import org.peft4j.transformers.CausalLanguageModel;
import org.peft4j.transformers.Transformers;
import org.peft4j.transformers.checkpoint.CheckpointWriter;
import org.peft4j.transformers.generation.GenerationConfig;
import org.peft4j.transformers.generation.Generator;
import org.peft4j.transformers.tokenizer.Tokenizer;

/**
 * The quickstart: a tiny Llama learns two new manners, each in its own adapter. The adapters are
 * saved, loaded, switched, merged and exported. Needs no files and no network; takes about a
 * minute.
 */
public final class Quickstart {
  private static final String PIRATE = "pirate";
  private static final String WEATHER = "weather";

  private final CausalLanguageModel base;
  private final Tokenizer tokenizer;
  private final PeftModel<ComputationGraph> model;
  private final String story = "There was a shy fox in Oakford, and his name was Pip.";
  private final String measurements = WeatherReports.examples(7, 1).get(0).prompt();

  private Quickstart(CausalLanguageModel base, Tokenizer tokenizer) {
    this.base = base;
    this.tokenizer = tokenizer;
    this.model = Peft.bare(base.graph(), 42);
  }

  public static void main(String[] arguments) {
    Path work = Path.of(arguments.length > 0 ? arguments[0] : "target/quickstart");
    Path folder = TinyLlama.unpack(work.resolve("base-model"));
    try (CausalLanguageModel base = Transformers.load(folder);
        Tokenizer tokenizer = Tokenizer.load(folder)) {
      new Quickstart(base, tokenizer).run(work);
    }
  }

  private void run(Path work) {
    title("A frozen base model");
    System.out.printf(
        "A Llama of %,d parameters, trained on simple stories.%n", base.parameterCount());
    show("The base model", story, measurements);

    title("Adapter \"pirate\": a style");
    train(PIRATE, Lesson.of(PirateStories.examples(1, 1600), tokenizer));
    show("With \"pirate\"", story);

    title("Saved and loaded");
    Path saved = work.resolve(PIRATE);
    model.save(PIRATE, saved);
    INDArray adapted = logits(model.network());
    try (PeftModel<ComputationGraph> loaded = Peft.load(base.graph(), saved)) {
      System.out.println("Saved to " + saved + " and loaded onto the base model.");
      System.out.printf(
          "Largest difference of a logit: %s%n", difference(logits(loaded.network()), adapted));
    }

    title("Adapter \"weather\": a format");
    train(WEATHER, Lesson.of(WeatherReports.examples(1, 1600), tokenizer));
    show("With \"weather\"", measurements);

    title("Switched");
    model.setActive(PIRATE);
    System.out.printf(
        "Back to \"pirate\": largest difference of a logit to before: %s%n",
        difference(logits(model.network()), adapted));
    INDArray plain = logits(base.graph());
    try (var off = model.adaptersDisabled()) {
      System.out.printf(
          "Adapters disabled: largest difference to the base model: %s%n",
          difference(logits(model.network()), plain));
    }

    title("Merged");
    Path merged = work.resolve("merged-pirate");
    CheckpointWriter.of(base).merging(model).write(merged);
    try (CausalLanguageModel exported = Transformers.load(merged)) {
      System.out.println("The merged checkpoint is in " + merged + "; transformers loads it too.");
      System.out.printf(
          "Largest difference of a logit, merged to adapted: %s (logits are up to %.1f)%n",
          difference(logits(exported.graph()), adapted), adapted.amaxNumber().doubleValue());
    }
    model.close();
  }

  private void train(String adapter, TrainingData data) {
    model.addAdapter(
        adapter,
        LoraConfig.builder()
            .rank(8)
            .alpha(16)
            .targetModules(
                "q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
            .taskType("CAUSAL_LM")
            .build());
    model.setActive(adapter);
    model.printTrainableParameters();
    FineTuner.builder(model, data)
        .settings(
            FineTuningSettings.builder()
                .steps(125)
                .batchSize(8)
                .learningRate(1e-2)
                .schedule(StandardSchedule.LINEAR)
                .warmupSteps(10)
                .seed(1)
                .build())
        .listener(
            new TrainingListener() {
              @Override
              public void onStep(StepMetrics step) {
                if (step.step() == 1 || step.step() % 25 == 0) {
                  System.out.printf(
                      "  step %3d   loss %.3f   %,6.0f tokens/s%n",
                      step.step(), step.loss(), step.tokensPerSecond());
                }
              }
            })
        .build()
        .run();
  }

  private void show(String who, String... prompts) {
    Generator generator = Generator.of(base, model.network());
    List<int[]> ids = Arrays.stream(prompts).map(p -> tokenizer.encode(p, true)).toList();
    var rows =
        generator
            .generate(
                ids,
                GenerationConfig.builder()
                    .maxNewTokens(60)
                    .eosTokenIds(tokenizer.endOfText())
                    .build())
            .rows();
    System.out.println();
    for (int i = 0; i < prompts.length; i++) {
      int[] tokens = rows.get(i).tokens().stream().mapToInt(Integer::intValue).toArray();
      System.out.printf(
          "%s, asked: %s%n  ⇒ %s%n",
          who,
          prompts[i].replace("\n", " ⏎ "),
          tokenizer.decode(tokens, true).strip().replace("\n", " ⏎ "));
    }
  }

  private INDArray logits(ComputationGraph graph) {
    return graph.output(Nd4j.createFromArray(new int[][] {tokenizer.encode(story, true)}))[0];
  }

  private static String difference(INDArray a, INDArray b) {
    double difference = a.sub(b).amaxNumber().doubleValue();
    return difference == 0 ? "0 (bit for bit)" : String.format("%.1e", difference);
  }

  private static void title(String text) {
    System.out.printf("%n── %s %s%n", text, "─".repeat(Math.max(0, 70 - text.length())));
  }
}
