package org.peft4j.examples.styles;

import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.peft4j.PeftModel;
import org.peft4j.train.preference.PreferenceData;
import org.peft4j.train.preference.PreferencePair;
import org.peft4j.transformers.CausalLanguageModel;
import org.peft4j.transformers.generation.GenerationConfig;
import org.peft4j.transformers.generation.Generator;

/** Two adapters that write how the same passages go on: the better answer is the first one's. */
record Rivals(
    CausalLanguageModel base, PeftModel<ComputationGraph> model, String chosen, String rejected) {
  private static final int BEGINNING = 8;
  private static final int ANSWER = 32;
  private static final int AT_ONCE = 40;

  /**
   * Pairs whose prompts are the beginnings of blocks, as many of each book.
   *
   * @param training whether of what the books' adapters were trained on; else of what is held out
   */
  PreferenceData pairs(int count, long seed, boolean training, List<Book> books) {
    List<int[]> prompts = new ArrayList<>();
    for (Book book : books) {
      prompts.addAll(
          Book.beginnings(
              training ? book.training() : book.held(), count / books.size(), BEGINNING));
    }
    List<int[]> better = written(chosen, prompts, seed);
    List<int[]> worse = written(rejected, prompts, seed + 1);
    List<PreferencePair> pairs = new ArrayList<>();
    for (int i = 0; i < prompts.size(); i++) {
      pairs.add(PreferencePair.of(prompts.get(i), better.get(i), worse.get(i)));
    }
    return PreferenceData.of(pairs, base.tokenizer().padding().orElse(0));
  }

  /** How an adapter goes on, at random. */
  private List<int[]> written(String adapter, List<int[]> prompts, long seed) {
    model.setActive(adapter);
    Generator generator = Generator.of(base, model.network());
    List<int[]> texts = new ArrayList<>();
    for (int from = 0; from < prompts.size(); from += AT_ONCE) {
      GenerationConfig config =
          GenerationConfig.builder()
              .doSample(true)
              .topK(0)
              .minNewTokens(ANSWER)
              .maxNewTokens(ANSWER)
              .seed(seed + from)
              .build();
      generator
          .generate(prompts.subList(from, Math.min(from + AT_ONCE, prompts.size())), config)
          .rows()
          .forEach(row -> texts.add(row.tokens().stream().mapToInt(id -> id).toArray()));
    }
    return texts;
  }
}
