package org.peft4j.examples.switchboard;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.bottleneck.BottleneckConfig;
import org.peft4j.config.PeftConfig;
import org.peft4j.examples.quickstart.Lesson;
import org.peft4j.examples.quickstart.PirateStories;
import org.peft4j.examples.quickstart.TinyLlama;
import org.peft4j.examples.quickstart.WeatherReports;
import org.peft4j.ia3.Ia3Config;
import org.peft4j.lora.LoraConfig;
import org.peft4j.prompt.prefix.PrefixTuningConfig;
import org.peft4j.train.FineTuner;
import org.peft4j.train.FineTuningSettings;
import org.peft4j.train.data.TrainingData;
import org.peft4j.train.metrics.FineTuningResult;
import org.peft4j.transformers.CausalLanguageModel;
import org.peft4j.transformers.Transformers;
import org.peft4j.transformers.tokenizer.Tokenizer;

/**
 * Five adapters of four methods on one frozen base: trained one after another, switched, active
 * together, one for each row of a batch, merged and deleted. Needs no files and no network.
 */
public final class Switchboard {
  private static final String[] PROJECTIONS = {"q_proj", "v_proj", "up_proj", "down_proj"};

  private final PeftModel<ComputationGraph> model;
  private final INDArray ids;

  private Switchboard(CausalLanguageModel base, Tokenizer tokenizer) {
    model = Peft.bare(base.graph(), 42);
    int[] row = tokenizer.encode("There was a shy fox in Oakford, and his name was Pip.", true);
    int[][] batch = new int[3][];
    Arrays.fill(batch, row);
    ids = Nd4j.createFromArray(batch);
  }

  public static void main(String[] arguments) {
    Path work = Path.of(arguments.length > 0 ? arguments[0] : "target/switchboard");
    Path folder = TinyLlama.unpack(work.resolve("base-model"));
    try (CausalLanguageModel base = Transformers.load(folder);
        Tokenizer tokenizer = Tokenizer.load(folder)) {
      new Switchboard(base, tokenizer).run(base, tokenizer);
    }
  }

  private void run(CausalLanguageModel base, Tokenizer tokenizer) {
    TrainingData pirate = Lesson.of(PirateStories.examples(1, 400), tokenizer);
    TrainingData weather = Lesson.of(WeatherReports.examples(1, 400), tokenizer);
    INDArray untouched = base.graph().output(ids)[0].dup();

    System.out.println("Five adapters, 60 steps each:\n");
    System.out.println("  name       method       trained       last loss");
    train("pirate", pirate, 1e-2, lora(8));
    train("weather", weather, 1e-2, lora(8));
    train("scales", pirate, 1e-1, Ia3Config.builder().build());
    train("prefix", weather, 5e-2, PrefixTuningConfig.builder().virtualTokens(8).build());
    train("bottleneck", pirate, 1e-2, BottleneckConfig.pfeiffer().build());

    Map<String, INDArray> outputs = new LinkedHashMap<>();
    for (String name : model.adapters()) {
      model.setActive(name);
      outputs.put(name, output());
    }
    System.out.printf("%nSwitching takes %.0f µs.%n", switchMicros());
    model.setActive("weather", "scales", "bottleneck");
    System.out.println("Three of them are active together: " + model.active());

    model.setActive("pirate", "scales", "bottleneck");
    try (var rows = model.adapterOfEachRow(List.of("bottleneck", PeftModel.BASE, "pirate"))) {
      INDArray mixed = output();
      System.out.printf(
          "A batch of three rows, each with its own: differences to each alone %s, %s, %s%n",
          difference(row(mixed, 0), row(need(outputs, "bottleneck"), 0)),
          difference(row(mixed, 1), row(untouched, 1)),
          difference(row(mixed, 2), row(need(outputs, "pirate"), 2)));
    }

    model.setActive("pirate", "scales");
    INDArray both = output();
    try (var merged = model.merged()) {
      System.out.printf(
          "Two merged into the weights: largest difference %s of logits up to %.1f%n",
          difference(output(), both), both.amaxNumber().doubleValue());
      try (var off = model.adaptersDisabled()) {
        System.out.println("Disabled meanwhile: " + difference(output(), untouched));
      }
    }
    System.out.println("Undone: " + difference(output(), both));

    List.copyOf(model.adapters()).forEach(model::delete);
    System.out.println("All deleted: " + difference(output(), untouched));
    model.close();
  }

  private static PeftConfig lora(int rank) {
    return LoraConfig.builder().rank(rank).alpha(2.0 * rank).targetModules(PROJECTIONS).build();
  }

  private void train(String name, TrainingData data, double rate, PeftConfig config) {
    model.addAdapter(name, config);
    model.setActive(name);
    FineTuningResult result =
        FineTuner.builder(model, data)
            .settings(
                FineTuningSettings.builder()
                    .steps(60)
                    .batchSize(8)
                    .learningRate(rate)
                    .seed(1)
                    .build())
            .build()
            .run();
    System.out.printf(
        "  %-10s %-12s %,8d       %.3f%n",
        name,
        config.peftType().toLowerCase(java.util.Locale.ROOT),
        model.trainableParameters().trainable(),
        result.finalLoss());
  }

  private double switchMicros() {
    int warmup = 500;
    int times = 100;
    long begin = 0;
    for (int i = 0; i < warmup + times; i++) {
      begin = i == warmup ? System.nanoTime() : begin;
      model.setActive(i % 2 == 0 ? "pirate" : "weather");
    }
    return (System.nanoTime() - begin) / 1e3 / times;
  }

  private INDArray output() {
    return model.network().output(ids)[0].dup();
  }

  private static INDArray row(INDArray logits, int index) {
    return logits.tensorAlongDimension(index, 1, 2);
  }

  private static INDArray need(Map<String, INDArray> outputs, String name) {
    return java.util.Objects.requireNonNull(outputs.get(name));
  }

  private static String difference(INDArray a, INDArray b) {
    double difference = a.sub(b).amaxNumber().doubleValue();
    return difference == 0 ? "0 (bit for bit)" : String.format("%.1e", difference);
  }
}
