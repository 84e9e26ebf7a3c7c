package org.peft4j.transformers.checkpoint;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.peft4j.PeftModel;
import org.peft4j.error.PeftException;
import org.peft4j.internal.json.JsonWriter;
import org.peft4j.safetensors.DType;
import org.peft4j.transformers.TransformerModel;
import org.peft4j.transformers.family.Families;
import org.peft4j.transformers.internal.family.LabelFields;

/**
 * Writes a loaded model as a checkpoint folder that Hugging Face transformers loads: {@code
 * config.json} with all of its fields, {@code model.safetensors} (in shards if it is large), and
 * the tokenizer's files.
 *
 * <pre>{@code
 * CheckpointWriter.of(model).merging(peft).write(Path.of("merged-model"));
 * }</pre>
 *
 * <p>Weights that the model holds in fewer bits are written so, in bitsandbytes' form, unless
 * {@link #dtype} asks for numbers: a checkpoint that needs no quantisation at the next start.
 *
 * <p>It writes one tensor at a time: besides the model, memory holds a copy of at most one.
 */
public final class CheckpointWriter {
  private static final String QUANTIZATION = "quantization_config";
  private static final long DEFAULT_SHARD_BYTES = 5_000_000_000L;

  private final TransformerModel model;
  private Optional<PeftModel<ComputationGraph>> adapters = Optional.empty();
  private final List<Path> companions = new ArrayList<>();
  private Optional<DType> dtype = Optional.empty();
  private boolean asHeld = true;
  private long maxShardBytes = DEFAULT_SHARD_BYTES;

  private CheckpointWriter(TransformerModel model) {
    this.model = model;
  }

  /** Writes the base model; in the scope of {@link PeftModel#merged}, the merged one. */
  public static CheckpointWriter of(TransformerModel model) {
    return new CheckpointWriter(model);
  }

  /**
   * Merges the active adapters of {@code peft} into the written checkpoint; the model itself does
   * not change. A head tied to the token embedding is untied if an adapter acts on either, but not
   * on both alike.
   *
   * @throws PeftException if {@code peft} wraps another model
   */
  @SuppressWarnings("ReferenceEquality") // Equal graphs over other weights are another model.
  public CheckpointWriter merging(PeftModel<ComputationGraph> peft) {
    if (peft.base() != model.graph()) {
      throw new PeftException(
          "These adapters belong to another model than the one from "
              + model.folder()
              + "; give the model that they wrap.");
    }
    adapters = Optional.of(peft);
    return this;
  }

  /**
   * Takes the tokenizer, the chat template and {@code generation_config.json} from a folder where
   * it has them, such as an adapter's, instead of the model's. Of several folders, the first
   * counts.
   */
  public CheckpointWriter filesOf(Path folder) {
    companions.add(folder);
    return this;
  }

  /**
   * The type of all tensors, F32, F16 or BF16; by default each tensor's own in the folder that the
   * model was loaded from. Weights in fewer bits are written as numbers of that type.
   *
   * @throws PeftException for any other type
   */
  public CheckpointWriter dtype(DType value) {
    dtype = Optional.of(DtypeNames.require(value));
    asHeld = false;
    return this;
  }

  /**
   * The type of the tensors that are not held in fewer bits, as with {@link #dtype}; the others
   * stay as they are.
   *
   * @throws PeftException for any other type
   */
  public CheckpointWriter dtypeOfUnquantized(DType value) {
    dtype = Optional.of(DtypeNames.require(value));
    asHeld = true;
    return this;
  }

  /**
   * The most bytes in a file, 5 GB by default; larger checkpoints have several files and an index.
   *
   * @throws PeftException if it is below 1
   */
  public CheckpointWriter maxShardBytes(long value) {
    if (value < 1) {
      throw new PeftException("maxShardBytes is " + value + "; allowed: 1 or more.");
    }
    maxShardBytes = value;
    return this;
  }

  /**
   * Writes the folder, whole or not at all. Replaces a checkpoint at that path.
   *
   * @throws PeftException if {@code folder} is the one that the model was loaded from, contains
   *     anything that does not belong to a checkpoint, or cannot be written; or if an adapter
   *     cannot merge
   */
  public void write(Path folder) {
    adapters.ifPresent(PeftModel::requireMergeable);
    ModelTensors tensors = new ModelTensors(model, adapters, dtype, asHeld);
    Path source = model.folder().resolve(CheckpointFiles.CONFIG);
    CheckpointFiles.requireWithin(model.folder(), source);
    ObjectNode config = CheckpointFiles.JSON.readObject(source);
    dtype.ifPresent(type -> DtypeNames.put(config, type));
    boolean saidTied = Families.read(model.folder()).head().tied();
    if (saidTied && !tensors.tied()) {
      config.put("tie_word_embeddings", false);
    }
    config.remove(QUANTIZATION);
    tensors.quantized().config().ifPresent(quantized -> config.set(QUANTIZATION, quantized));
    LabelFields.put(config, model.architecture());
    List<Path> folders = new ArrayList<>(companions);
    folders.add(model.folder());
    List<CheckpointTensor> all = tensors.all();
    OutputFolder.write(
        folder,
        model.folder(),
        Shards.bytes(all),
        temporary -> {
          JsonWriter.write(temporary.resolve(CheckpointFiles.CONFIG), config);
          CheckpointFiles.copyCompanions(folders, temporary);
          Shards.write(temporary, all, maxShardBytes);
        });
  }
}
