package org.peft4j.benchmarks.work;

import java.util.ArrayList;
import java.util.List;
import org.peft4j.train.data.TrainingData;
import org.peft4j.transformers.CausalLanguageModel;
import org.peft4j.transformers.generation.GenerationConfig;
import org.peft4j.transformers.generation.Generator;

/**
 * Greedy decoding of {@value #NEW_TOKENS} tokens after a prompt, the first row of the data. The
 * time excludes the pass over the prompt and the first token, which that pass yields; one
 * generation is a step.
 */
final class Decoding {
  private static final int NEW_TOKENS = 64;

  private Decoding() {}

  static Timings run(AdaptedModel model, TrainingData data, Steps steps) {
    Generator generator = Generator.of((CausalLanguageModel) model.base(), model.network());
    List<int[]> prompt = List.of(Batches.all(data).inputIds()[0]);
    GenerationConfig config =
        GenerationConfig.builder().maxNewTokens(NEW_TOKENS).eosTokenIds(List.of()).build();
    List<Double> seconds = new ArrayList<>();
    for (int step = 0; step < steps.all(); step++) {
      List<Double> moments = new ArrayList<>();
      Stopwatch watch = Stopwatch.start();
      generator.generate(prompt, config, (row, id) -> moments.add(watch.seconds()));
      if (moments.size() != NEW_TOKENS) {
        throw new IllegalStateException("Generated " + moments.size() + " tokens.");
      }
      seconds.add(moments.get(NEW_TOKENS - 1) - moments.get(0));
    }
    return Timings.of(steps, seconds, NEW_TOKENS - 1, List.of());
  }
}
