package org.peft4j.transformers.forward;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.error.PeftException;
import org.peft4j.memory.Scratch;
import org.peft4j.safetensors.TensorInfo;
import org.peft4j.safetensors.TensorSource;
import org.peft4j.transformers.architecture.EmbeddingPart;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.internal.batch.ShiftedLabels;
import org.peft4j.transformers.internal.batch.TokenIds;
import org.peft4j.transformers.internal.head.Labelled;

/**
 * A batch for one pass, all INT32 [batch, time] except pictures and the labels of sequences and
 * answers. Labels and decoder inputs of an encoder-decoder are [batch, length].
 *
 * @param input token ids, or pictures [batch, channels, height, width] of single precision
 * @param attentionMask 1 for a token, 0 for padding; empty if nothing is padding
 * @param types the type of each token, for a graph with that input; empty otherwise
 * @param decoder the input of an encoder-decoder's decoder; empty for a model of one stack
 * @param labels token ids or, of tokens, class numbers, −100 for no label; for sequences class
 *     numbers [batch, 1] or numbers [batch, outputs] of single precision; for answers the first and
 *     last positions [batch, 2]; empty for no loss
 * @param tasks the task of each sequence, for multitask prompts; empty for none
 * @param pixels pictures [pictures, channels, height, width] beside texts; empty for most models
 */
