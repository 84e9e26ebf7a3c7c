package org.peft4j.transformers;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.peft4j.config.PeftConfig;
import org.peft4j.error.PeftException;
import org.peft4j.transformers.architecture.HeadPart;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.config.Labels;
import org.peft4j.transformers.config.ProblemType;
import org.peft4j.transformers.config.Task;
import org.peft4j.transformers.config.TaskHead;
import org.peft4j.transformers.family.Families;
import org.peft4j.transformers.internal.layer.TransformerLayerConf;
import org.peft4j.transformers.internal.weights.StoredHead;
import org.peft4j.transformers.plan.TrainingBatch;
import org.peft4j.transformers.plan.TransformerPlan;
import org.peft4j.transformers.plan.TransformerPlanner;

/**
 * Loads Hugging Face checkpoint folders: {@code config.json} and {@code model.safetensors}, whole
 * or in shards, or where there are none {@code pytorch_model.bin}. Supported families: the decoders
 * Llama, Mistral, Qwen2 and 3, Gemma 1 to 3, Phi and Phi-3, Granite, OLMo 2, SmolLM3, StarCoder2,
 * GPT-2, GPT-BigCode, GPT-Neo, GPT-J, GPT-NeoX, BLOOM, Falcon and OPT, as language models and as
 * classifiers; the encoder-decoders T5, mT5 and UMT5; and the encoders BERT, RoBERTa, XLM-RoBERTa,
 * ELECTRA, DistilBERT, ALBERT, MPNet and ModernBERT, for labels of sequences and tokens, answers
 * and vectors.
 *
 * <p>Weights that the file stores in the requested type are mapped, not copied: do not change the
 * file while the model is open. Others are converted.
 */
public final class Transformers {
  private Transformers() {}

  /**
   * Reports, before allocating anything, what {@code config} would train on a checkpoint and the
   * memory that training would take. Reads only {@code config.json}.
   *
   * @param path a {@code config.json}, or a folder with one, of a supported family
   * @throws PeftException if there is none, or the config is impossible for the model
   */
  public static TransformerPlan plan(Path path, PeftConfig config, TrainingBatch batch) {
    return TransformerPlanner.plan(path, config, batch);
  }

  /**
   * The same with a head for another task, or with other labels: {@code
   * TaskHead.sequences(Labels.count(3))}.
   *
   * @throws PeftException as above, or if the model cannot have that head
   */
  public static TransformerPlan plan(
      Path path, TaskHead head, PeftConfig config, TrainingBatch batch) {
    return TransformerPlanner.plan(path, head, config, batch);
  }

  /**
   * The architecture of the model that a graph belongs to; empty if the graph is not of a model
   * that was loaded here.
   *
   * @param graph the model's own, not one that is wrapped around it
   */
  public static Optional<ModelArchitecture> architecture(ComputationGraph graph) {
    return Arrays.stream(graph.getLayers())
        .map(layer -> layer.conf().getLayer())
        .filter(TransformerLayerConf.class::isInstance)
        .map(layer -> ((TransformerLayerConf) layer).architecture())
        .findFirst();
  }

  /** Loads a language model with {@link TransformerOptions#defaults()}. */
  public static CausalLanguageModel load(Path folder) {
    return load(folder, TransformerOptions.defaults());
  }

  /**
   * Loads a language model.
   *
   * @throws PeftException if the family or a setting is not supported, the checkpoint is a
   *     classifier's, or a tensor is missing, unexpected or of another shape
   */
  public static CausalLanguageModel load(Path folder, TransformerOptions options) {
    ModelArchitecture model = StoredHead.of(folder, Families.read(folder));
    if (!(model.head() instanceof HeadPart.Language)) {
      throw new PeftException(
          "%s (%s) is not a language model, as adapters of the task CAUSAL_LM need it. Give the folder of one. In Java, %s opens this checkpoint."
              .formatted(
                  folder,
                  model.names().className(),
                  model.labels().isPresent()
                      ? "Transformers.loadClassifier"
                      : "Transformers.open"));
    }
    if (model.encoder().isPresent()) {
      throw new PeftException(
          "%s (%s) is an encoder-decoder, which takes adapters of the task SEQ_2_SEQ_LM. In Java, Transformers.loadSeq2Seq opens it."
              .formatted(folder, model.names().className()));
    }
    return new CausalLanguageModel(folder, new ModelLoader(folder, model, options).load(), options);
  }

