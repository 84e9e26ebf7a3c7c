package org.peft4j.transformers.family;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.peft4j.error.PeftException;
import org.peft4j.internal.Quoted;
import org.peft4j.internal.json.JsonReader;
import org.peft4j.internal.quantized.stored.StoredQuantization;
import org.peft4j.quantization.Quantization;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.config.Task;
import org.peft4j.transformers.config.TaskHead;
import org.peft4j.transformers.internal.family.CommonFields;
import org.peft4j.transformers.internal.family.ConfigFields;
import org.peft4j.transformers.internal.family.Family;
import org.peft4j.transformers.internal.family.QuantizationFields;
import org.peft4j.transformers.internal.family.TaskFields;
import org.peft4j.transformers.internal.family.decoder.BloomFamily;
import org.peft4j.transformers.internal.family.decoder.FalconFamily;
import org.peft4j.transformers.internal.family.decoder.Gpt2Family;
import org.peft4j.transformers.internal.family.decoder.GptBigCodeFamily;
import org.peft4j.transformers.internal.family.decoder.GptJFamily;
import org.peft4j.transformers.internal.family.decoder.GptNeoFamily;
import org.peft4j.transformers.internal.family.decoder.GptNeoXFamily;
import org.peft4j.transformers.internal.family.decoder.OptFamily;
import org.peft4j.transformers.internal.family.decoder.PhiFamily;
import org.peft4j.transformers.internal.family.decoder.StarCoder2Family;
import org.peft4j.transformers.internal.family.encoder.AlbertFamily;
import org.peft4j.transformers.internal.family.encoder.BertFamily;
import org.peft4j.transformers.internal.family.encoder.DistilBertFamily;
import org.peft4j.transformers.internal.family.encoder.MPNetFamily;
import org.peft4j.transformers.internal.family.encoder.ModernBertFamily;
import org.peft4j.transformers.internal.family.gated.Gemma2Family;
import org.peft4j.transformers.internal.family.gated.Gemma3Family;
import org.peft4j.transformers.internal.family.gated.GemmaFamily;
import org.peft4j.transformers.internal.family.gated.GraniteFamily;
import org.peft4j.transformers.internal.family.gated.LlamaFamily;
import org.peft4j.transformers.internal.family.gated.MistralFamily;
import org.peft4j.transformers.internal.family.gated.Olmo2Family;
import org.peft4j.transformers.internal.family.gated.Phi3Family;
import org.peft4j.transformers.internal.family.gated.Qwen2Family;
import org.peft4j.transformers.internal.family.gated.Qwen3Family;
import org.peft4j.transformers.internal.family.gated.SmolLm3Family;
import org.peft4j.transformers.internal.family.seq2seq.BartFamily;
import org.peft4j.transformers.internal.family.seq2seq.T5Family;
import org.peft4j.transformers.internal.family.vision.BlipFamily;
import org.peft4j.transformers.internal.family.vision.ClipFamily;
import org.peft4j.transformers.internal.family.vision.ViTFamily;

/**
 * The families that this library knows. Reading a {@code config.json} refuses every setting that it
 * would not honour, with its value; it ignores none.
 */
public final class Families {
  private static final List<Family> ALL =
      List.of(
          new LlamaFamily(),
          new MistralFamily(),
          new Qwen2Family(),
          new Qwen3Family(),
          new GemmaFamily(),
          new Gemma2Family(),
          new Gemma3Family(),
          new Phi3Family(),
          new GraniteFamily(),
          new Olmo2Family(),
          new SmolLm3Family(),
          new Gpt2Family(),
          new OptFamily(),
          BartFamily.BART,
          BartFamily.MBART,
          BartFamily.MARIAN,
          BartFamily.PEGASUS,
          new PhiFamily(),
          new GptNeoXFamily(),
          new GptJFamily(),
          new GptNeoFamily(),
          new BloomFamily(),
          new FalconFamily(),
          new StarCoder2Family(),
          new GptBigCodeFamily(),
          new BertFamily("bert", "Bert", "bert"),
          new BertFamily("roberta", "Roberta", "roberta"),
          new BertFamily("xlm-roberta", "XLMRoberta", "roberta"),
          new BertFamily("electra", "Electra", "electra"),
          new DistilBertFamily(),
          new AlbertFamily(),
          new MPNetFamily(),
          new ModernBertFamily(),
          new T5Family("t5", "T5"),
          new T5Family("mt5", "MT5"),
          new T5Family("umt5", "UMT5"),
          new ViTFamily("vit", "ViT"),
          new ViTFamily("deit", "DeiT"),
          ClipFamily.TEXT,
          ClipFamily.VISION,
          ClipFamily.BOTH,
          new BlipFamily());

