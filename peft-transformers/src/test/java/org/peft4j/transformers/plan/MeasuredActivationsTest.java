package org.peft4j.transformers.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.kernel.KernelChoice;
import org.peft4j.kernel.Nd4jKernels;
import org.peft4j.lora.LoraConfig;
import org.peft4j.memory.ReusedScope;
import org.peft4j.quantization.Quantization;
import org.peft4j.site.Site;
import org.peft4j.transformers.TransformerModel;
import org.peft4j.transformers.TransformerOptions;
import org.peft4j.transformers.Transformers;
import org.peft4j.transformers.checkpoint.RandomCheckpoint;
import org.peft4j.transformers.config.Precision;
import org.peft4j.transformers.config.Task;
import org.peft4j.transformers.family.Families;
import org.peft4j.transformers.internal.layer.TrainingMemoryProbe;

/** The estimate of activations, against the memory that training steps really took. */
class MeasuredActivationsTest {
  private static final int VOCABULARY = 300;
  private static final int LAYERS = 5;
  private static final Map<String, String> CONFIGS =
      Map.of(
          "llama",
          """
          {"model_type": "llama", "vocab_size": 300, "hidden_size": 64, "intermediate_size": 176,
           "num_hidden_layers": 5, "num_attention_heads": 8, "num_key_value_heads": 2,
           "max_position_embeddings": 1024}
          """,
          "gpt2",
          """
          {"model_type": "gpt2", "vocab_size": 300, "n_embd": 64, "n_layer": 5, "n_head": 4,
           "n_positions": 512}
          """,
          "opt",
          """
          {"model_type": "opt", "vocab_size": 300, "hidden_size": 64, "ffn_dim": 256,
           "num_hidden_layers": 5, "num_attention_heads": 4, "max_position_embeddings": 512}
          """,
          "opt_350m",
          """
          {"model_type": "opt", "vocab_size": 300, "hidden_size": 64, "ffn_dim": 256,
           "num_hidden_layers": 5, "num_attention_heads": 4, "max_position_embeddings": 512,
           "do_layer_norm_before": false, "word_embed_proj_dim": 32}
          """,
          "albert",
          """
          {"model_type": "albert", "architectures": ["AlbertForSequenceClassification"],
           "vocab_size": 300, "embedding_size": 16, "hidden_size": 64, "intermediate_size": 256,
           "num_hidden_layers": 5, "num_attention_heads": 4, "max_position_embeddings": 512}
          """);

