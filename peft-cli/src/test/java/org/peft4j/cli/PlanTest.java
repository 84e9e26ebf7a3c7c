package org.peft4j.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PlanTest {
  private static final Path CONFIGS = Run.GOLDEN.resolveSibling("plan");
  private static final Path MT0_LARGE = CONFIGS.resolve("mt0-large/config.json");
  private static final JsonMapper JSON = JsonMapper.builder().build();

  @Test
  void aPlanTellsParametersSitesFileAndMemory() {
    Run run =
        Run.of("plan", MT0_LARGE, "--method", "lora", "--rank", 8, "--target", "q,v", "--batch", 4);

    assertThat(run.status()).as(run.err()).isZero();
    assertThat(run.out())
        .startsWith("trainable params: 2,359,296 || all params: 1,231,940,608 || trainable%: 0.19")
        .containsPattern(
            "encoder\\.block\\.\\*.*SelfAttention\\.q +linear +1024 → 1024 +24 +393,216")
        .containsPattern("EncDecAttention\\.v +linear +1024 → 1024 +24 +393,216")
        .containsPattern("memory, 4 × 512 tokens +fp32 +bf16\\R")
        .containsPattern("weights +4\\.92 GB +2\\.46 GB\\R")
        .containsPattern("optimizer, adamw +18\\.9 MB +18\\.9 MB\\R")
        .containsPattern("total, checkpointed +\\d");
  }

  /** What is trained of a head counts, whether the adapter is there or only thought of. */
  @Test
  void aHeadForTheTaskCounts(@TempDir Path folder) throws IOException {
    Path model = Run.GOLDEN.resolve("predictions/bert_vectors");
    Path data = Files.writeString(folder.resolve("a.csv"), "text,label\na,x\nb,y\nc,z\n");
    Path adapter = folder.resolve("adapter");
    List<Object> common = List.of("--task", "seq-cls", "--rank", 3);
    List<Object> train = new ArrayList<>(List.of("train", "-m", model, "-d", data));
    train.addAll(List.of("--steps", 1, "-o", adapter));
    train.addAll(common);
    List<Object> plan = new ArrayList<>(List.of("plan", model, "--num-labels", 3));
    plan.addAll(common);

    Run trained = Run.of(train.toArray());

    String counts = trained.out().lines().findFirst().orElseThrow();
    assertThat(counts).as(trained.err()).startsWith("trainable params: ");
    assertThat(Run.of(plan.toArray()).out()).startsWith(counts);
    assertThat(Run.of("plan", model, "--adapter", adapter).out()).startsWith(counts);
    assertThat(Run.of("plan", model, "--num-labels", 3).err())
        .contains("--num-labels is for seq-cls and token-cls; the task is feature-extraction.");
  }

  @Test
  void onePrecisionIsTold() {
    Run run = Run.of("plan", CONFIGS.resolve("gpt2"), "--precision", "bf16");

    assertThat(run.out()).contains("294,912 || all params: 124,734,720").doesNotContain("fp32");
  }

  /** Python's tables have rows for the decoder too, which its prompts leave unused. */
  @ParameterizedTest
  @CsvSource({
    "PROMPT_TUNING, prompt-tuning, num_virtual_tokens=5",
    "P_TUNING, p-tuning, encoder_hidden_size=24",
    "MULTITASK_PROMPT_TUNING, multitask-prompt-tuning, num_transformer_submodules=1",
  })
  void promptsOfAnEncoderDecoderHaveThePythonsCounts(String method, String name, String field)
      throws IOException {
    JsonNode expected = JSON.readTree(CONFIGS.resolve("t5/prompts.json").toFile()).path(method);
    List<Object> arguments =
        new ArrayList<>(List.of("plan", CONFIGS.resolve("t5"), "--method", name, "--json"));
    arguments.addAll(List.of("--virtual-tokens", 5, "--set", field));
    if (method.startsWith("MULTITASK")) {
      arguments.addAll(List.of("--set", "num_tasks=3"));
    }

    Run run = Run.of(arguments.toArray());

    assertThat(run.err()).isEmpty();
    JsonNode json = JSON.readTree(run.out());
    assertThat(json.path("trainable_parameters")).isEqualTo(expected.path("trainable"));
    assertThat(json.path("all_parameters")).isEqualTo(expected.path("all"));
  }

  @Test
  void jsonHasAllNumbers() throws IOException {
    Run run = Run.of("plan", MT0_LARGE, "-t", "q,v", "--batch", 2, "--length", 128, "--json");

    JsonNode json = JSON.readTree(run.out());
    assertThat(json.path("trainable_parameters").asLong()).isEqualTo(2_359_296);
    assertThat(json.path("all_parameters").asLong()).isEqualTo(1_231_940_608);
    assertThat(json.path("batch").asInt()).isEqualTo(2);
    assertThat(json.path("length").asInt()).isEqualTo(128);
    assertThat(json.path("adapters")).hasSize(144);
    JsonNode shape =
        json.path("adapters")
            .path(0)
            .path("tensors")
            .path("base_model.model.encoder.block.0.layer.0.SelfAttention.q.lora_A.weight");
    assertThat(shape).hasToString("[8,1024]");
    JsonNode memory = json.path("memory").path("bf16");
    long sum = 0;
    for (String part : List.of("weights", "adapter", "gradients", "optimizer", "activations")) {
      assertThat(memory.path(part).asLong()).as(part).isPositive();
      sum += memory.path(part).asLong();
    }
    assertThat(memory.path("total").asLong()).isEqualTo(sum);
    assertThat(memory.path("process").asLong())
        .isEqualTo(sum + 300_000_000 + 2 * memory.path("adapter").asLong());
    assertThat(memory.path("activations_checkpointed").asLong())
        .isPositive()
        .isLessThan(memory.path("activations").asLong());
  }

  /** q and v of 24 encoder blocks, and of both attentions of 24 decoder blocks: A and B of each. */
  @ParameterizedTest
  @CsvSource({
    "adamw, 18874368", // two numbers of 4 bytes for each parameter
    "adamw-8bit, 4792320", // two codes, and two factors of 4 bytes for each 256
    "paged-adamw, 0",
    "adafactor, 1188864", // 4 bytes for each row and column
    "lion, 9437184",
    "sgd, 9437184"
  })
  void theStateOfTheOptimizerIsCounted(String optimizer, long bytes) throws IOException {
    Run run = Run.of("plan", MT0_LARGE, "-t", "q,v", "--optimizer", optimizer, "--json");

    JsonNode json = JSON.readTree(run.out());
    assertThat(json.path("optimizer").asText()).isEqualTo(optimizer);
    assertThat(json.path("memory").path("fp32").path("optimizer").asLong()).isEqualTo(bytes);
  }

  /**
   * Of the 24 + 24 blocks of mT0 large, a decoder's is the largest: 8 × 1024² + 3 × 1024 × 2816.
   */
  @Test
  void oneBlockCountsWhereTheOthersStayOnTheDisk() throws IOException {
    Run plain = Run.of("plan", MT0_LARGE, "-t", "q,v", "--json");
    Run offloaded = Run.of("plan", MT0_LARGE, "-t", "q,v", "--offload", "disk", "--json");

    long all = JSON.readTree(plain.out()).path("memory").path("bf16").path("weights").asLong();
    JsonNode json = JSON.readTree(offloaded.out());
    assertThat(json.path("offload").asBoolean()).isTrue();
    long square = 1024 * 1024;
    long gated = 3 * 1024 * 2816;
    assertThat(json.path("memory").path("bf16").path("weights").asLong())
        .isEqualTo(all - 2 * (24 * (4 * square + gated) + 23 * (8 * square + gated)));
  }

  /** The first blocks of the encoder, as many as 64 MB hold, and the largest of the others. */
  @Test
  void blocksThatAreKeptCountToo() throws IOException {
    Run offloaded = Run.of("plan", MT0_LARGE, "-t", "q,v", "--offload", "disk", "--json");
    Run keeping = Run.of("plan", MT0_LARGE, "-t", "q,v", "--offload", "disk:64M", "--json");

    long encoders = 2 * (4 * 1024 * 1024 + 3 * 1024 * 2816);
    assertThat(bf16(keeping) - bf16(offloaded)).isEqualTo(64_000_000L / encoders * encoders);
    Run wrong = Run.of("plan", MT0_LARGE, "-t", "q,v", "--offload", "disk:1T");
    assertThat(wrong.status()).isNotZero();
    assertThat(wrong.err()).contains("'disk:1T' is none of disk and disk:SIZE with a size such as");
  }

  private static long bf16(Run run) throws IOException {
    return JSON.readTree(run.out()).path("memory").path("bf16").path("weights").asLong();
  }

  @Test
  void aSavedAdaptersConfigCanBePlanned() {
    Run byAdapter = Run.of("plan", Run.LLAMA, "--adapter", Run.ADAPTER);
    Run byConfig =
        Run.of("plan", Run.LLAMA, "--adapter-config", Run.ADAPTER.resolve("adapter_config.json"));

    assertThat(byAdapter.out()).startsWith("trainable params: ").isEqualTo(byConfig.out());
  }

  @Test
  void thePlannedFileSizeIsThatOfATrainedAdapter(@TempDir Path folder) throws IOException {
    Object[] adapter = {"--rank", 3, "--target", "q_proj,down_proj"};
    Run plan = Run.of("plan", Run.LLAMA, adapter[0], adapter[1], adapter[2], adapter[3], "--json");
    Run train =
        Run.of(
            "train",
            "-m",
            Run.LLAMA,
            "-d",
            Run.INPUTS,
            "-o",
            folder,
            "--steps",
            1,
            adapter[0],
            adapter[1],
            adapter[2],
            adapter[3]);

    assertThat(train.status()).as(train.err()).isZero();
    assertThat(JSON.readTree(plan.out()).path("adapter_file_bytes").asLong())
        .isEqualTo(Files.size(folder.resolve("adapter_model.safetensors")));
  }

  @Test
  void noNativeLibraryIsLoaded() throws IOException, InterruptedException {
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xlog:class+load",
            "-Xmx64m",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            Main.class.getName(),
            "plan",
            MT0_LARGE.toString(),
            "--target",
            "all-linear");
    Process process = builder.redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);

    assertThat(process.waitFor()).isZero();
    assertThat(output)
        .contains("org.peft4j.plan.AdapterPlan", "all params: ")
        .doesNotContain("org.nd4j.linalg.factory.Nd4j ", "org.bytedeco");
  }
}
