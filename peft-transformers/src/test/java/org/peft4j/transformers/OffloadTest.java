package org.peft4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.error.PeftException;
import org.peft4j.lora.LoraConfig;
import org.peft4j.lora.LoraInit;
import org.peft4j.quantization.Quantization;
import org.peft4j.safetensors.DType;
import org.peft4j.transformers.checkpoint.CheckpointWriter;
import org.peft4j.transformers.checkpoint.RandomCheckpoint;
import org.peft4j.transformers.config.Precision;
import org.peft4j.transformers.plan.TrainingBatch;
import org.peft4j.transformers.plan.TransformerPlan;

/** Weights of blocks that stay in their file: the same numbers, with one block in memory. */
class OffloadTest {
  private static final TransformerOptions PLAIN = TransformerOptions.defaults();
  private static final Path PROCESS = Path.of("/proc/self/smaps");
  private static final int[][] IDS = {{3, 1, 4, 1, 5, 9, 2, 6}, {5, 3, 5, 8, 9, 7, 9, 3}};

  private final Path folder;

  OffloadTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @BeforeAll
  static void linuxOrMac() {
    assumeTrue(!System.getProperty("os.name").startsWith("Windows"));
  }

  /** Parameters after three steps, the outputs then, and those of steps of one token. */
  private static List<INDArray> run(Path model, TransformerOptions options) {
    LoraConfig lora =
        LoraConfig.builder().targetModules("all-linear").init(LoraInit.RANDOM).dropout(0.1).build();
    INDArray ids = Nd4j.createFromArray(IDS);
    try (CausalLanguageModel base = Transformers.load(model, options);
        PeftModel<ComputationGraph> adapted = Peft.wrap(base.graph(), lora, 7)) {
      ComputationGraph network = adapted.network();
      for (int step = 0; step < 3; step++) {
        network.fit(new MultiDataSet(new INDArray[] {ids}, new INDArray[] {ids}));
      }
      INDArray all = network.outputSingle(ids).dup();
      network.rnnTimeStep(Nd4j.createFromArray(new int[][] {{3}, {5}}));
      INDArray next = network.rnnTimeStep(Nd4j.createFromArray(new int[][] {{1}, {3}}))[0].dup();
      return List.of(network.params().dup(), all, next);
    }
  }

  @ParameterizedTest
  @CsvSource({"llama, false", "llama, true", "gpt2, false", "gpt2, true"})
  void numbersAreTheSameBitForBit(String base, boolean checkpointing) {
    TransformerOptions options = PLAIN.withGradientCheckpointing(checkpointing);

    assertThat(run(Golden.base(base), options.withOffload(true)))
        .isEqualTo(run(Golden.base(base), options.withOffloadKeeping(20_000)))
        .isEqualTo(run(Golden.base(base), options));
  }

  static Quantization[] written() {
    return new Quantization[] {
      Quantization.nf4(), Quantization.fp4().withDoubleQuantization(true), Quantization.int8()
    };
  }

  @ParameterizedTest
  @MethodSource("written")
  void soAreThoseOfWeightsInFewerBits(Quantization quantization) {
    try (CausalLanguageModel model =
        Transformers.load(Golden.base("llama"), PLAIN.withQuantization(quantization))) {
      CheckpointWriter.of(model).write(folder.resolve("written"));
    }

    assertThat(run(folder.resolve("written"), PLAIN.withOffload(true)))
        .isEqualTo(run(folder.resolve("written"), PLAIN));
  }

  @Test
  void anEncoderAndItsDecoderAreOffloaded() {
    Path model = Golden.base("t5");
    INDArray ids = Nd4j.createFromArray(IDS);
    INDArray[] outputs = new INDArray[2];
    for (int i = 0; i < 2; i++) {
      try (TransformerModel loaded = Transformers.open(model, PLAIN.withOffload(i == 1))) {
        outputs[i] = loaded.graph().output(false, ids, ids)[0].dup();
      }
    }
    assertThat(outputs[1]).isEqualTo(outputs[0]);
  }

  @ParameterizedTest
  @ValueSource(strings = {"BF16", "NF4"})
  void weightsThatDoNotLieInTheFileAreRefused(String how) {
    TransformerOptions options =
        how.equals("BF16")
            ? PLAIN.withPrecision(Precision.BF16)
            : PLAIN.withQuantization(Quantization.nf4());

    assertThatThrownBy(() -> Transformers.load(Golden.base("llama"), options.withOffload(true)))
        .isInstanceOf(PeftException.class)
        .hasMessageContainingAll(
            "model.layers.0.mlp.down_proj.weight and 13 more would be in memory, as " + how,
            "bf16 of BF16",
            "peft quantize");
  }