public record ForwardInputs(
    INDArray input,
    Optional<INDArray> attentionMask,
    Optional<INDArray> types,
    Optional<DecoderInput> decoder,
    Optional<INDArray> labels,
    List<Integer> tasks,
    Optional<INDArray> pixels)
    implements AutoCloseable {
  private static final String IDS = "input_ids";
  private static final String MASK = "attention_mask";
  private static final String LABELS = "labels";
  private static final String TASKS = "task_ids";
  private static final String TYPES = "token_type_ids";
  private static final String DECODER_IDS = "decoder_input_ids";
  private static final String DECODER_MASK = "decoder_attention_mask";

  /**
   * The input of a decoder.
   *
   * @param ids [batch, length]
   * @param mask 1 for a token, 0 for padding; empty if nothing is padding
   */
  public record DecoderInput(INDArray ids, Optional<INDArray> mask) {}

  /**
   * Reads {@code input_ids}, and {@code attention_mask}, {@code labels} and {@code task_ids}
   * [batch] if present, of any integer type. Labels of sequences are [batch], or of several labels
   * at once and several numbers [batch, outputs], of a floating type too. A model that answers
   * questions has {@code start_positions} and {@code end_positions} [batch] instead. A model with
   * types of tokens takes {@code token_type_ids}; its graph must be loaded with that input. An
   * encoder-decoder needs {@code decoder_input_ids} or labels, from which they are made, and may
   * have a {@code decoder_attention_mask}. A vision model reads {@code pixel_values} [batch,
   * channels, height, width] of a floating type and labels; {@code interpolate_pos_encoding} [1] of
   * 1 asks for pictures of any size, for which the model must be loaded.
   *
   * @param model the model that will read the batch
   * @throws PeftException if the file is broken, lacks {@code input_ids} or has an unknown tensor,
   *     or if a shape, a type or a value is not allowed
   */
  public static ForwardInputs read(Path file, ModelArchitecture model) {
    try (TensorSource source = TensorSource.open(file)) {
      if (model.pictures().isPresent()) {
        return ForwardPictures.read(source, model);
      }
      List<Long> shape = source.tensor(IDS).shape();
      if (shape.size() != 2 || shape.contains(0L)) {
        throw problem(file, IDS + " has the shape " + shape + "; needed: [batch, time].");
      }
      boolean decodes = model.takesDecoderIds();
      ForwardLabels wanted = ForwardLabels.of(model);
      List<String> known = new ArrayList<>(List.of(IDS, MASK));
      known.addAll(wanted.names());
      known.add(TASKS);
      if (decodes) {
        known.addAll(List.of(DECODER_IDS, DECODER_MASK));
      }
      Optional<EmbeddingPart> kinds = model.body().tokenInput().types();
      if (kinds.isPresent()) {
        known.add(TYPES);
      }
      List<Long> decoded = decodes ? decoderShape(source, shape.get(0)) : shape;
      for (TensorInfo tensor : source.tensors().values()) {
        requireKnown(tensor, file, known);
        if (wanted.ofSequences() && wanted.names().contains(tensor.name())) {
          continue; // They have shapes of their own.
        }
        boolean ofRows = tensor.name().equals(TASKS);
        boolean ofInput = List.of(IDS, MASK, TYPES).contains(tensor.name());
        List<Long> needed = ofRows ? shape.subList(0, 1) : ofInput ? shape : decoded;
        if (!tensor.shape().equals(needed)) {
          throw problem(
              file,
              "%s has the shape %s; needed: %s, as %s has %s."
                  .formatted(
                      tensor.name(),
                      tensor.shape(),
                      needed,
                      ofRows || ofInput || !decodes ? IDS : decoderName(source),
                      ofRows || ofInput || !decodes ? shape : decoded));
        }
      }
      // Reads, and so checks, all tensors before it makes the first array.
      int[] ids = values(source, IDS, 0, model.inputVocabularySize() - 1);
      Optional<int[]> mask = optional(source, MASK, 0, 1);
      Optional<int[]> types = kinds.flatMap(table -> optional(source, TYPES, 0, table.rows() - 1));
      Optional<INDArray> labels = wanted.read(source, shape.get(0), decoded);
      int[] tasks = optional(source, TASKS, 0, Integer.MAX_VALUE).orElse(new int[0]);
      long[] size = shape.stream().mapToLong(Long::longValue).toArray();
      long[] decoderSize = decoded.stream().mapToLong(Long::longValue).toArray();
      Optional<int[]> decoderIds =
          decodes ? Optional.of(decoderIds(source, model, labels, decoded)) : Optional.empty();
      Optional<int[]> decoderMask = optional(source, DECODER_MASK, 0, 1);
      return new ForwardInputs(
          array(ids, size),
          mask.map(m -> array(m, size)),
          types.map(t -> array(t, size)),
          decoderIds.map(
              d ->
                  new DecoderInput(
                      array(d, decoderSize), decoderMask.map(m -> array(m, decoderSize)))),
          labels,
          Arrays.stream(tasks).boxed().toList(),
          Optional.empty());
    }
  }

  private static void requireKnown(TensorInfo tensor, Path file, List<String> known) {
    if (!known.contains(tensor.name())) {
      throw problem(
          file,
          "unknown tensor \"%s\"; allowed: %s.".formatted(tensor.name(), String.join(", ", known)));
    }
  }

  /** Refuses other tensors than the inputs and labels of those names. */
  static void requireKnown(TensorSource source, List<String> inputs, List<String> labels) {
    List<String> known = new ArrayList<>(inputs);
    known.addAll(labels);
    source.tensors().values().forEach(tensor -> requireKnown(tensor, source.path(), known));
  }

  private static String decoderName(TensorSource source) {
    return source.tensors().containsKey(DECODER_IDS) ? DECODER_IDS : LABELS;
  }

  private static List<Long> decoderShape(TensorSource source, long rows) {
    String name = decoderName(source);
    if (!source.tensors().containsKey(name)) {
      throw problem(
          source.path(),
          "an encoder-decoder needs %s, or %s to make them from, and there are neither."
              .formatted(DECODER_IDS, LABELS));
    }
    List<Long> shape = source.tensor(name).shape();
    if (shape.size() != 2 || shape.get(0) != rows || shape.get(1) < 1) {
      throw problem(
          source.path(), "%s has the shape %s; needed: [%d, length].".formatted(name, shape, rows));
    }
    return shape;
  }

  private static int[] decoderIds(
      TensorSource source, ModelArchitecture model, Optional<INDArray> labels, List<Long> shape) {
    return optional(source, DECODER_IDS, 0, model.vocabularySize() - 1)
        .orElseGet(
            () ->
                ShiftedLabels.of(
                    TokenIds.of(labels.orElseThrow()),
                    Math.toIntExact(shape.get(1)),
                    model.tokens()));
  }

  /** Whether a file has types of tokens, for which a graph needs a second input. */
  public static boolean typed(Path file) {
    try (TensorSource source = TensorSource.open(file)) {
      return source.tensors().containsKey(TYPES);
    }
  }

  /** Whether a file asks for pictures of other sizes than the model's. */
  public static boolean interpolates(Path file) {
    try (TensorSource source = TensorSource.open(file)) {
      return optional(source, ForwardPictures.INTERPOLATE, 0, 1)
          .filter(values -> values.length == 1 && values[0] == 1)
          .isPresent();
    }
  }

  static Optional<int[]> optional(TensorSource source, String name, int least, int most) {
    return source.tensors().containsKey(name)
        ? Optional.of(values(source, name, least, most))
        : Optional.empty();
  }

  static int[] values(TensorSource source, String name, int least, int most) {
    long[] values = new long[Math.toIntExact(source.tensor(name).elementCount())];
    source.readLongs(name, 0, values, 0, values.length);
    for (long value : values) {
      if ((value < least || value > most) || (value < 0 && value != Labelled.IGNORED)) {
        String ignored = least < 0 ? Labelled.IGNORED + ", or " : "";
        throw problem(
            source.path(),
            "%s holds %d; allowed: %s%d to %d."
                .formatted(name, value, ignored, Math.max(0, least), most));
      }
    }
    return Arrays.stream(values).mapToInt(Math::toIntExact).toArray();
  }

  static INDArray array(int[] values, long[] shape) {
    return Nd4j.createFromArray(values).reshape('c', shape);
  }

  static PeftException problem(Path file, String text) {
    return new PeftException(file + ": " + text);
  }

  /** The inputs of a graph. */
  INDArray[] features() {
    return decoder
        .map(DecoderInput::ids)
        .or(() -> types)
        .or(() -> pixels)
        .map(second -> new INDArray[] {input, second})
        .orElseGet(() -> new INDArray[] {input});
  }

  /** The masks of the inputs; null without any. */
  INDArray @Nullable [] masks() {
    @Nullable INDArray own = attentionMask.orElse(null);
    @Nullable INDArray decoders = decoder.flatMap(DecoderInput::mask).orElse(null);
    if (own == null && decoders == null) {
      return null;
    }
    if (types.isPresent()) {
      return new INDArray[] {own, own};
    }
    return decoder.isPresent() || pixels.isPresent()
        ? new INDArray[] {own, decoders}
        : new INDArray[] {own};
  }

  @Override
  public void close() {
    Scratch.release(input);
    attentionMask.ifPresent(Scratch::release);
    types.ifPresent(Scratch::release);
    pixels.ifPresent(Scratch::release);
    decoder.ifPresent(
        input -> {
          Scratch.release(input.ids());
          input.mask().ifPresent(Scratch::release);
        });
    labels.ifPresent(Scratch::release);
  }
}
