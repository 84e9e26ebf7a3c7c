package org.peft4j.cli.run;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.peft4j.transformers.QuestionAnswerer;
import org.peft4j.transformers.SequenceClassifier;
import org.peft4j.transformers.TokenClassifier;
import org.peft4j.transformers.TransformerModel;
import org.peft4j.transformers.generation.GenerationConfig;
import org.peft4j.transformers.generation.Generator;
import org.peft4j.transformers.prediction.Answer;
import org.peft4j.transformers.prediction.AnswerOptions;
import org.peft4j.transformers.prediction.PredictionOptions;
import org.peft4j.transformers.tokenizer.TextInput;
import org.peft4j.transformers.tokenizer.TextLimit;

/**
 * What a model of any task says of rows.
 *
 * @param options how texts are read
 * @param answers how answers are looked for
 * @param generator of a model that writes texts
 * @param config how it writes
 */
record Predictor(
    TransformerModel model,
    PredictionOptions options,
    AnswerOptions answers,
    Supplier<Generator> generator,
    Supplier<GenerationConfig> config) {
  /** So many batches are sorted by length together. */
  private static final int BATCHES = 16;

  /** The results of rows: what puts them into an object. */
  RowResults<Consumer<ObjectNode>> results() {
    int several = Math.multiplyExact(BATCHES, options.batchSize());
    if (model instanceof SequenceClassifier classifier) {
      return new RowResults<>(several, inputs -> labels(classifier, inputs));
    }
    if (model instanceof TokenClassifier tagger) {
      return new RowResults<>(several, inputs -> tags(tagger, inputs));
    }
    if (model instanceof QuestionAnswerer reader) {
      return new RowResults<>(several, inputs -> answers(reader, inputs));
    }
    return new RowResults<>(options.batchSize(), texts(generator.get(), config.get()));
  }

  private List<Consumer<ObjectNode>> labels(SequenceClassifier own, List<TextInput> inputs) {
    List<Consumer<ObjectNode>> results = new ArrayList<>();
    own.predict(inputs, options)
        .forEach(scores -> results.add(object -> PredictionJson.labels(scores, object)));
    return results;
  }

  private List<Consumer<ObjectNode>> tags(TokenClassifier own, List<TextInput> inputs) {
    List<Consumer<ObjectNode>> results = new ArrayList<>();
    own.predict(inputs, options)
        .forEach(tagged -> results.add(object -> PredictionJson.tags(tagged, object)));
    return results;
  }

  private List<Consumer<ObjectNode>> answers(QuestionAnswerer own, List<TextInput> inputs) {
    List<TextInput.Pair> questions = inputs.stream().map(TextInput.Pair.class::cast).toList();
    List<Answer> found = own.predict(questions, answers);
    List<Consumer<ObjectNode>> results = new ArrayList<>();
    for (int i = 0; i < found.size(); i++) {
      Answer answer = found.get(i);
      String context = questions.get(i).second();
      results.add(object -> PredictionJson.answer(answer, context, object));
    }
    return results;
  }

  private Function<List<TextInput>, List<Consumer<ObjectNode>>> texts(
      Generator writer, GenerationConfig settings) {
    TextLimit limit = TextLimit.of(options.longestInput().orElse(Integer.MAX_VALUE));
    WrittenTexts written = new WrittenTexts(writer, model.tokenizer(), limit, settings);
    return inputs -> {
      List<Consumer<ObjectNode>> results = new ArrayList<>();
      written
          .of(inputs)
          .forEach(texts -> results.add(object -> PredictionJson.texts(texts, object)));
      return results;
    };
  }
}