  @ParameterizedTest
  @CsvSource({
    "llama, all-linear, 0, 4,  96, false, fp32",
    "llama, all-linear, 0, 4,  96, true,  fp32",
    "llama, all-linear, 0, 4,  96, false, bf16",
    "llama, all-linear, 0, 4,  96, true,  bf16",
    "llama, all-linear, 0, 4,  96, false, nf4",
    "llama, all-linear, 0, 4,  96, false, bf16+nf4",
    "llama, all-linear, 0, 4,  96, true,  nf4",
    "llama, all-linear, 0, 2, 300, true,  int8",
    "llama, all-linear, 0, 2, 300, false, int4",
    "llama, q_proj,     2, 2, 300, false, fp32",
    "llama, q_proj,     2, 2, 300, true,  fp32",
    "llama, all-linear, 0, 1, 900, false, nf4",
    "llama, all-linear, 0, 1, 900, true,  nf4",
    "gpt2,  all-linear, 0, 4,  96, false, fp32",
    "gpt2,  all-linear, 0, 4,  96, true,  fp32",
    "gpt2,  all-linear, 0, 4,  96, true,  nf4",
    "gpt2,  c_attn,     3, 2, 300, false, fp32",
    "gpt2,  c_attn,     3, 2, 300, false, bf16",
    "gpt2,  c_attn,     3, 2, 300, true,  bf16",
    "opt,   all-linear, 0, 4,  96, false, fp32",
    "opt,   all-linear, 0, 4,  96, true,  fp32",
    "opt_350m, all-linear, 0, 4,  96, false, fp32",
    "opt_350m, all-linear, 0, 4,  96, true,  fp32",
    "opt_350m, q_proj,     2, 2, 300, false, fp32",
    "opt_350m, q_proj,     2, 2, 300, true,  nf4",
    "albert, value, 0, 4, 96, false, fp32",
    "albert, value, 0, 4, 96, false, bf16",
    "albert, value, 0, 4, 96, true,  fp32"
  })
  void activationsAreThoseOfAStep(
      String family,
      String target,
      int firstLayer,
      int sequences,
      int length,
      boolean checkpointing,
      String held,
      @TempDir Path folder)
      throws Exception {
    assumeFalse(
        KernelChoice.kernels() instanceof Nd4jKernels,
        "Memory is estimated for the kernels of peft-onednn, which do not run here");
    Path config = folder.resolve("config.json");
    Files.writeString(config, Objects.requireNonNull(CONFIGS.get(family)));
    RandomCheckpoint.init(config, folder.resolve("model"), 1);
    LoraConfig lora = lora(target, firstLayer);
    TrainingBatch batch = new TrainingBatch(sequences, length);
    ActivationMemory planned = Transformers.plan(config, lora, batch).activations();
    // A thread has workspaces and temporaries of its own; those of this one are of earlier tests.
    ExecutorService thread = Executors.newSingleThreadExecutor();
    try (TransformerModel base =
            Transformers.open(
                folder.resolve("model"), held(held).withGradientCheckpointing(checkpointing));
        PeftModel<ComputationGraph> model = Peft.wrap(base.graph(), lora)) {
      boolean classes = base.architecture().task() == Task.SEQ_CLS;
      long beside =
          thread
              .submit(
                  () -> {
                    train(model.network(), batch, classes);
                    return TrainingMemoryProbe.workspaces() + ReusedScope.waiting();
                  })
              .get();

      long kept = TrainingMemoryProbe.kept(base);
      Set<String> adapted =
          model.adaptedSites().stream().map(Site::name).collect(Collectors.toSet());
      StepMemory step = StepMemory.of(Families.read(config), batch, adapted);
      Elements block = step.blocks().get(0);
      long blocks = checkpointing ? 0 : (LAYERS - firstLayer) * block.kept();
      // The outputs of all runs of a block but the last are the layer's own.
      long between = family.equals("albert") ? (LAYERS - 1) * step.output() : 0;
      Precision precision = held.startsWith("bf16") ? Precision.BF16 : Precision.FP32;
      long halves = precision == Precision.FP32 || checkpointing ? 0 : block.rounded();
      assertThat(kept)
          .isEqualTo(
              Float.BYTES * (blocks + between + step.kept() + halves)
                  - Short.BYTES * (LAYERS - firstLayer) * halves);
      assertThat(planned.of(precision, checkpointing))
          .isCloseTo(kept + beside, withinPercentage(10));
    } finally {
      thread.shutdown();
    }
  }

  private static TransformerOptions held(String format) {
    TransformerOptions options = TransformerOptions.defaults();
    return switch (format) {
      case "fp32" -> options;
      case "bf16" -> options.withPrecision(Precision.BF16);
      case "bf16+nf4" -> options.withPrecision(Precision.BF16).withQuantization(Quantization.nf4());
      case "nf4" -> options.withQuantization(Quantization.nf4());
      case "int8" -> options.withQuantization(Quantization.int8());
      case "int4" -> options.withQuantization(Quantization.int4());
      default -> throw new IllegalArgumentException(format);
    };
  }

  private static LoraConfig lora(String target, int firstLayer) {
    LoraConfig.Builder builder = LoraConfig.builder().rank(2).targetModules(target);
    if (firstLayer > 0) {
      builder.layersToTransform(
          IntStream.range(firstLayer, LAYERS).boxed().toArray(Integer[]::new));
    }
    return builder.build();
  }

  private static void train(ComputationGraph network, TrainingBatch batch, boolean classes) {
    int[][] values = new int[batch.sequences()][batch.length()];
    for (int i = 0; i < batch.tokens(); i++) {
      values[i / batch.length()][i % batch.length()] = i * 7 % VOCABULARY;
    }
    INDArray ids = Nd4j.createFromArray(values);
    INDArray labels = classes ? Nd4j.zeros(DataType.INT, batch.sequences(), 1) : ids;
    for (int step = 0; step < 3; step++) {
      network.fit(new INDArray[] {ids}, new INDArray[] {labels});
    }
  }
}
