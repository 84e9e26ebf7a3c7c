package org.peft4j.cli.run;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.peft4j.train.data.table.LanguagePair;
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

/**
 * What a model of any task says of rows.
 *
 * @param options how texts are read
 * @param answers how answers are looked for
 * @param generator of a model that writes texts
 * @param config how it writes
 * @param languages those of rows that say none
 */
record Predictor(
    TransformerModel model,
    PredictionOptions options,
    AnswerOptions answers,
    Supplier<Generator> generator,
    Supplier<GenerationConfig> config,
    LanguagePair languages) {
  /** So many batches are sorted by length together. */
  private static final int BATCHES = 16;

  /** The results of rows: what puts them into an object. */
  RowResults<Consumer<ObjectNode>> results() {
    int several = Math.multiplyExact(BATCHES, options.batchSize());
    if (model instanceof SequenceClassifier classifier) {
      return RowResults.plain(several, inputs -> labels(classifier, inputs));
    }
    if (model instanceof TokenClassifier tagger) {
      return RowResults.plain(several, inputs -> tags(tagger, inputs));
    }
    if (model instanceof QuestionAnswerer reader) {
      return RowResults.plain(several, inputs -> answers(reader, inputs));
    }
    return new RowResults<>(
        options.batchSize(),
        texts(generator.get(), config.get()),
        RowGroups.languages(model, languages));
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

  private BiFunction<LanguagePair, List<TextInput>, List<Consumer<ObjectNode>>> texts(
      Generator writer, GenerationConfig settings) {
    int most = options.longestInput().orElse(Integer.MAX_VALUE);
    WrittenTexts written = new WrittenTexts(writer, model.tokenizer(), most, settings);
    return (pair, inputs) -> {
      List<Consumer<ObjectNode>> results = new ArrayList<>();
      written
          .of(inputs, pair)
          .forEach(texts -> results.add(object -> PredictionJson.texts(texts, object)));
      return results;
    };
  }
}