  private static final JsonReader JSON = JsonReader.upTo(1 << 20, 1 << 20);

  private Families() {}

  static List<Family> all() {
    return ALL;
  }

  /**
   * Reads a model.
   *
   * @param path a {@code config.json}, or a folder with one
   * @throws PeftException if there is none, or its family or a setting is not supported
   */
  public static ModelArchitecture read(Path path) {
    return read(path, Optional.empty());
  }

  /**
   * Reads a model for a task, whatever its {@code config.json} says about tasks and labels.
   *
   * @throws PeftException as {@link #read(Path)} does
   */
  public static ModelArchitecture read(Path path, TaskHead task) {
    return read(path, Optional.of(task));
  }

  private static ModelArchitecture read(Path path, Optional<TaskHead> wanted) {
    Path file = file(path);
    ConfigFields fields = new ConfigFields(file.toString(), JSON.read(file));
    String modelType = fields.text("model_type", "");
    Family family =
        ALL.stream()
            .filter(f -> f.modelType().equals(modelType))
            .findFirst()
            .orElseThrow(() -> unknown(file, modelType));
    CommonFields.read(fields);
    QuantizationFields.read(fields);
    TaskHead stored = TaskFields.read(fields, family.tasks(), family.labelCount());
    wanted.ifPresent(task -> requireTask(file, family, task));
    ModelArchitecture architecture = family.describe(fields, wanted.orElse(stored));
    boolean two = family.tasks().contains(Task.SEQ_2_SEQ_LM);
    if (two && architecture.encoder().isEmpty()) {
      fields.flag("is_encoder_decoder", false); // T5's encoder alone: its files say either.
    } else {
      fields.only("is_encoder_decoder", two);
    }
    fields.refuseUnknown();
    fields.throwProblems();
    return architecture;
  }

  /**
   * How a folder holds its linear weights in fewer bits: bitsandbytes, GPTQ or AWQ; empty for plain
   * numbers.
   *
   * @throws PeftException if there is no {@code config.json}, or the form is not supported
   */
  public static Optional<Quantization> quantization(Path path) {
    Path file = file(path);
    ConfigFields fields = new ConfigFields(file.toString(), JSON.read(file));
    Optional<StoredQuantization> stored = QuantizationFields.read(fields);
    fields.throwProblems();
    return stored.map(StoredQuantization::kind);
  }

  private static void requireTask(Path file, Family family, TaskHead wanted) {
    if (!family.tasks().contains(wanted.task())) {
      throw new PeftException(
          file
              + ": model_type \""
              + family.modelType()
              + "\" is not supported for the task "
              + wanted.task()
              + "; supported are: "
              + family.tasks()
              + ".");
    }
  }

  private static Path file(Path path) {
    if (!Files.exists(path)) {
      throw new PeftException(
          "There is nothing at " + path + "; give a config.json or a folder with one.");
    }
    Path file = Files.isDirectory(path) ? path.resolve("config.json") : path;
    if (!Files.isRegularFile(file)) {
      throw new PeftException(
          path + " has no config.json. Give the folder of a Hugging Face checkpoint.");
    }
    return file;
  }

  private static PeftException unknown(Path file, String modelType) {
    List<String> supported = ALL.stream().map(Family::modelType).toList();
    String nearest =
        NearestFamily.of(modelType, supported)
            .map(name -> "The nearest is " + name + ", which computes something else. ")
            .orElse("");
    return new PeftException(
        file
            + ": model_type "
            + Quoted.quoted(modelType)
            + " is not supported. "
            + nearest
            + "Supported are: "
            + String.join(", ", supported)
            + ".");
  }
}