  /** Loads an encoder-decoder with {@link TransformerOptions#defaults()}. */
  public static Seq2SeqLanguageModel loadSeq2Seq(Path folder) {
    return loadSeq2Seq(folder, TransformerOptions.defaults());
  }

  /**
   * Loads an encoder-decoder.
   *
   * @throws PeftException if the family or a setting is not supported, the model has no encoder, or
   *     a tensor is missing, unexpected or of another shape
   */
  public static Seq2SeqLanguageModel loadSeq2Seq(Path folder, TransformerOptions options) {
    ModelArchitecture model = StoredHead.of(folder, Families.read(folder));
    if (model.encoder().isEmpty() || model.pictures().isPresent()) {
      throw new PeftException(
          "%s (%s) has no encoder of texts, which adapters of the task SEQ_2_SEQ_LM need. Give the folder of an encoder-decoder. In Java, Transformers.open opens this checkpoint."
              .formatted(folder, model.names().className()));
    }
    if (!model.takesDecoderIds()) {
      throw new PeftException(
          "%s (%s) is not a language model, as adapters of the task SEQ_2_SEQ_LM need it. Give the folder of one. In Java, Transformers.open opens this checkpoint."
              .formatted(folder, model.names().className()));
    }
    return new Seq2SeqLanguageModel(
        folder, new ModelLoader(folder, model, options).load(), options);
  }

  /** Loads a classifier with {@link TransformerOptions#defaults()}. */
  public static SequenceClassifier loadClassifier(Path folder) {
    return loadClassifier(folder, TransformerOptions.defaults());
  }

  /**
   * Loads a checkpoint of a sequence classifier, {@code …ForSequenceClassification}. Its labels are
   * {@code id2label} of its {@code config.json}.
   *
   * @throws PeftException if the family or a setting is not supported, the checkpoint is not a
   *     sequence classifier's, or a tensor is missing, unexpected or of another shape
   */
  public static SequenceClassifier loadClassifier(Path folder, TransformerOptions options) {
    ModelArchitecture model = StoredHead.of(folder, Families.read(folder));
    if (model.task() != Task.SEQ_CLS) {
      throw new PeftException(
          folder
              + " ("
              + model.names().className()
              + ") has no labels of sequences. Give labels to put a new head on it:"
              + " Transformers.loadClassifier(folder, Labels.of(…)).");
    }
    return new SequenceClassifier(folder, new ModelLoader(folder, model, options).load(), options);
  }

  /**
   * {@link #loadClassifier(Path, Labels, TransformerOptions)} with {@link
   * TransformerOptions#defaults()}.
   */
  public static SequenceClassifier loadClassifier(Path folder, Labels labels) {
    return loadClassifier(folder, labels, TransformerOptions.defaults());
  }

  /**
   * {@link #loadClassifier(Path, Labels, ProblemType, TransformerOptions)}, with the type of labels
   * that a classifier's checkpoint says; otherwise one class for each sequence, or a number if
   * there is a single label.
   */
  public static SequenceClassifier loadClassifier(
      Path folder, Labels labels, TransformerOptions options) {
    ProblemType problem =
        Families.read(folder).head() instanceof HeadPart.Sequence stored
            ? stored.problem()
            : ProblemType.of(labels);
    return loadClassifier(folder, labels, problem, options);
  }

  /**
   * Loads a classifier of these labels. Puts a new head on a checkpoint of another task, drawn from
   * a normal distribution with the config's deviation {@code initializer_range} and the seed of
   * {@code options}; of the checkpoint's own head it uses layers before the output that the new one
   * has too. An adapter whose task is {@code SEQ_CLS} trains the new head.
   *
   * @throws PeftException if the family or a setting is not supported, the checkpoint is a
   *     classifier's with another number of labels, or a tensor is missing, unexpected or of
   *     another shape
   */
  public static SequenceClassifier loadClassifier(
      Path folder, Labels labels, ProblemType problem, TransformerOptions options) {
    TaskHead task = TaskHead.sequences(labels, problem);
    return new SequenceClassifier(folder, ModelLoader.load(folder, task, options), options);
  }

