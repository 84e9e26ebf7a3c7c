package org.peft4j.cli.run;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.peft4j.transformers.config.ProblemType;
import org.peft4j.transformers.prediction.Answer;
import org.peft4j.transformers.prediction.Entity;
import org.peft4j.transformers.prediction.LabelScores;
import org.peft4j.transformers.prediction.TaggedWord;
import org.peft4j.transformers.prediction.TaggedWords;

/**
 * Predictions as JSON, under the names of the fields that tasks read. Places count Unicode code
 * points, as {@code answer_start} of data does, and as Python does.
 */
final class PredictionJson {
  private static final double HOLDS = 0.5;

  private PredictionJson() {}

  /** {@code label} and {@code score}, {@code labels}, or {@code number}; and all {@code scores}. */
  static void labels(LabelScores scores, ObjectNode object) {
    if (scores.problem() == ProblemType.SINGLE_LABEL_CLASSIFICATION) {
      object.put("label", scores.label());
      object.put("score", scores.score());
    } else if (scores.problem() == ProblemType.MULTI_LABEL_CLASSIFICATION) {
      ArrayNode labels = object.putArray("labels");
      scores.labels(HOLDS).forEach(labels::add);
    } else if (scores.scores().size() == 1) {
      object.put("number", scores.number());
    }
    ObjectNode all = object.putObject("scores");
    scores.scores().forEach(all::put);
  }

  /** {@code tokens} with their {@code tags}, scores and places, and the entities. */
  static void tags(TaggedWords tagged, ObjectNode object) {
    String text = tagged.text();
    object.put("text", text);
    ArrayNode tokens = object.putArray("tokens");
    ArrayNode tags = object.putArray("tags");
    ArrayNode scores = object.putArray("scores");
    ArrayNode places = object.putArray("places");
    for (TaggedWord word : tagged.words()) {
      tokens.add(word.text());
      tags.add(word.tag());
      scores.add(word.score());
      places.addArray().add(place(text, word.begin())).add(place(text, word.end()));
    }
    ArrayNode entities = object.putArray("entities");
    for (Entity entity : tagged.entities()) {
      entities
          .addObject()
          .put("label", entity.label())
          .put("text", entity.text())
          .put("begin", place(text, entity.begin()))
          .put("end", place(text, entity.end()))
          .put("score", entity.score());
    }
  }

  /** {@code answer}, empty for none, its place in the context, and its score. */
  static void answer(Answer answer, String context, ObjectNode object) {
    object
        .put("answer", answer.text())
        .put("begin", place(context, answer.begin()))
        .put("end", place(context, answer.end()))
        .put("score", answer.score());
  }

  /** {@code text}, or several {@code texts}. */
  static void texts(List<String> texts, ObjectNode object) {
    if (texts.size() == 1) {
      object.put("text", texts.get(0));
    } else {
      ArrayNode all = object.putArray("texts");
      texts.forEach(all::add);
    }
  }

  private static int place(String text, int index) {
    return text.codePointCount(0, index);
  }
}