  @Test
  void numbersOfSixteenBitsStayInTheirFileToo() {
    try (CausalLanguageModel model =
        Transformers.load(Golden.base("llama"), PLAIN.withPrecision(Precision.BF16))) {
      CheckpointWriter.of(model).dtype(DType.BF16).write(folder.resolve("bf16"));
    }
    TransformerOptions half = PLAIN.withPrecision(Precision.BF16);

    assertThat(run(folder.resolve("bf16"), half.withOffload(true)))
        .isEqualTo(run(folder.resolve("bf16"), half));
    assertThatThrownBy(() -> Transformers.load(folder.resolve("bf16"), PLAIN.withOffload(true)))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("would be in memory, as FP32");
  }

  /** Twelve blocks of 3.4 MB; embeddings and head of 1.1 MB each are not offloaded. */
  @Test
  void oneBlockIsInMemory() throws IOException {
    assumeTrue(Files.exists(PROCESS));
    Path config = folder.resolve("config.json");
    Files.writeString(
        config,
        """
        {"model_type": "llama", "architectures": ["LlamaForCausalLM"], "vocab_size": 1024,
         "hidden_size": 256, "intermediate_size": 768, "num_hidden_layers": 12,
         "num_attention_heads": 8, "max_position_embeddings": 64}
        """);
    Path model = folder.resolve("model");
    RandomCheckpoint.init(config, model, 1);
    TransformerPlan plan =
        Transformers.plan(model, LoraConfig.builder().build(), new TrainingBatch(2, 8));
    long all = plan.weights().bytes(Precision.FP32);

    long offloaded = largest(model, PLAIN.withOffload(true));
    long four = 4L * 4 * (4 * 256 * 256 + 3 * 256 * 768);
    // Vectors of blocks count, too: with their bytes, four blocks are a little more.
    Path other = folder.resolve("other"); // The pages of the first stay until they are collected.
    RandomCheckpoint.init(config, other, 1);
    long keeping = largest(other, PLAIN.withOffloadKeeping(four + (1 << 15)));
    long mapped = largest(model, PLAIN); // After it: its pages stay until they are collected.

    assertThat(mapped).isBetween(all * 9 / 10, all + (1 << 20));
    long planned = plan.weights().offloaded(Precision.FP32, Optional.empty(), 0);
    assertThat(planned).isEqualTo(all - 11L * 4 * (4 * 256 * 256 + 3 * 256 * 768));
    assertThat(offloaded).isBetween(planned / 2, planned + (1 << 20));
    long kept = plan.weights().offloaded(Precision.FP32, Optional.empty(), four);
    assertThat(kept).isEqualTo(planned + four);
    assertThat(keeping).isBetween(offloaded + four * 9 / 10, kept + (1 << 20));
  }

  /** The most bytes of the file in this process's memory while it trains. */
  private static long largest(Path model, TransformerOptions options) throws IOException {
    INDArray ids = Nd4j.createFromArray(IDS);
    LoraConfig lora = LoraConfig.builder().targetModules("all-linear").build();
    try (CausalLanguageModel base = Transformers.load(model, options);
        PeftModel<ComputationGraph> adapted = Peft.wrap(base.graph(), lora)) {
      try (Sampler sampler = new Sampler(model.resolve("model.safetensors").toRealPath())) {
        for (int step = 0; step < 10; step++) {
          adapted.network().fit(new MultiDataSet(new INDArray[] {ids}, new INDArray[] {ids}));
        }
        return sampler.most();
      }
    }
  }

  /** Looks again and again how much of a file is in memory. */
  private static final class Sampler extends Thread implements AutoCloseable {
    private final Path file;
    private volatile long most;
    private volatile boolean closed;

    Sampler(Path file) {
      this.file = file;
      start();
    }

    @Override
    public void run() {
      while (!closed) {
        most = Math.max(most, resident());
      }
    }

    private long resident() {
      long bytes = 0;
      boolean ours = false;
      try {
        for (String line : Files.readAllLines(PROCESS)) {
          if (line.matches("[0-9a-f]+-[0-9a-f]+ .*")) {
            ours = line.endsWith(file.toString());
          } else if (ours && line.startsWith("Rss:")) {
            bytes += 1024 * Long.parseLong(line.replaceAll("\\D", ""));
          }
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      return bytes;
    }

    long most() {
      return Math.max(most, resident());
    }

    @Override
    public void close() {
      closed = true;
    }
  }
}