  /** {@link #loadTokenClassifier(Path, TransformerOptions)} with the default options. */
  public static TokenClassifier loadTokenClassifier(Path folder) {
    return loadTokenClassifier(folder, TransformerOptions.defaults());
  }

  /**
   * Loads a checkpoint of a classifier of tokens, {@code …ForTokenClassification}. Its labels are
   * {@code id2label} of its {@code config.json}.
   *
   * @throws PeftException if the family or a setting is not supported, the checkpoint is another
   *     model's, or a tensor is missing, unexpected or of another shape
   */
  public static TokenClassifier loadTokenClassifier(Path folder, TransformerOptions options) {
    ModelArchitecture model = StoredHead.of(folder, Families.read(folder));
    if (!(model.head() instanceof HeadPart.Tokens)) {
      throw new PeftException(
          folder
              + " ("
              + model.names().className()
              + ") has no labels of tokens. Give labels to put a new head on it:"
              + " Transformers.loadTokenClassifier(folder, Labels.of(…), options).");
    }
    return new TokenClassifier(folder, new ModelLoader(folder, model, options).load(), options);
  }

  /**
   * Loads a classifier of tokens with these labels. Puts a new head on a checkpoint of another
   * task, as {@link #loadClassifier(Path, Labels, ProblemType, TransformerOptions)} does; an
   * adapter whose task is {@code TOKEN_CLS} trains it.
   */
  public static TokenClassifier loadTokenClassifier(
      Path folder, Labels labels, TransformerOptions options) {
    TaskHead task = TaskHead.tokens(labels);
    return new TokenClassifier(folder, ModelLoader.load(folder, task, options), options);
  }

  /**
   * Loads a model that finds answers in a text. Puts a new head on a checkpoint of another task, as
   * {@link #loadClassifier(Path, Labels, ProblemType, TransformerOptions)} does; an adapter whose
   * task is {@code QUESTION_ANS} trains it.
   *
   * @throws PeftException if the family or a setting is not supported, or a tensor is missing,
   *     unexpected or of another shape
   */
  public static QuestionAnswerer loadQuestionAnswerer(Path folder, TransformerOptions options) {
    TaskHead task = TaskHead.of(Task.QUESTION_ANS);
    return new QuestionAnswerer(folder, ModelLoader.load(folder, task, options), options);
  }

  /**
   * Loads a checkpoint of a classifier of pictures, {@code …ForImageClassification}. Its labels are
   * {@code id2label} of its {@code config.json}.
   *
   * @throws PeftException if the family or a setting is not supported, the checkpoint is another
   *     model's, or a tensor is missing, unexpected or of another shape
   */
  public static ImageClassifier loadImageClassifier(Path folder, TransformerOptions options) {
    ModelArchitecture model = Families.read(folder);
    if (model.task() != Task.IMAGE_CLASSIFICATION) {
      throw new PeftException(
          folder
              + " ("
              + model.names().className()
              + ") has no labels of pictures. Give labels to put a new head on a vision model:"
              + " Transformers.loadImageClassifier(folder, Labels.of(…), options).");
    }
    return new ImageClassifier(folder, new ModelLoader(folder, model, options).load(), options);
  }

  /**
   * Loads a classifier of pictures with these labels. Puts a new head on a checkpoint of another
   * task, as {@link #loadClassifier(Path, Labels, ProblemType, TransformerOptions)} does.
   */
  public static ImageClassifier loadImageClassifier(
      Path folder, Labels labels, TransformerOptions options) {
    ProblemType problem =
        Families.read(folder).head() instanceof HeadPart.Sequence stored
            ? stored.problem()
            : ProblemType.of(labels);
    return loadImageClassifier(folder, TaskHead.pictures(labels, problem), options);
  }

  private static ImageClassifier loadImageClassifier(
      Path folder, TaskHead task, TransformerOptions options) {
    return new ImageClassifier(folder, ModelLoader.load(folder, task, options), options);
  }

