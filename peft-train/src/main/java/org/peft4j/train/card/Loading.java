package org.peft4j.train.card;

import org.peft4j.transformers.config.Task;

/** How an adapter is loaded, in Python and in Java. */
final class Loading {
  private Loading() {}

  /** The task's name on Hugging Face's Hub. */
  static String pipeline(Task task) {
    return switch (task) {
      case CAUSAL_LM -> "text-generation";
      case SEQ_2_SEQ_LM -> "text2text-generation";
      case SEQ_CLS -> "text-classification";
      case TOKEN_CLS -> "token-classification";
      case QUESTION_ANS -> "question-answering";
      case FEATURE_EXTRACTION -> "feature-extraction";
      case IMAGE_CLASSIFICATION -> "image-classification";
      case IMAGE_TEXT -> "zero-shot-image-classification";
      case IMAGE_TO_TEXT -> "image-to-text";
    };
  }

  static String text(Task task, String base) {
    return """
        ## Use

        ```python
        %1$s
        ```

        ```java
        try (%2$s model = AutoPeft.load(Path.of("path/to/this/folder"), %2$s.class)) {
          System.out.println(%3$s);
        }
        ```
        """
        .formatted(
            lines(task, Markdown.quoted(base.isEmpty() ? "path/to/the/base" : base)),
            java(task),
            use(task));
  }

  private static String lines(Task task, String base) {
    if (task.readsPictures()) {
      return """
      from peft import PeftModel
      from transformers import AutoImageProcessor, %2$s

      base = %2$s.from_pretrained(%1$s)
      model = PeftModel.from_pretrained(base, "path/to/this/folder")
      processor = AutoImageProcessor.from_pretrained(%1$s)"""
          .formatted(base, ofPictures(task));
    }
    return """
    from peft import %1$s
    from transformers import AutoTokenizer

    model = %1$s.from_pretrained("path/to/this/folder")
    tokenizer = AutoTokenizer.from_pretrained(%2$s)"""
        .formatted(python(task), base);
  }

  private static String python(Task task) {
    return "AutoPeftModelFor"
        + switch (task) {
          case CAUSAL_LM -> "CausalLM";
          case SEQ_2_SEQ_LM -> "Seq2SeqLM";
          case SEQ_CLS -> "SequenceClassification";
          case TOKEN_CLS -> "TokenClassification";
          case QUESTION_ANS -> "QuestionAnswering";
          case FEATURE_EXTRACTION -> "FeatureExtraction";
          case IMAGE_CLASSIFICATION, IMAGE_TEXT, IMAGE_TO_TEXT ->
              throw new IllegalStateException("PEFT has no class for it.");
        };
  }

  private static String ofPictures(Task task) {
    return switch (task) {
      case IMAGE_CLASSIFICATION -> "AutoModelForImageClassification";
      case IMAGE_TO_TEXT -> "AutoModelForImageTextToText";
      default -> "AutoModel";
    };
  }

  private static String java(Task task) {
    return switch (task) {
      case CAUSAL_LM -> "CausalLanguageModel";
      case SEQ_2_SEQ_LM -> "Seq2SeqLanguageModel";
      case SEQ_CLS -> "SequenceClassifier";
      case TOKEN_CLS -> "TokenClassifier";
      case QUESTION_ANS -> "QuestionAnswerer";
      case FEATURE_EXTRACTION -> "Encoder";
      case IMAGE_CLASSIFICATION -> "ImageClassifier";
      case IMAGE_TEXT -> "ImageTextModel";
      case IMAGE_TO_TEXT -> "ImageCaptioner";
    };
  }

  private static String use(Task task) {
    return switch (task) {
      case CAUSAL_LM, SEQ_2_SEQ_LM, SEQ_CLS, TOKEN_CLS -> "model.predict(\"A text.\")";
      case QUESTION_ANS -> "model.predict(\"A question?\", \"A text with the answer.\")";
      case FEATURE_EXTRACTION -> "model.embed(\"A text.\").length";
      case IMAGE_CLASSIFICATION -> "model.predict(pixelValues)";
      case IMAGE_TO_TEXT -> "model.predict(pixelValues)";
      case IMAGE_TEXT -> "model.match(List.of(\"A text.\"), pixelValues).textProbabilities()";
    };
  }
}
