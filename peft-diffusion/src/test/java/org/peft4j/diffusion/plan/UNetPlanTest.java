package org.peft4j.diffusion.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.peft4j.error.PeftException;
import org.peft4j.lora.LoraConfig;
import org.peft4j.plan.TrainingMemory;
import org.peft4j.site.Site;
import org.peft4j.transformers.config.Precision;

/** Plans for UNets of Stable Diffusion's sizes count as Hugging Face PEFT counts. */
class UNetPlanTest {
  private static final Path CONFIGS = Path.of("src/test/resources/plan");

  @ParameterizedTest
  @ValueSource(strings = {"sd15", "sd21"})
  void everyCountIsPefts(String model) throws IOException {
    JsonNode counts =
        JsonMapper.builder().build().readTree(CONFIGS.resolve(model + "/counts.json").toFile());
    assertThat(counts.path("trainable")).hasSize(21);
    for (JsonNode each : counts.path("trainable")) {
      List<String> targets = new ArrayList<>();
      each.path("targets").forEach(name -> targets.add(name.asText()));
      UNetPlan plan = plan(model, each.path("rank").asInt(), targets.toArray(String[]::new));
      assertThat(plan.adapter().parameters().toString()).isEqualTo(each.path("text").asText());
      long all = plan.stages().stream().flatMap(List::stream).mapToLong(Site::count).sum();
      assertThat(all).isEqualTo(counts.path("parameters").asLong());
    }
  }

  private static UNetPlan plan(String model, int rank, String... targets) {
    LoraConfig config = LoraConfig.builder().rank(rank).targetModules(targets).build();
    return UNetPlanner.plan(CONFIGS.resolve(model), config, new PictureBatch(1, 64));
  }

  @Test
  void stableDiffusionHasTheParametersThatItIsKnownFor() {
    UNetPlan plan = plan("sd15", 4, "to_q", "to_k", "to_v", "to_out.0");
    assertThat(plan.adapter().parameters().all() - plan.adapter().parameters().trainable())
        .isEqualTo(859_520_964);
  }

  @Test
  void memoryFollowsPrecisionAndCheckpointing() {
    UNetPlan plan = plan("sd15", 4, "to_q", "to_k", "to_v", "to_out.0");
    TrainingMemory plain = plan.memory(Precision.FP32, Optional.empty(), false);
    TrainingMemory half = plan.memory(Precision.BF16, Optional.empty(), true);

    assertThat(plain.weights()).isEqualTo(4 * 859_520_964L);
    // The largest layer has convolutions of 2,560 and 1,280 to 1,280 channels and their shortcut.
    assertThat(plan.offloaded(Precision.FP32, 0)).isBetween(4 * 47_500_000L, 4 * 49_500_000L);
    assertThat(half.weights()).isBetween(2 * 859_520_964L, 2 * 860_500_000L);
    assertThat(half.activations()).isLessThan(plain.activations() * 3 / 5);
    long top =
        UNetPlanner.plan(
                CONFIGS.resolve("sd15"),
                LoraConfig.builder().rank(4).targetRegex("up_blocks\\.3\\..*to_v").build(),
                new PictureBatch(1, 64))
            .activations();
    assertThat(top).isLessThan(plan.activations());
    assertThat(plan("sd15", 4, "conv_out").activations()).isLessThan(top);
  }

  @Test
  void impossibleBatchesAreRefused() {
    assertThatThrownBy(() -> new PictureBatch(0, 64))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("The number of pictures is 0; allowed: 1 to");
  }
}