  /**
   * Loads a model that writes captions of pictures: BLIP.
   *
   * @throws PeftException if the family or a setting is not supported, the checkpoint is another
   *     model's, or a tensor is missing, unexpected or of another shape
   */
  public static ImageCaptioner loadCaptioner(Path folder, TransformerOptions options) {
    ModelArchitecture model = StoredHead.of(folder, Families.read(folder));
    if (model.task() != Task.IMAGE_TO_TEXT) {
      throw new PeftException(
          folder
              + " ("
              + model.names().className()
              + ") writes no captions. Give the folder of a BlipForConditionalGeneration.");
    }
    return new ImageCaptioner(folder, new ModelLoader(folder, model, options).load(), options);
  }

  /**
   * Loads a model of texts and pictures: CLIP.
   *
   * @throws PeftException if the family or a setting is not supported, the checkpoint is another
   *     model's, or a tensor is missing, unexpected or of another shape
   */
  public static ImageTextModel loadImageText(Path folder, TransformerOptions options) {
    ModelArchitecture model = Families.read(folder);
    if (!(model.head() instanceof HeadPart.Pairs)) {
      throw new PeftException(
          folder
              + " ("
              + model.names().className()
              + ") is no model of texts and pictures. Give the folder of a CLIPModel.");
    }
    return new ImageTextModel(folder, new ModelLoader(folder, model, options).load(), options);
  }

  /** {@link #loadEncoder(Path, TransformerOptions)} with the default options. */
  public static Encoder loadEncoder(Path folder) {
    return loadEncoder(folder, TransformerOptions.defaults());
  }

  /**
   * Loads an encoder without a head, whatever head the checkpoint has. A pooler that the checkpoint
   * lacks is new.
   *
   * @throws PeftException if the family or a setting is not supported, or a tensor is missing,
   *     unexpected or of another shape
   */
  public static Encoder loadEncoder(Path folder, TransformerOptions options) {
    TaskHead task = TaskHead.of(Task.FEATURE_EXTRACTION);
    return new Encoder(folder, ModelLoader.load(folder, task, options), options);
  }

  /**
   * Loads a checkpoint for a task: with its own head, or with a new one if it has none for that.
   *
   * @throws PeftException as the methods for each task do
   */
  public static TransformerModel open(Path folder, TaskHead task, TransformerOptions options) {
    return switch (task.task()) {
      case CAUSAL_LM -> load(folder, options);
      case SEQ_2_SEQ_LM -> loadSeq2Seq(folder, options);
      case SEQ_CLS -> loadClassifier(folder, task.requireLabels(), task.problem(), options);
      case TOKEN_CLS -> loadTokenClassifier(folder, task.requireLabels(), options);
      case QUESTION_ANS -> loadQuestionAnswerer(folder, options);
      case FEATURE_EXTRACTION -> loadEncoder(folder, options);
      case IMAGE_CLASSIFICATION -> loadImageClassifier(folder, task, options);
      case IMAGE_TEXT -> loadImageText(folder, options);
      case IMAGE_TO_TEXT -> loadCaptioner(folder, options);
    };
  }

  /**
   * Loads a checkpoint as its {@code config.json} says.
   *
   * @throws PeftException as the methods for each kind do
   */
  public static TransformerModel open(Path folder, TransformerOptions options) {
    HeadPart head = Families.read(folder).head();
    if (Families.read(folder).task() == Task.IMAGE_CLASSIFICATION) {
      return loadImageClassifier(folder, options);
    }
    if (head instanceof HeadPart.Sequence) {
      return loadClassifier(folder, options);
    }
    if (head instanceof HeadPart.Tokens) {
      return loadTokenClassifier(folder, options);
    }
    if (head instanceof HeadPart.Span) {
      return loadQuestionAnswerer(folder, options);
    }
    if (head instanceof HeadPart.Features || head instanceof HeadPart.Vector) {
      return loadEncoder(folder, options);
    }
    if (head instanceof HeadPart.Pairs) {
      return loadImageText(folder, options);
    }
    if (Families.read(folder).task() == Task.IMAGE_TO_TEXT) {
      return loadCaptioner(folder, options);
    }
    return Families.read(folder).encoder().isPresent()
        ? loadSeq2Seq(folder, options)
        : load(folder, options);
  }
}
